"""What differs between two versions: records that came, went, were edited, or were tagged."""

from __future__ import annotations

from pathlib import Path

import pytest

import likewise
from likewise.collections.collection import Collection
from likewise.collections.open_collection import open_collection
from likewise.collections.version_difference import VersionDifference, compare_versions
from likewise.data.records import Record
from likewise.errors import CollectionNotFoundError, InputError

LINES = (
    "The shop opens at nine.", "Refunds take thirty days.", "Parcels arrive on Monday.",
    "We sell bread and cake.", "Gift cards do not expire.",
)  # fmt: skip


def rows(texts: tuple[str, ...], source: str = "faq.csv", year: int = 2020) -> list[Record]:
    return [Record(text, {"year": year}, source, line) for line, text in enumerate(texts, 1)]


@pytest.fixture
def shop(tmp_path: Path, encoder: likewise.Encoder) -> Collection:
    made = open_collection("shop", store=tmp_path, model=encoder, create=True)
    made.add(rows(LINES))
    return made


def compare(shop: Collection, before: int, after: int | None = None) -> VersionDifference:
    last = None if after is None else str(after)
    return compare_versions(shop.store, "shop", str(before), last)


def counts(found: VersionDifference) -> tuple[int, int, int, int]:
    return found.added, found.removed, found.changed, found.unchanged


def test_an_edited_line_is_changed_and_lines_that_moved_are_not(shop: Collection) -> None:
    lines = ("A new first line.", LINES[0], "Refunds take sixty days.", *LINES[3:])
    shop.add(rows(lines))
    found = compare(shop, 1)
    assert counts(found) == (1, 1, 1, 3)
    assert (found.before.number, found.after.number) == (1, 2)
    [changed] = found.examples_changed
    assert (changed.before.text, changed.after.text) == (LINES[1], lines[2])
    assert changed.columns == ("text",)
    assert [each.text for each in found.examples_added] == [lines[0]]
    assert [each.text for each in found.examples_removed] == [LINES[2]]
    [file] = found.files
    assert (file.source, file.added, file.removed, file.changed) == ("faq.csv", 1, 1, 1)
    assert counts(compare(shop, 2, 1)) == (1, 1, 1, 3)


def test_another_line_at_the_same_place_is_no_edited_one(shop: Collection) -> None:
    shop.add(rows((*LINES[:4], "Where can I park my car?")))
    assert counts(compare(shop, 1)) == (1, 1, 0, 4)


def test_a_similar_line_elsewhere_is_no_edited_one(shop: Collection) -> None:
    shop.add(rows((LINES[0], *LINES[2:], "Refunds take sixty days.")))
    assert counts(compare(shop, 1)) == (1, 1, 0, 4)


def test_columns_and_tags_are_changes(shop: Collection) -> None:
    shop.add(rows(LINES[:1], year=2021) + rows(LINES)[1:])
    record = shop.browse(0, 10, where="line = 2")[0].record
    shop.tag("topic", {record: "money"})
    found = compare(shop, 1)
    assert counts(found) == (0, 0, 2, 3)
    assert [each.columns for each in found.examples_changed] == [("year",), ("topic",)]
    first, second = found.examples_changed
    assert (first.before.fields["year"], first.after.fields["year"]) == (2020, 2021)
    assert second.after.fields["topic"] == "money"
    assert counts(compare(shop, 2)) == (0, 0, 1, 4)


def test_other_files_count_by_themselves(shop: Collection) -> None:
    shop.add(rows(("One more file.", "It has two lines."), "more.csv"))
    found = compare(shop, 1)
    assert counts(found) == (2, 0, 0, 5)
    assert [(each.source, each.added) for each in found.files] == [("more.csv", 2)]
    shop.undo()
    assert counts(compare(shop, 2)) == (0, 2, 0, 5)
    assert counts(compare(shop, 1)) == (0, 0, 0, 5)
    assert compare_versions(shop.store, "shop", "2", examples=1).examples_removed[0].line == 1


def test_long_records_are_changed_by_their_later_chunks(
    tmp_path: Path, encoder: likewise.Encoder
) -> None:
    long = " ".join(f"Sentence number {n} of the text is here." for n in range(40))
    made = open_collection("shop", store=tmp_path, model=encoder, create=True, chunk_tokens=64)
    made.add([Record(long, source="a.txt", line=1)])
    made.add([Record(f"{long} And an end.", source="a.txt", line=1)])
    found = compare(made, 1)
    assert counts(found) == (0, 0, 1, 0)
    assert found.examples_changed[0].columns == ("text",)


def test_bad_input(shop: Collection) -> None:
    with pytest.raises(InputError, match="no state is stored as of 7"):
        compare(shop, 7)
    with pytest.raises(InputError, match="neither a run nor a date"):
        compare_versions(shop.store, "shop", "yesterday")
    with pytest.raises(CollectionNotFoundError):
        compare_versions(shop.store, "none", "1")
