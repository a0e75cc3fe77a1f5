"""A checkpoint's tensors by name, held against the shapes they must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.errors import DamagedFileError


class Tensors:
    """A checkpoint's tensors by name; a missing or misshapen one is named.

    Args:
        weights: the tensors.
        prefixes: what the names may begin with where a checkpoint was saved with a head on top.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], prefixes: tuple[str, ...] = ()) -> None:
        self._weights = weights
        self._prefix = next(
            (p for p in prefixes if any(name.startswith(p) for name in weights)), ""
        )

    def __contains__(self, name: str) -> bool:
        return self._prefix + name in self._weights

    def rows(self, name: str) -> int:
        """Length of a tensor's first axis."""
        return len(self._weights[self._prefix + name])

    def __call__(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """One tensor, of the shape it must have.

        Raises:
            DamagedFileError: it is missing, or has another shape.
        """
        tensor = self._weights.get(self._prefix + name)
        if tensor is None:
            raise DamagedFileError(
                f"the weights lack the tensor {name!r}",
                hint="the weights do not belong to this config.json; download the checkpoint again",
            )
        if tensor.shape != shape:
            raise DamagedFileError(
                f"the tensor {name!r} has shape {list(tensor.shape)}, expected {list(shape)}",
                hint="the weights do not belong to this config.json; download the checkpoint again",
            )
        return np.ascontiguousarray(tensor, dtype=np.float32)
