"""Numbers and articles in messages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import likewise
from likewise.wording import counted, with_article


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 texts"), (1, "1 text"), (2, "2 texts"), (1234, "1,234 texts")]
)
def test_counts(count: int, said: str) -> None:
    assert counted(count, "text") == said


def test_plurals_that_take_no_s() -> None:
    assert counted(1, "query", "queries") == "1 query"
    assert counted(3, "query", "queries") == "3 queries"


@pytest.mark.parametrize("word", ["an int", "a dict", "a float", "an object", "a list"])
def test_articles(word: str) -> None:
    assert with_article(word.split()[1]) == word


def test_no_message_has_a_before_any_type_or_a_plural_behind_any_length() -> None:
    slip = re.compile(r'f"[^"]*(\ba \{type\(|\{len\([\w.]+\)(:,)?\} [a-z]+s\b(?! and vectors))')
    allowed = {"examples.py", "quantize.py", "collections.py", "collection.py"}
    found = [
        f"{path.name}: {line.strip()}"
        for path in Path(likewise.__file__).parent.rglob("*.py")
        for line in path.read_text().splitlines()
        if slip.search(line) and path.name not in allowed and "web" not in path.parts
    ]
    assert found == []


def test_no_archaic_words() -> None:
    """The texts of the project are in plain modern English; sample sentences may say anything."""
    root = Path(__file__).parent.parent
    archaic = re.compile(r"\b(told|anew|amid|whoever|whomever|wherein|thereof|hitherto)\b", re.I)
    texts = {root / "README.md", root / "CONTRIBUTING.md", root / "SECURITY.md"}
    for folder in ("src", "docs", "benchmarks", "tests", "deploy", "scripts"):
        texts |= {p for p in (root / folder).rglob("*") if p.suffix in {".py", ".md", ".json"}}
    samples = {"rated.py", "sentences.py", Path(__file__).name}
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in sorted(texts)
        if path.name not in samples and "results" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if archaic.search(line)
    ]
    assert found == []
