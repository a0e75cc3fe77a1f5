"""The reference of the command line is the one the commands give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_reference_is_fresh() -> None:
    made = subprocess.run(
        [sys.executable, "scripts/help.py"],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=True,
    ).stdout  # fmt: skip
    stored = (ROOT / "docs/help.md").read_text(encoding="utf-8")
    assert made == stored, "docs/help.md is stale; run make docs"
