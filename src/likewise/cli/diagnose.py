"""`likewise diagnose`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say
from likewise.operations.diagnose import DiagnoseRequest, DiagnoseResult
from likewise.operations.diagnose import diagnose as operation
from likewise.wording import counted

NEAREST = 3
"""Models listed if none made the vectors."""


@command(DiagnoseRequest, operation)
def diagnose(result: DiagnoseResult, _: DiagnoseRequest) -> None:
    """Say which model made vectors, how, and what is wrong with them.

    A few rows of any store are enough. Every model on this machine is tried, with its prompts,
    limits of tokens and the mistakes that are often made with vectors.

    \b
    Example:
      likewise diagnose vectors.npy --texts texts.txt
      likewise diagnose export.parquet --vectors-column embedding
    """
    say(result.summary)
    if result.mean is not None and result.minimum is not None:
        say(
            f"    cosine to its own vectors: mean {result.mean:.5f}, least {result.minimum:.5f}, "
            f"over {counted(result.rows, 'row')}"
        )
    for finding in result.findings:
        say(f"  - {finding.text}")
        if finding.advice:
            say(f"    → {finding.advice}")
    if result.verdict == "unknown":
        for model in result.tried[:NEAREST]:
            reason = model.problem or (
                f"{model.dimension} dimensions, fewer than the file's {result.dimensions}"
                if model.cosine is None
                else f"median cosine {model.cosine:.3f}"
            )
            say(f"    {model.name}: {reason}")
