"""The second of two maps is turned, and mirrored, like the first."""

from __future__ import annotations

import numpy as np

from likewise.analysis.projection.projection import fitted
from likewise.analysis.projection.two_models import _aligned


def test_a_turned_and_mirrored_map_is_turned_back() -> None:
    target = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32) * (3, 1)
    turned = np.array([[0.6, -0.8], [0.8, 0.6]], np.float32) * (1, -1)
    found = _aligned(np.asarray(target @ turned + 5, np.float32), target)
    np.testing.assert_allclose(found, fitted(np.asarray(target, np.float32)), atol=1e-4)
