"""Escapes CSV cells that a spreadsheet would run as formulas."""

from __future__ import annotations

import re
from typing import Any

_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Prefixes that start a formula in spreadsheets, or are skipped before one."""

_NUMBER = re.compile(r"[-+]?(?:\d[\d.,]*|\.\d+)(?:[eE][-+]?\d+)?\s?%?")


class FormulaEscaper:
    """Puts an apostrophe before texts that begin like a formula, except numbers.

    A spreadsheet shows such a cell as text. Other readers see the apostrophe, so changed cells are
    counted and reported.

    Args:
        escape: False leaves every cell unchanged.

    Attributes:
        escaped: number of changed cells.
    """

    def __init__(self, *, escape: bool = True) -> None:
        self._escape = escape
        self.escaped = 0

    def escape(self, cell: Any) -> Any:
        """The cell, escaped if necessary."""
        if not (self._escape and isinstance(cell, str) and cell.startswith(_FORMULA_PREFIXES)):
            return cell
        if _NUMBER.fullmatch(cell):
            return cell
        self.escaped += 1
        return "'" + cell

    def summary(self, path: object) -> str:
        """A note on the changed cells of a file; empty if there are none."""
        if not self.escaped:
            return ""
        cells = "1 cell" if self.escaped == 1 else f"{self.escaped:,} cells"
        return (
            f"{cells} of {path} begin like a formula; an apostrophe was added so that a "
            "spreadsheet does not run them (--no-escape-formulas leaves them unchanged)"
        )
