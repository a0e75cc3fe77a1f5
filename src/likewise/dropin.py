"""An `Encoder` in the shapes that other programs ask for, where handing it in itself is not enough.

LangChain, SetFit, scikit-learn and sentence-transformers' own functions take an `Encoder` as it is.
BERTopic and KeyBERT look at a model's class name, and quietly take another model where they do not
know it; mteb 2 hands over a data loader. What is made here is what each of them documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likewise.extras import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from likewise.encoder import Encoder


def bertopic_backend(encoder: Encoder) -> Any:
    """A model for `BERTopic(embedding_model=…)`.

    Raises:
        MissingExtraError: bertopic is not installed.
    """
    return _backend(require("bertopic.backend", "dropin").BaseEmbedder, encoder)


def keybert_backend(encoder: Encoder) -> Any:
    """A model for `KeyBERT(model=…)`.

    Raises:
        MissingExtraError: keybert is not installed.
    """
    return _backend(require("keybert.backend", "dropin").BaseEmbedder, encoder)


def mteb_model(encoder: Encoder) -> MtebModel:
    """A model for `mteb.evaluate(…)`, named as the encoder and pinned to its fingerprint.

    Raises:
        MissingExtraError: mteb is not installed.
    """
    return MtebModel(encoder, require("mteb", "dropin"))


class MtebModel:
    """What mteb 2 asks of a model.

    Attributes:
        mteb_model_meta: what mteb writes beside the results.
    """

    def __init__(self, encoder: Encoder, mteb: Any) -> None:
        self._encoder = encoder
        entry = encoder.location.entry
        self.mteb_model_meta = mteb.models.ModelMeta.create_empty(
            {
                "name": entry.hub_id if entry else f"likewise/{encoder.name}",
                "revision": encoder.fingerprint,
                "embed_dim": encoder.dimension,
                "max_tokens": encoder.max_seq_length,
                "similarity_fn_name": encoder.similarity_fn_name,
            }
        )

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        prompt_type: Any = None,
        **options: Any,
    ) -> NDArray[np.float32]:
        """Encode the texts of a data loader: float32 `[n, dimension]`.

        Args:
            inputs: batches, each with its texts under `text`.
            prompt_type: `query` or `document` chooses the model's own prompt for it.
            options: what mteb says of the task, which changes nothing, and options of `encode`.
        """
        texts = [text for batch in inputs for text in batch["text"]]
        known = {name: options[name] for name in ("show_progress_bar",) if name in options}
        match getattr(prompt_type, "value", prompt_type):
            case "query":
                return _array(self._encoder.encode_query(texts, **known))
            case "document":
                return _array(self._encoder.encode_document(texts, **known))
            case _:
                return _array(self._encoder.encode(texts, **known))

    def similarity(self, a: Any, b: Any) -> Any:
        """Every a with every b by the model's own similarity, as a torch tensor `[n, m]`."""
        return require("torch", "dropin").from_numpy(self._encoder.similarity(a, b))

    def similarity_pairwise(self, a: Any, b: Any) -> Any:
        """a[i] with b[i] by the model's own similarity, as a torch tensor `[n]`."""
        return require("torch", "dropin").from_numpy(self._encoder.similarity_pairwise(a, b))


def _backend(base: Any, encoder: Encoder) -> Any:
    class LikewiseBackend(base):  # type: ignore[misc]
        """Embeds by an `Encoder`."""

        def embed(self, documents: Any, verbose: bool = False) -> NDArray[np.float32]:
            return _array(encoder.encode(documents, show_progress_bar=verbose))

    return LikewiseBackend(embedding_model=encoder)


def _array(vectors: Any) -> NDArray[np.float32]:
    result: NDArray[np.float32] = vectors
    return result
