"""`likewise calibrate`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.operations.calibrate import CalibrateRequest, CalibrateResult
from likewise.operations.calibrate import calibrate as operation
from likewise.wording import counted


@command(CalibrateRequest, operation)
def calibrate(result: CalibrateResult, _: CalibrateRequest) -> None:
    """Find out what a score means on your own texts, and where to cut.

    With pairs labelled 0 and 1, also how likely a pair with a score is a true one.

    \b
    Example:
      likewise calibrate all-MiniLM-L6-v2 questions.txt
      likewise calibrate all-MiniLM-L6-v2 pairs.csv --report scores.html
    """
    found = result.calibration
    known = found.labelled > 0
    labelled = f", {counted(found.labelled, 'labelled pair')}" if known else ""
    say(f"{counted(found.texts, 'text')}, {counted(found.pairs, 'random pair')}{labelled}")
    cuts = [
        [c.purpose, f"{c.threshold.value:.3f}", f"{c.threshold.low:.3f}–{c.threshold.high:.3f}",
         c.basis]
        for c in found.cuts
    ]  # fmt: skip
    say_table(["cut for", "cosine", "95% interval", "since"], cuts)
    rows = [
        [f"{m.score:.2f}", f"{m.percentile:.2%}", *([f"{m.probability:.1%}"] if known else [])]
        for m in found.meanings
    ]
    head = ["cosine", "random pairs below", "chance of a true pair"]
    say_table(head[: 2 + known], rows)
