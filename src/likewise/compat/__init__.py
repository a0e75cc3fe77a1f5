"""An `Encoder` in the shapes that other programs ask for, where handing it in itself is not enough.

LangChain, SetFit, scikit-learn and sentence-transformers' own functions take an `Encoder` as it is.
BERTopic and KeyBERT look at a model's class name, and quietly take another model where they do not
know it; mteb 2 hands over a data loader. What is made here is what each of them documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likewise.evaluation.mteb_tasks import MtebEncoder
from likewise.extras import require

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from likewise.encoder import Encoder


def bertopic_backend(encoder: Encoder) -> Any:
    """A model for `BERTopic(embedding_model=…)`.

    Raises:
        MissingExtraError: bertopic is not installed.
    """
    return _backend(require("bertopic.backend", "compat").BaseEmbedder, encoder)


def keybert_backend(encoder: Encoder) -> Any:
    """A model for `KeyBERT(model=…)`.

    Raises:
        MissingExtraError: keybert is not installed.
    """
    return _backend(require("keybert.backend", "compat").BaseEmbedder, encoder)


def mteb_model(encoder: Encoder) -> Any:
    """A model for `mteb.evaluate(…)`.

    Raises:
        MissingExtraError: mteb is not installed.
    """
    require("mteb", "mteb")
    return MtebEncoder(encoder)


def _backend(base: Any, encoder: Encoder) -> Any:
    class LikewiseBackend(base):  # type: ignore[misc]
        """Embeds by an `Encoder`."""

        def embed(self, documents: Any, verbose: bool = False) -> NDArray[np.float32]:
            return _array(encoder.encode(documents, show_progress_bar=verbose))

    return LikewiseBackend(embedding_model=encoder)


def _array(vectors: Any) -> NDArray[np.float32]:
    result: NDArray[np.float32] = vectors
    return result
