"""`likewise verify`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say_table
from likewise.operations.verify import VerifyRequest, VerifyResult
from likewise.operations.verify import verify as operation


@command(VerifyRequest, operation)
def verify(result: VerifyResult, _: VerifyRequest) -> None:
    """Measure on this processor whether a smaller number format gives what float32 gives.

    Exit status 1, with every reason, if it falls short.

    \b
    Example:
      likewise verify all-MiniLM-L6-v2 --compute int8
    """
    found = result.verification
    limits = found.limits
    rows = [
        ["vectors that are not finite", str(found.not_finite), "0"],
        ["mean cosine to float32", f"{found.cosine_mean:.5f}", f"≥ {limits.cosine_mean}"],
        ["lowest cosine to float32", f"{found.cosine_min:.5f}", f"≥ {limits.cosine_min}"],
        ["rank agreement", f"{found.rank_agreement:.4f}", f"≥ {limits.rank_agreement}"],
        ["rated pairs, difference", f"{found.rated_delta:+.2f}", f"within {limits.rated_delta:g}"],
    ]
    say_table([f"{result.model}, {found.compute}", "measured", "limit"], rows)
