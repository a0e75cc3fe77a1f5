"""`likewise quantize`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say
from likewise.operations.quantize import QuantizeRequest, QuantizeResult
from likewise.operations.quantize import quantize as operation


@command(QuantizeRequest, operation)
def quantize(result: QuantizeResult, _: QuantizeRequest) -> None:
    """Make the int8 graph that OpenVINO runs ahead of its first use, and print its path.

    It takes 10 to 60 seconds once; --compute int8 loads it from then on. LIKEWISE_CACHE chooses
    another place for it. Where native kernels run the model, int8 needs no graph: see likewise
    doctor.

    \b
    Example:
      likewise quantize all-MiniLM-L6-v2
    """
    say(str(result.path))
