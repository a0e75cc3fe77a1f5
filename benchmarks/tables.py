"""Results as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.contenders import CONTENDERS
from benchmarks.figures import Spread


@dataclass(frozen=True)
class Table:
    """A titled table of strings; the first column is text, the others are figures."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """The table in Markdown, under its title."""
        lines = [self.head, ("---", *("---:" for _ in self.head[1:])), *self.rows]
        return "\n".join((f"**{self.title}**", "", *("| " + " | ".join(x) + " |" for x in lines)))


def times(ratio: Spread) -> str:
    """A ratio with its range over rounds: `9.1× (8.8–9.4)`."""
    return f"{ratio.median:.2f}× ({ratio.low:.2f}–{ratio.high:.2f})"


def shown(cosine: Mapping[str, float]) -> str:
    """Cosine to float32, mean and minimum."""
    return f"{cosine['mean']:.5f} ({cosine['min']:.4f})"


def best_peer(seconds: Mapping[str, Sequence[float]]) -> str:
    """The fastest peer, by the median of its rounds.

    Raises:
        ValueError: no peer was measured.
    """
    peers = [c.name for c in CONTENDERS if not c.ours and c.name in seconds]
    return min(peers, key=lambda name: median(seconds[name]))
