"""Averages of trained and original weights: most of the gain, with less lost elsewhere.

Wortsman et al., Robust fine-tuning of zero-shot models, 2022; Xiao et al., LM-Cocktail, 2023.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from likewise.training.network import TrainingNetwork, load_network

AVERAGES = (1.0, 0.75, 0.5, 0.35)
"""Shares of the trained weights, in the order in which they are tried."""


def average_with(
    network: TrainingNetwork, original: Path, trained: Mapping[str, Tensor], share: float
) -> None:
    """Set the weights of a network to an average of trained and original ones.

    Args:
        network: the network.
        original: folder of the original checkpoint.
        trained: the trained weights.
        share: of the trained weights, 0 to 1.
    """
    before = load_network(original, device=str(network.device)).model.state_dict()
    mixed = {
        name: torch.lerp(before[name], value, share) if value.is_floating_point() else value
        for name, value in trained.items()
    }
    network.model.load_state_dict(mixed)
