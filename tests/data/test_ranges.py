"""Ranges of a file give the records of the whole file."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from likewise.data import Record, Skipped, read_records
from likewise.data.ranges import SplitFile, file_digest, read_range, read_split, split_file
from likewise.errors import InputError, LikewiseError, RecordError

PIECES = ("a", "b c", '"', ",", "\n", "é", "日本", "\r", "x" * 50, "\ufeff")


def rows(chance: random.Random) -> list[str]:
    return ["".join(chance.choices(PIECES, k=chance.randint(0, 12))) for _ in range(150)]


def quoted(text: str, chance: random.Random) -> str:
    if chance.random() < 0.5 or any(mark in text for mark in '",\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def csv(texts: list[str], chance: random.Random) -> str:
    lines = ["\n" * chance.randint(0, 1), "id,text\n"]
    for number, text in enumerate(texts):
        lines.append(f"{number},{quoted(text, chance)}\n")
        lines.append(chance.choice(["", "", "", "\n", 'a,"b"c\n']))  # the last is no valid row
    return "".join(lines)


def jsonl(texts: list[str], chance: random.Random) -> str:
    values: list[Any] = ["no object"]
    for text in texts:
        values += [chance.choice([{"text": text}, {"other": text, "text": None}, text])]
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def tsv(texts: list[str], chance: random.Random) -> str:
    return "id\ttext\n" + "".join(f"{n}\t{text}\n" for n, text in enumerate(texts))


def plain(texts: list[str], chance: random.Random) -> str:
    return "\n".join(texts)


MAKERS: dict[str, Callable[[list[str], random.Random], str]] = {
    ".csv": csv, ".jsonl": jsonl, ".tsv": tsv, ".txt": plain,
}  # fmt: skip


def outcome(read: Callable[[list[Skipped]], Iterator[Record]]) -> object:
    """The records and the rows that cannot be read, or the error."""
    bad: list[Skipped] = []
    try:
        return [(r.text, r.line, r.column, r.source) for r in read(bad)], bad
    except LikewiseError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("suffix", MAKERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "cp1252"])
def test_ranges_give_the_records_of_the_whole_file(
    suffix: str, encoding: str, seed: int, tmp_path: Path
) -> None:
    chance = random.Random(f"{seed}{suffix}{encoding}")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(MAKERS[suffix](rows(chance), chance).encode(encoding, "replace"))
    given = chance.choice([None, encoding])
    size = chance.choice([1, 30, 600])

    def by_range(bad: list[Skipped]) -> Iterator[Record]:
        split = split_file(path, size, encoding=given)
        assert len(split.ranges) > 3
        assert split.digest == file_digest(path)
        for part in split.ranges:
            yield from read_range(split, part, on_error=bad.append)

    expected = outcome(lambda bad: read_records(path, encoding=given, on_error=bad.append))
    assert outcome(by_range) == expected


def lengths(split: SplitFile) -> list[int]:
    return [sum(1 for _ in read_range(split, part)) for part in split.ranges]


def test_ranges_have_about_the_same_size(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\n" + '"two\nlines, of text"\n' * 5000)
    split = split_file(path, 10_000)
    assert split.kind == "bytes"
    assert sum(lengths(split)) == 5000
    sizes = [part.stop - part.start for part in split.ranges]
    assert all(10_000 <= size < 30_000 for size in sizes[:-1])


def test_parquet_is_split_by_rows(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    table = arrow.table({"id": range(1000), "text": [f"text {n}" for n in range(1000)]})
    parquet.write_table(table, path, row_group_size=300)
    split = split_file(path, path.stat().st_size // 7)
    assert lengths(split) == [143] * 6 + [142]
    assert list(read_split(split)) == list(read_records(path))


def test_other_files_are_split_by_records(tmp_path: Path) -> None:
    lines = "".join(f"line {number}\n" for number in range(5000))
    wrapped = "These lines were wrapped at some width, so they\nare read by paragraphs.\n\n" * 1200
    for name, content in (
        ("a.txt.gz", gzip.compress(lines.encode())),
        ("a.json", json.dumps(lines.split("\n")[:-1]).encode()),
        ("utf16.txt", lines.encode("utf-16")),
        ("wrapped.txt", wrapped.encode()),
    ):
        (tmp_path / name).write_bytes(content)
        split = split_file(tmp_path / name, 1000)
        expected = list(read_records(tmp_path / name))
        assert split.kind == "records", name
        assert list(read_split(split)) == expected
        assert [r for part in split.ranges for r in read_range(split, part)] == expected
        assert len(split.ranges) == -(-len(expected) // 2048)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no such file"):
        split_file(tmp_path / "gone.csv", 1000)
    path = tmp_path / "a.csv"
    path.write_text("text\na\n")
    with pytest.raises(InputError, match="no column 'body'"):
        split_file(path, 1000, column="body")
    path.write_text("")
    assert split_file(path, 1000).ranges == ()
