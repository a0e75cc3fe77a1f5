"""The bodies of requests to text-embeddings-inference."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from likewise.server.embedding import EmbedOptions


class TruncationFields(msgspec.Struct, kw_only=True):
    """What most bodies have in common; `truncate` is false where it is not given."""

    model: str | None = None
    truncate: bool | None = None
    truncation_direction: Literal["left", "right", "Left", "Right"] | None = None
    prompt_name: str | None = None

    def options(self, *, normalize: bool = False, dimensions: int | None = None) -> EmbedOptions:
        """The same for `EmbeddingService`."""
        return EmbedOptions(
            dimensions,
            "cut" if self.truncate else "error",
            "end" if (self.truncation_direction or "").lower() == "left" else "start",
            normalize,
        )


class EmbedBody(TruncationFields, kw_only=True):
    """The body of `/embed`, `/embed_all` and `/embed_sparse`."""

    inputs: Any
    normalize: bool = True
    dimensions: Annotated[int, msgspec.Meta(ge=1)] | None = None


class SimilarityInputs(msgspec.Struct):
    """A sentence, and those it is compared with."""

    source_sentence: str
    sentences: list[str]


class SimilarityBody(msgspec.Struct):
    """The body of `/similarity`."""

    inputs: SimilarityInputs
    parameters: TruncationFields | None = None
    model: str | None = None


class RerankBody(TruncationFields, kw_only=True):
    """The body of `/rerank`."""

    query: str
    texts: list[str]
    raw_scores: bool = False
    return_text: bool = False


class PredictBody(TruncationFields, kw_only=True):
    """The body of `/predict`: one pair of texts, or several."""

    inputs: Any
    raw_scores: bool = False


class TokenizeBody(msgspec.Struct):
    """The body of `/tokenize`."""

    inputs: str | list[str]
    add_special_tokens: bool = True
    prompt_name: str | None = None
    model: str | None = None


class DecodeBody(msgspec.Struct):
    """The body of `/decode`."""

    ids: list[int | list[int]]
    skip_special_tokens: bool = True
    model: str | None = None


class RootBody(msgspec.Struct):
    """What shows which of the routes the body of `POST /` is for."""

    inputs: Any = None
    texts: Any = None
