"""Cells of CSV files that a spreadsheet would run as formulas."""

from __future__ import annotations

import re
from typing import Any

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets take for the beginning of a formula, or skip before one."""

_NUMBER = re.compile(r"[-+]?(?:\d[\d.,]*|\.\d+)(?:[eE][-+]?\d+)?\s?%?")


class Formulas:
    """Puts an apostrophe before texts that begin like a formula; numbers are none.

    A spreadsheet shows such a cell as text. Whoever reads the file otherwise gets the apostrophe,
    so that what was changed is counted.

    Args:
        escape: whether to; else every cell stays as it is.

    Attributes:
        escaped: how many cells were changed.
    """

    def __init__(self, *, escape: bool = True) -> None:
        self._escape = escape
        self.escaped = 0

    def shown(self, cell: Any) -> Any:
        """A cell as it is written."""
        if not (self._escape and isinstance(cell, str) and cell.startswith(_BEGINNINGS)):
            return cell
        if _NUMBER.fullmatch(cell):
            return cell
        self.escaped += 1
        return "'" + cell

    def summary(self, path: object) -> str:
        """What was done to a file, for people; empty where nothing was."""
        if not self.escaped:
            return ""
        cells = "1 cell" if self.escaped == 1 else f"{self.escaped:,} cells"
        return (
            f"{cells} of {path} begin like a formula, and got an apostrophe before them so that a "
            "spreadsheet does not run them (--no-escape-formulas leaves them as they are)"
        )
