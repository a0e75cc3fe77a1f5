"""Checks that results are finite numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likewise.errors import EngineError
from likewise.wording import counted


def check_finite(values: NDArray[np.floating], name: str) -> None:
    """Raise an error if vectors or scores are not finite.

    Args:
        values: scores `[n]`, or vectors `[n, dimension]`.
        name: the model that computed them.

    Raises:
        EngineError: some are infinite or not a number.
    """
    finite = np.isfinite(values)
    if not finite.all():
        rows = finite.all(axis=1) if values.ndim > 1 else finite
        what = "vector" if values.ndim > 1 else "score"
        raise EngineError(
            f"{name} gives {counted(int((~rows).sum()), what)} of {rows.size:,} "
            "that are not finite numbers",
            hint="its weights are damaged, or too large for this number format; try float32",
        )
