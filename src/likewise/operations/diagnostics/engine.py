"""The kernels and the number formats that were chosen for this processor."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import TYPE_CHECKING

from likewise.operations.diagnostics.contract import Check
from likewise.operations.diagnostics.machine import X86

if TYPE_CHECKING:
    from likewise.engine.timing import Choice


def kernels() -> Iterator[Check]:
    """Whether the native kernels run here; if not, the reason."""
    from likewise.engine import native

    bits = native.features()
    if supported := native.supported():
        tiles = ", on tiles (AMX)" if (bits or 0) & native.TILES else ""
        yield Check("kernels", "ok", f"native, for {', '.join(sorted(supported))}{tiles}")
    elif reason := native.unavailable():
        detail = f"{reason}: OpenVINO runs every model"
        if platform.machine() in X86:
            hint = "reinstall likewise to build them; this needs a C++ compiler or ziglang"
            yield Check("kernels", "warn", detail, hint)
        else:
            yield Check("kernels", "ok", detail)
    else:
        yield Check("kernels", "ok", "not for this processor: OpenVINO runs every model")


def formats() -> Iterator[Check]:
    """The number formats that were chosen, with the timings behind the choice."""
    from likewise.engine import native
    from likewise.engine.openvino import timing

    on_kernels = bool(native.supported())
    if on_kernels:
        yield _choice("compute auto", native.network_format())
        yield _choice("int8 attention", native.attention_format())
    yield _choice("OpenVINO auto" if on_kernels else "compute auto", timing.network_format())
    yield _choice("OpenVINO int8", timing.activation_format())


def _choice(name: str, choice: Choice) -> Check:
    from likewise.engine.timing import in_words

    detail = f"{choice.format}: {choice.reason}"
    if choice.seconds:
        detail += f" ({in_words(choice.seconds)})"
    facts = {
        "choice": choice.format,
        "reason": choice.reason,
        "milliseconds": {name: 1e3 * value for name, value in choice.seconds.items()},
    }
    return Check(name, "ok", detail, facts=facts)
