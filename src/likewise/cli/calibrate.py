"""`likewise calibrate`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.operations.calibrate import CalibrateRequest, CalibrateResult
from likewise.operations.calibrate import calibrate as operation
from likewise.wording import counted


@command(CalibrateRequest, operation)
def calibrate(result: CalibrateResult, _: CalibrateRequest) -> None:
    """Measure what a score means on your texts, and suggest thresholds.

    With pairs labelled 0 and 1, also the probability that a pair with a score matches.

    \b
    Example:
      likewise calibrate all-MiniLM-L6-v2 questions.txt
      likewise calibrate all-MiniLM-L6-v2 pairs.csv --report scores.html
    """
    found = result.calibration
    known = found.labelled > 0
    labelled = f", {counted(found.labelled, 'labelled pair')}" if known else ""
    say(f"{counted(found.texts, 'text')}, {counted(found.pairs, 'random pair')}{labelled}")
    thresholds = [
        [t.purpose, f"{t.interval.value:.3f}", f"{t.interval.low:.3f}–{t.interval.high:.3f}",
         t.basis]
        for t in found.thresholds
    ]  # fmt: skip
    say_table(["threshold for", "cosine", "95% interval", "basis"], thresholds)
    rows = [
        [f"{m.score:.2f}", f"{m.percentile:.2%}", *([f"{m.probability:.1%}"] if known else [])]
        for m in found.meanings
    ]
    head = ["cosine", "random pairs below", "probability of a match"]
    say_table(head[: 2 + known], rows)
