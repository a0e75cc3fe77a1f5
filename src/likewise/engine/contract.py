"""What every runtime is: token rows in, vectors out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from likewise.progress import Advance
from likewise.tokenization.tokenizer import TokenRows


class Runtime(Protocol):
    """A compiled network. Safe to call from several threads; it takes them one after the other."""

    reason: str
    """What runs it, in which number format, and why: one line for people."""

    @property
    def kind(self) -> str:
        """Which runtime it is: `native`, `openvino`, `torch` or `table`."""
        ...

    @property
    def dimension(self) -> int:
        """Dimensions of the vectors."""
        ...

    @property
    def compute(self) -> str:
        """Number format of the network: `float32`, `bfloat16` or `int8`."""
        ...

    @property
    def recipe(self) -> str:
        """What besides the checkpoint shapes the vectors: the compute and how it was made."""
        ...

    @property
    def device(self) -> str:
        """Where it runs, such as `cpu`."""
        ...

    def embed(self, rows: TokenRows, progress: Advance | None = None) -> NDArray[np.float32]:
        """One vector a text, in the order given: float32 `[n, dimension]`.

        Raises:
            EngineError: the engine refused.
        """
        ...

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The last layer's state of every token, one float32 `[tokens, hidden size]` a text.

        Raises:
            EngineError: the engine refused.
        """
        ...
