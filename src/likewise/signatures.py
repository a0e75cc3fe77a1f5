"""Types of the arguments and results of `encode` and related methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Protocol,
    Required,
    TypedDict,
    Unpack,
    cast,
    overload,
)

import numpy as np
from numpy.typing import NDArray

from likewise.progress import Advance
from likewise.tokenization.token_stream import Truncation
from likewise.vectors import Precision

if TYPE_CHECKING:
    from torch import Tensor

Text = str | Mapping[str, str]
"""One text, or `{"text": …}`."""

Texts = Iterable[str] | Iterable[Mapping[str, str]] | NDArray[Any]
"""Several texts."""

Vectors = NDArray[Any] | Sequence[Sequence[float]] | Sequence[float] | Sequence[NDArray[Any]]
"""Vectors: `[n, dimension]`, or one."""

Vector = np.ndarray[tuple[int], np.dtype[np.float32]]
"""float32 `[dimension]`."""

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float32]]
"""float32 `[n, dimension]`."""

OutputValue = Literal["sentence_embedding", "token_embeddings"]


class EncodeOptions(TypedDict, total=False):
    """Options of `encode` that do not change the type of what it returns."""

    device: object
    normalize_embeddings: bool
    truncate_dim: int | None
    truncation: Truncation
    progress: Advance | None


class ArrayOptions(EncodeOptions, total=False):
    """Options with which `encode` returns float32 arrays."""

    output_value: Literal["sentence_embedding"]
    precision: Literal["float32"] | None
    convert_to_numpy: Literal[True]
    convert_to_tensor: Literal[False]


class QuantizedOptions(EncodeOptions, total=False):
    """Options with which `encode` returns arrays of integers."""

    output_value: Literal["sentence_embedding"]
    precision: Required[Literal["int8", "uint8", "binary", "ubinary"]]
    convert_to_numpy: Literal[True]
    convert_to_tensor: Literal[False]


class TensorOptions(EncodeOptions, total=False):
    """Options with which `encode` returns one torch tensor."""

    output_value: Literal["sentence_embedding"]
    precision: Precision | None
    convert_to_numpy: bool
    convert_to_tensor: Required[Literal[True]]


class ListOptions(EncodeOptions, total=False):
    """Options with which `encode` returns a torch tensor per text."""

    output_value: Literal["sentence_embedding"]
    precision: Precision | None
    convert_to_numpy: Required[Literal[False]]
    convert_to_tensor: Literal[False]


class TokenOptions(EncodeOptions, total=False):
    """Options with which `encode` returns the hidden states of all tokens as arrays."""

    output_value: Required[Literal["token_embeddings"]]
    precision: Precision | None
    convert_to_numpy: Literal[True]
    convert_to_tensor: Literal[False]


class FeatureOptions(EncodeOptions, total=False):
    """Options with which `encode` returns a dictionary of torch tensors per text."""

    output_value: Required[None]
    precision: Precision | None
    convert_to_numpy: bool
    convert_to_tensor: bool


class AnyOptions(EncodeOptions, total=False):
    """All options, with values that a type checker does not know."""

    output_value: OutputValue | None
    precision: Precision | None
    convert_to_numpy: bool
    convert_to_tensor: bool


class EncodeMethod(Protocol):
    """The overloads of `encode`, `encode_query` and `encode_document`."""

    @overload
    def __call__(  # type: ignore[overload-overlap] # a string is an iterable of strings too
        self, sentences: Text, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[ArrayOptions],
    ) -> Vector: ...  # fmt: skip

    @overload
    def __call__(
        self, sentences: Texts, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[ArrayOptions],
    ) -> Matrix: ...  # fmt: skip

    @overload
    def __call__(
        self, sentences: Text | Texts, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[QuantizedOptions],
    ) -> NDArray[Any]: ...  # fmt: skip

    @overload
    def __call__(
        self, sentences: Text | Texts, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[TensorOptions],
    ) -> Tensor: ...  # fmt: skip

    @overload
    def __call__(  # type: ignore[overload-overlap] # a string is an iterable of strings too
        self, sentences: Text, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[ListOptions],
    ) -> Tensor: ...  # fmt: skip

    @overload
    def __call__(
        self, sentences: Texts, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[ListOptions],
    ) -> list[Tensor]: ...  # fmt: skip

    @overload
    def __call__(  # type: ignore[overload-overlap] # a string is an iterable of strings too
        self, sentences: Text, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[TokenOptions],
    ) -> Matrix: ...  # fmt: skip

    @overload
    def __call__(
        self, sentences: Texts, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[TokenOptions],
    ) -> list[Matrix]: ...  # fmt: skip

    @overload
    def __call__(  # type: ignore[overload-overlap] # a string is an iterable of strings too
        self, sentences: Text, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[FeatureOptions],
    ) -> dict[str, Any]: ...  # fmt: skip

    @overload
    def __call__(
        self, sentences: Texts, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[FeatureOptions],
    ) -> list[dict[str, Any]]: ...  # fmt: skip

    @overload
    def __call__(
        self, sentences: Text | Texts, prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., show_progress_bar: bool | None = ...,
        **options: Unpack[AnyOptions],
    ) -> Any: ...  # fmt: skip


class SimilarityMethod(Protocol):
    """The overloads of `similarity` and `similarity_pairwise`."""

    @overload
    def __call__(self, a: Tensor, b: Text | Texts | Vectors | Tensor) -> Tensor: ...

    @overload
    def __call__(
        self, a: Text | Texts | Vectors, b: Text | Texts | Vectors | Tensor
    ) -> NDArray[np.float32]: ...


def encode_method(method: Callable[..., Any]) -> EncodeMethod:
    """Give a method the overloads of `EncodeMethod`; without effect at run time."""
    return cast(EncodeMethod, method)


def similarity_method(method: Callable[..., Any]) -> SimilarityMethod:
    """Give a method the overloads of `SimilarityMethod`; without effect at run time."""
    return cast(SimilarityMethod, method)
