"""Ctrl-C at any time: status 130, and never a traceback.

While modules are loaded, and while the interpreter ends, there is nothing to clean up, and an
exception could come out of any line of any package: the process ends at once. While a command runs,
Ctrl-C is the exception that Python makes of it.
"""

from __future__ import annotations

import os
import signal  # and nothing that takes longer to load: until then Ctrl-C is a traceback

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def end_at_once() -> None:
    """From now on Ctrl-C ends the process without a message."""
    _handle(_exit)


def raise_again() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt; nothing changes if it was one before."""
    if signal.getsignal(signal.SIGINT) is _exit:
        _handle(signal.default_int_handler)


def _exit(_number: int, _frame: object) -> None:
    os._exit(INTERRUPTED)


def _handle(handler: signal._HANDLER) -> None:
    # a shell starts background jobs with the signal ignored, and it stays so
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        try:
            signal.signal(signal.SIGINT, handler)
        except ValueError:  # not the main thread
            return
