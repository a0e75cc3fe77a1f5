"""Documents by their structure: headings with their paragraphs, lists and code whole."""

from __future__ import annotations

from pathlib import Path

import pytest

import likewise
from likewise.collections import open_collection
from likewise.collections.index_files import index_files
from likewise.data import chunk_records, read_records, read_texts
from likewise.errors import InputError

MARKDOWN = """---
title: "Weekly, 12 March"
---
before it all

# Notes on *the* `week`

## Empty parent

### Child

We need:

- a

  more
- b

## Title two
not underlined [link](http://x) ###

Title three
===========

> # quoted

```
# no heading

## nor this
```

## Only a heading ##
"""


def test_markdown_is_read_by_sections(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(MARKDOWN)
    found = [(r.line, r.title, r.text) for r in read_records(path)]
    assert found == [
        (4, "Weekly, 12 March", "before it all"),
        (
            10, "Weekly, 12 March > Notes on the week > Empty parent > Child",
            "### Child\n\nWe need:\n\n- a\n\n  more\n- b",
        ),
        (
            19, "Weekly, 12 March > Notes on the week > Title two",
            "## Title two\nnot underlined [link](http://x) ###",
        ),
        (
            22, "Weekly, 12 March > Title three",
            "Title three\n===========\n\n> # quoted\n\n```\n# no heading\n\n## nor this\n```",
        ),
        (33, "Weekly, 12 March > Title three > Only a heading", "## Only a heading ##"),
    ]  # fmt: skip
    path.write_text(MARKDOWN.replace("\n", "\r\n"), newline="")
    assert [(r.line, r.title, r.text) for r in read_records(path)] == found
    path.write_text("no heading at all\n\nand a second paragraph\n")
    (record,) = read_records(path)
    assert (record.title, record.text) == ("a", "no heading at all\n\nand a second paragraph")


def test_the_title_of_a_deep_section_stays_short(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "".join(f"{'#' * n} Heading {n} of several words\n\n" for n in range(1, 7)) + "x"
    )
    (record,) = read_records(path)
    assert record.title.startswith("Heading 1 of several words > ")
    assert record.title.endswith(" > Heading 6 of several words")
    assert len(record.title) <= 100


def test_web_pages_are_read_by_sections(tmp_path: Path) -> None:
    pytest.importorskip("selectolax")
    path = tmp_path / "a.html"
    path.write_text(
        "<title>Help - Shop</title><body><p>Hello<h1>Help</h1><h2>Re<b>funds</b></h2><p>Ask us."
        "<p>Soon.<h2>Empty</h2><h3>Sub</h3>text<nav><h2>Menu</h2></nav>"
    )
    assert [(r.title, r.text) for r in read_records(path)] == [
        ("Help - Shop", "Hello"),
        ("Help - Shop > Refunds", "Refunds\n\nAsk us.\n\nSoon."),
        ("Help - Shop > Empty > Sub", "Sub\n\ntext"),
    ]


def test_duplicates_are_not_removed_from_sections(
    tmp_path: Path, encoder: likewise.Encoder
) -> None:
    from likewise.analysis.dedup.dedupe import dedupe
    from likewise.analysis.dedup.removal_plan import apply_plan, make_plan
    from likewise.analysis.embedded_corpus import embed_corpus

    path = tmp_path / "a.md"
    path.write_text("# A\n\nthe same words\n\n# A\n\nthe same words\n")
    for unit, lines in (("section", 2), ("line", 4)):
        corpus = embed_corpus(encoder, path, unit=unit)  # type: ignore[arg-type]
        assert len(corpus) == lines
        plan = make_plan(dedupe(corpus, 0.99), corpus.records, encoder.fingerprint)
        if unit == "section":
            with pytest.raises(InputError, match="the record has several lines"):
                apply_plan(plan, tmp_path / "b.md")
        else:
            apply_plan(plan, tmp_path / "b.md")
            assert (tmp_path / "b.md").read_text() == "# A\n\nthe same words\n\n\n"


WRAPPED = """Report
======

The committee met on Tuesday in the small hall and went through the budget line
by line, which took most of the morning, and agreed on nearly all of it before
lunch.

What is left:

- the roof, for which two of the three offers that were asked for have come in,
  and the third is late

Next year
---------

The members will vote on the rest in the spring, once the figures of this year
are known.
"""
SENTENCES = (
    "A man is eating food.\nA man is eating a piece of bread.\n\nThe girl carries a baby.\n" * 5
)


def test_wrapped_text_is_read_by_paragraphs(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(WRAPPED)
    messages: list[str] = []
    found = [
        (r.line, r.title, r.text.split("\n"))
        for r in read_records(path, on_message=messages.append)
    ]
    assert messages == [f"{path} has wrapped lines and is read by paragraphs"]
    assert [(line, title, len(text)) for line, title, text in found] == [
        (4, "a > Report", 3), (8, "a > Report", 3), (16, "a > Report > Next year", 2),
    ]  # fmt: skip
    assert found[1][2][0] == "What is left:"
    assert len(read_texts(path, unit="line")) == 12


@pytest.mark.parametrize(
    "text",
    [
        SENTENCES,
        SENTENCES.replace("\n\n", "\n"),
        "今天天气很好，我们去公园散步吧。\n他说：你好，世界。\n\n会议决定推迟发布。\n" * 5,
        "short\nlines\n\nof words\n" * 5,
        "one line of a length that is wrapped\n\n" * 5,
        "".join(f"How do I change the setting number {n} of my account?\n" for n in range(40)),
    ],
)
def test_lists_of_sentences_are_read_by_lines(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert read_texts(path) == [line for line in text.split("\n") if line]


def test_sections_of_plain_text_can_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n\nthree\n")
    assert read_texts(tmp_path / "a.txt", unit="section") == ["one\ntwo", "three"]
    (tmp_path / "a.rst").write_text("Abc\n===\n\none\ntwo\n\nthree\n")
    assert read_texts(tmp_path / "a.rst") == ["one\ntwo", "three"]
    with pytest.raises(InputError, match="unknown unit"):
        read_texts(tmp_path / "a.txt", unit="paragraph")  # type: ignore[arg-type]


def test_long_sections_are_cut_between_blocks(tmp_path: Path, encoder: likewise.Encoder) -> None:
    path = tmp_path / "a.md"
    prose = "The importer reads files of many kinds and drops the rows that are empty. " * 3
    code = "```\n" + "\n\n".join(f"value_{n} = {n}" for n in range(10)) + "\n```"
    listed = "These are the steps:\n\n" + "\n".join(f"- step {n} of the work" for n in range(12))
    blocks = ["# Title", prose.strip(), code, prose.strip(), listed, prose.strip()]
    path.write_text("\n\n".join(blocks))
    passages = [passage.text.strip() for passage in chunk_records(read_records(path), encoder)]
    for block in blocks[1:]:
        assert any(block in passage for passage in passages), block
    assert passages[0].startswith("# Title\n\nThe importer")
    assert all(count.seen <= 128 for count in encoder.count_tokens(passages))


NOTES = {
    "2024-03-12-weekly.md": """# Weekly meeting, 12 March

## Status

Search over the help pages is in review. The importer still drops empty rows; Ben is on it.

## Open questions

Do we need a queue in front of the indexer? The support team asks for a demo.

## Decisions

We decided to ship the importer on Friday without the queue, and to look at the load in April.
Ana writes the release notes.

## Next steps

- Ben fixes the empty rows.
- Chika measures the load.
""",
    "architecture.md": """# Architecture

## Storage

Vectors lie in a columnar store. Old versions are kept until they are compacted.

## Indexing

The indexer splits files into passages and writes them in the order they come.
""",
    "README.md": """# Notes

## What is here

Meeting notes, the architecture and a diary of our trips. What did not fit is in the wiki.
""",
    "travel.md": """# Travel diary

## Lisbon

We took the tram up the hill and ate grilled sardines by the river. What a view we had!
""",
    "onboarding.md": """# Onboarding

## Questions people ask

Whom do I ask about holidays? Your lead. What happens when the build is red? We stop and fix it.
""",
}


def test_a_question_finds_the_decision_first(tmp_path: Path, encoder: likewise.Encoder) -> None:
    pytest.importorskip("lancedb")
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / name).write_text(text)
    index_files([folder], "notes", encoder, store=tmp_path / "store")
    collection = open_collection("notes", store=tmp_path / "store", model=encoder)
    first = collection.search("what did we decide?")[0]
    assert (Path(first.source).name, first.line) == ("2024-03-12-weekly.md", 11)
    assert first.title == "Weekly meeting, 12 March > Decisions"
    assert "We decided to ship the importer" in first.text
