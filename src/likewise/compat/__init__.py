"""Adapters of an `Encoder` for libraries that do not accept it directly.

LangChain, SetFit, scikit-learn and sentence-transformers accept an `Encoder` directly. BERTopic and
KeyBERT check the class name of a model and silently use another model if it is unknown; mteb 2
passes a data loader. The adapters implement the interfaces that these libraries document.
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
        """Embeds texts with an `Encoder`."""

        def embed(self, documents: Any, verbose: bool = False) -> NDArray[np.float32]:
            return _array(encoder.encode(documents, show_progress_bar=verbose))

    return LikewiseBackend(embedding_model=encoder)


def _array(vectors: Any) -> NDArray[np.float32]:
    result: NDArray[np.float32] = vectors
    return result
