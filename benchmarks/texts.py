"""The texts that are encoded, from a folder of your own.

The folder holds `speed/sentences.txt` (a sentence a line) and `speed/documents.jsonl` (an object
with `text` a line); `quality` also reads its labelled sets (see its README).
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

from benchmarks.environments import ROOT

DATA = ROOT.parent / "shared" / "data"


def sentences_file(data: Path) -> Path:
    """The file with one sentence per line."""
    return data / "speed" / "sentences.txt"


def sentences(data: Path, count: int) -> list[str]:
    """The first sentences."""
    with sentences_file(data).open(encoding="utf-8") as lines:
        return [line.rstrip("\n") for line in islice(lines, count)]


def documents(data: Path, count: int) -> list[str]:
    """The first documents; every contender truncates them to the checkpoint's 256 tokens."""
    with (data / "speed" / "documents.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in islice(lines, count)]


def queries(data: Path, count: int) -> list[str]:
    """Short sentences, 3 to 12 words."""
    with sentences_file(data).open(encoding="utf-8") as lines:
        short = (line.rstrip("\n") for line in lines if 3 <= len(line.split()) <= 12)
        return list(islice(short, count))
