"""Losses from a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from likewise.encoder import Encoder
from likewise.errors import InputError
from likewise.hub.file_selection import MODULES
from likewise.loading import load
from likewise.training.examples import Kind
from likewise.training.losses import (
    InBatchNegatives,
    Loss,
    Matryoshka,
    ScoredPairs,
    Softmax,
    StayClose,
    TeacherVectors,
    Triplets,
    by_kind,
    check_loss,
    default_loss,
)
from likewise.training.mixing import Mixer
from likewise.training.network import TrainingNetwork
from likewise.training.recipe import LossRecipe, Recipe

KEEP_GENERAL = 3.0
"""Weight of the distance of general texts, for sentence models."""


def make_loss(recipe: Recipe, mixer: Mixer, network: TrainingNetwork, parent: Encoder) -> Loss:
    """The loss of a recipe for the kinds of its data.

    Args:
        recipe: the recipe.
        mixer: the data.
        network: the network in training.
        parent: the original model on the engine.

    Raises:
        InputError: the loss cannot use the data, or a number of dimensions is impossible.
        CheckpointError: the guide cannot be loaded.
    """
    kinds = {source.layout.kind for source in mixer.sources}
    losses = {kind: _loss(recipe.loss, kind, mixer, network) for kind in kinds}
    # softmax is a module, whose weights are trained too
    loss = losses["labeled"] if recipe.loss.name == "softmax" else by_kind(losses)
    dimensions = recipe.loss.matryoshka
    if dimensions:
        wrong = [d for d in dimensions if not 1 <= d <= network.dimension]
        if wrong or recipe.loss.name == "softmax":
            raise InputError(
                f"cannot train {', '.join(map(str, dimensions))} dimensions",
                hint=f"numbers up to {network.dimension}, with another loss than softmax",
            )
        loss = Matryoshka(loss, dimensions)
    if recipe.loss.stay_close > 0:
        original = load(parent.location.folder, compute="float32",
                        max_seq_length=network.max_tokens)  # fmt: skip
        loss = StayClose(loss, _vectors(original), recipe.loss.stay_close)
    if mixer.general:
        texts = mixer.general.texts
        known = dict(zip(texts, _vectors(parent)(texts), strict=True))
        loss = StayClose(
            loss, lambda some: np.stack([known[text] for text in some]),
            keep_general(recipe.loss, parent), general=True,
        )  # fmt: skip
    return loss


def keep_general(recipe: LossRecipe, parent: Encoder) -> float:
    """Weight of the distance of general texts; 0 keeps them out of the batches."""
    if recipe.keep_general is not None:
        return recipe.keep_general
    return KEEP_GENERAL if (parent.location.folder / MODULES).exists() else 0.0


def _loss(recipe: LossRecipe, kind: Kind, mixer: Mixer, network: TrainingNetwork) -> Loss:
    name = default_loss(kind) if recipe.name == "auto" else recipe.name
    check_loss(name, kind)
    match name:
        case "cosent" | "cosine":
            return ScoredPairs(name, recipe.scale)
        case "triplet":
            return Triplets(recipe.margin)
        case "softmax":
            return Softmax(network.dimension, len(mixer.labels)).to(network.device)
        case "in-batch":
            guide = None
            if recipe.guide:
                guide = _vectors(load(recipe.guide, max_seq_length=None))
            return InBatchNegatives(recipe.scale, symmetric=recipe.symmetric, guide=guide)


def _vectors(encoder: Encoder) -> TeacherVectors:
    """The vectors of an encoder, without warnings about texts that are cut in training too."""

    def vectors(texts: Sequence[str]) -> Any:
        parts = [part.vectors for part in encoder.encode_stream(list(texts))]
        return np.concatenate(parts)

    return vectors
