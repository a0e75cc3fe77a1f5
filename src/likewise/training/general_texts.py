"""Texts of every subject that are added to each batch, so that general ability is kept.

Their vectors stay near those of the original model, while those of the data move: learning without
forgetting (Li and Hoiem, 2017). They are not those that the gate measures on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np

from likewise.errors import DamagedFileError
from likewise.training.examples import Batch, Prompts

FILE = "general_texts.txt"
SHARE = 0.25
"""General texts of a batch, as a share of its examples."""
MOST = 32
"""Most of them."""


@cache
def general_texts() -> tuple[str, ...]:
    """Sentences, questions and headlines in English; written for this project.

    Raises:
        DamagedFileError: the file of the package is damaged.
    """
    text = resources.files("likewise.training").joinpath(FILE).read_text("utf-8")
    found = tuple(text.splitlines())
    if len(found) < MOST:
        raise DamagedFileError(f"{FILE} is damaged", hint="install likewise again")
    return found


@dataclass(frozen=True)
class GeneralTexts:
    """Adds general texts to batches.

    Attributes:
        prompts: put before the texts, each of them before half.
        seed: of the choice.
    """

    prompts: Prompts
    seed: int = 0

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts with their prompts."""
        prompts = (self.prompts.anchor, self.prompts.document)
        return tuple(prompts[n % 2] + text for n, text in enumerate(general_texts()))

    def added_to(self, batch: Batch, step: int) -> Batch:
        """The batch with some general texts at the end; a step always gets the same ones."""
        count = min(MOST, max(1, round(SHARE * len(batch))))
        texts = self.texts
        rows = np.random.default_rng((self.seed, step)).choice(len(texts), count, replace=False)
        general = len(batch.texts) + np.arange(count)
        chosen = tuple(texts[row] for row in rows.tolist())
        return replace(batch, texts=batch.texts + chosen, general=general)
