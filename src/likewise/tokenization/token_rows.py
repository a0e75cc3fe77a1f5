"""Token ids of several texts in one array."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TokenRows:
    """Token ids of several texts, concatenated.

    Attributes:
        token_ids: int32 `[sum of lengths]`, special tokens included.
        lengths: int64 `[n]`, tokens of each text after truncation.
        seen: int64 `[n]`, tokens of each text before truncation, special tokens included.
        prompt_tokens: number of tokens at the start of every text that belong to the prompt.
        partial: bool `[n]`, texts of which only a prefix was tokenized: `seen` is a lower bound,
            above the maximum length. None if there are none.
        token_types: int32 `[sum of lengths]`, 0 or 1, for pairs of texts.
    """

    token_ids: NDArray[np.int32]
    lengths: NDArray[np.int64]
    seen: NDArray[np.int64]
    prompt_tokens: int = 0
    token_types: NDArray[np.int32] | None = None
    partial: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Offset of each text in `token_ids`: int64 `[n]`."""
        return np.cumsum(self.lengths) - self.lengths

    def row(self, index: int) -> NDArray[np.int32]:
        """Token ids of one text: int32 `[length]`."""
        start = int(self.starts[index])
        return self.token_ids[start : start + int(self.lengths[index])]
