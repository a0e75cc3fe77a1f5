"""The tensors of a checkpoint by name, with checked shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import takewhile
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.errors import DamagedFileError

_WRAPPERS = frozenset(("module", "_orig_mod", "model", "auto_model", "0"))
"""Prefixes of tensor names that come from a wrapper around the network: data parallel training
(`module`), torch.compile (`_orig_mod`), a task head (`model`), or
sentence-transformers (`0.auto_model`)."""

_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "LayerNorm.weight": "LayerNorm.gamma",
        "LayerNorm.bias": "LayerNorm.beta",
        "emb_ln.weight": "emb_ln.gamma",
        "emb_ln.bias": "emb_ln.beta",
    }
)
"""Suffixes of names, and their spelling in checkpoints of TensorFlow and of some releases of
transformers 5.

transformers renames `LayerNorm.gamma` and `LayerNorm.beta` in any checkpoint, and Nomic's `emb_ln`
to `LayerNorm` before that.
"""


class Tensors:
    """The tensors of a checkpoint by name.

    Args:
        weights: the tensors.
        prefixes: prefixes of the names in checkpoints that were saved with a task head.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], prefixes: tuple[str, ...] = ()) -> None:
        self._weights = weights
        self._prefixes = tuple(
            wrapper + prefix for wrapper in _wrappers(weights) for prefix in ("", *prefixes)
        )

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def rows(self, name: str) -> int:
        """Length of the first axis of a tensor.

        Raises:
            DamagedFileError: it is missing.
        """
        return len(self._get(name))

    def __call__(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """A tensor with an expected shape.

        Raises:
            DamagedFileError: it is missing, or has another shape.
        """
        tensor = self._get(name)
        if tensor.shape != shape:
            raise DamagedFileError(
                f"the tensor {name!r} has shape {list(tensor.shape)}, expected {list(shape)}",
                hint="the weights do not match config.json; download the checkpoint again",
            )
        return np.ascontiguousarray(tensor, dtype=np.float32)

    def _get(self, name: str) -> NDArray[Any]:
        tensor = self._find(name)
        if tensor is None:
            raise DamagedFileError(
                f"the weights lack the tensor {name!r}",
                hint="the weights do not match config.json; download the checkpoint again",
            )
        return tensor

    def _find(self, name: str) -> NDArray[Any] | None:
        for spelling in _spellings(name):
            for prefix in self._prefixes:
                if (tensor := self._weights.get(prefix + spelling)) is not None:
                    return tensor
        return None


def _wrappers(names: Iterable[str]) -> list[str]:
    """The wrapper prefixes of names, shortest first; the first one is empty."""
    found = {""}
    for name in names:
        parts = takewhile(_WRAPPERS.__contains__, name.split("."))
        found.add("".join(f"{part}." for part in parts))
    return sorted(found, key=lambda wrapper: (len(wrapper), wrapper))


def _spellings(name: str) -> tuple[str, ...]:
    """A name and its other spelling, if it has one."""
    others = (
        name.removesuffix(end) + other for end, other in _SPELLINGS.items() if name.endswith(end)
    )
    return (name, *others)
