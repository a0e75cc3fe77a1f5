"""The interface of all runtimes: token rows in, vectors out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from likewise.progress import Advance
from likewise.tokenization.token_rows import TokenRows


class Runtime(Protocol):
    """A compiled network. Thread-safe; concurrent calls run one after the other."""

    reason: str
    """The runtime, the number format and the reason for the choice: one line for people."""

    @property
    def kind(self) -> str:
        """The kind of runtime: `native`, `openvino`, `torch` or `table`."""
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
        """What determines the vectors, besides the checkpoint: the compute and its version."""
        ...

    @property
    def device(self) -> str:
        """Where it runs, such as `cpu`."""
        ...

    def embed(self, rows: TokenRows, progress: Advance | None = None) -> NDArray[np.float32]:
        """One vector per text, in input order: float32 `[n, dimension]`.

        Raises:
            EngineError: the engine failed.
        """
        ...

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The last hidden state of each token: one float32 `[tokens, hidden size]` per text.

        Raises:
            EngineError: the engine failed.
        """
        ...
