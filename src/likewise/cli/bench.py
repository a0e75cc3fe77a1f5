"""`likewise bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likewise.cli.derive import command
from likewise.cli.printing import say_table
from likewise.operations.bench import BenchRequest, BenchResult
from likewise.operations.bench import bench as operation

if TYPE_CHECKING:
    from likewise.evaluation.speed import Speed

HEADER = (
    "compute", "sentences/s", "passages/s", "passage tokens/s", "query p50", "p95",
    "passage TFLOP/s", "peak", "share",
)  # fmt: skip


@command(BenchRequest, operation)
def bench(result: BenchResult, _: BenchRequest) -> None:
    """Time a model on this machine for half a minute, and compare it with the machine's peak.

    Short sentences and passages of 256 tokens many at once, one sentence alone, and the share of
    the peak (10¹² operations a second, TFLOP/s) that passages reach. Stop other programs first.

    \b
    Example:
      likewise bench all-MiniLM-L6-v2 --compute int8 --compute float32
    """
    say_table(HEADER, [_row(speed) for speed in result.speeds])


def _row(speed: Speed) -> list[str]:
    reached = speed.passages.operations
    return [
        speed.compute,
        f"{speed.sentences.texts:,.0f}",
        f"{speed.passages.texts:,.1f}",
        f"{speed.passages.tokens:,.0f}",
        f"{speed.query_p50:.2f} ms",
        f"{speed.query_p95:.2f} ms",
        "–" if reached is None else f"{reached / 1e12:.2f}",
        "–" if speed.peak is None else f"{speed.peak / 1e12:.2f}",
        "–" if speed.share is None else f"{speed.share:.0%}",
    ]
