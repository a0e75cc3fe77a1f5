"""Two parts of a file give it back to the byte."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from likewise.data.partition import content_hash, merge_file, partition_file
from likewise.data.records import read_records
from likewise.errors import InputError, RecordError

CONTENTS = {
    "a.txt": b"one\n\ntwo\r\n  three  \nfour",
    "a.md": "\ufeffeins\nzwei\n".encode(),
    "a.csv": (
        b'id,text\r\n1,"a ""quoted"", text"\r\n\r\n2,"over\r\ntwo lines"\r\n3,plain\r\n4,"last"'
    ),
    "bom.csv": '\ufeff"the text",n\n"a\nb",1\nc,2\n'.encode(),
    "gb.csv": "编号,text\n1,你好世界\n2,今天天气很好\n3,我们去公园散步\n4,机器学习\n".encode(
        "gb18030"
    ),
    "a.tsv": b'n\ttext\n1\t"lone quote\n2\ttwo\n\n3\tthree\n',
    "a.jsonl": b'{"text": "one", "n": 1.50}\n\n{"n":2,  "text": "two"}\n{"text": "three"}',
    "a.txt.gz": gzip.compress(b"one\ntwo\nthree\n"),
}


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("every", [1, 2, 3])
def test_text_files_come_back_to_the_byte(name: str, every: int, tmp_path: Path) -> None:
    source = tmp_path / name
    source.write_bytes(CONTENTS[name])
    records = list(read_records(source, column="text" if "text" in name else None, unit="line"))
    gone = {record.line for record in records[::every]}
    kept, removed, back = (tmp_path / f"{part}-{name}" for part in ("kept", "removed", "back"))
    partition_file(source, gone, kept, removed)
    merge_file(kept, removed, gone, back)
    assert content_hash(back) == content_hash(source)
    assert source.read_bytes() == CONTENTS[name]
    for part, expected in ((kept, set()), (removed, gone)):
        texts = {r.text for r in records if (r.line in gone) == bool(expected)}
        if name != "gb.csv":  # too short a file to guess by
            assert {r.text for r in read_records(part, unit="line")} == texts


def test_lists_and_parquet_come_back_item_by_item(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = arrow.table({"text": ["a", "b", "c", "d"], "n": arrow.array([1, None, 3, 4])})
    parquet.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "a.json").write_text(json.dumps(["a", {"text": "b", "é": 1}, "c", "d"]))
    for suffix in ("json", "parquet"):
        source, kept, removed, back = (
            tmp_path / f"{part}.{suffix}" for part in ("a", "kept", "removed", "back")
        )
        partition_file(source, {2, 3}, kept, removed)
        merge_file(kept, removed, {2, 3}, back)
        if suffix == "json":
            assert json.loads(kept.read_text()) == ["a", "d"]
            assert json.loads(back.read_text()) == json.loads(source.read_text())
        else:
            assert parquet.read_table(removed)["text"].to_pylist() == ["b", "c"]
            assert parquet.read_table(back).equals(table)
        with pytest.raises(RecordError, match="cannot be merged"):
            merge_file(kept, removed, {2}, back)


def test_parts_that_were_changed(tmp_path: Path) -> None:
    source, kept, removed = tmp_path / "a.txt", tmp_path / "k.txt", tmp_path / "r.txt"
    source.write_text("one\ntwo\nthree\n")
    partition_file(source, {2}, kept, removed)
    removed.write_text("two\nmore\n")
    with pytest.raises(RecordError, match="cannot be merged"):
        merge_file(kept, removed, {2}, tmp_path / "b.txt")
    removed.write_text("")
    with pytest.raises(RecordError, match="cannot be merged"):
        merge_file(kept, removed, {2}, tmp_path / "b.txt")
    assert not (tmp_path / "b.txt").exists()


def test_unsupported_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n", encoding="utf-16")
    with pytest.raises(InputError, match="UTF-16"):
        partition_file(tmp_path / "a.txt", {1}, tmp_path / "k.txt", tmp_path / "r.txt")
    with pytest.raises(InputError, match="another format"):
        partition_file(tmp_path / "a.txt", {1}, tmp_path / "k.csv", tmp_path / "r.csv")
    with pytest.raises(InputError, match=r"rows of .* cannot be written"):
        partition_file(tmp_path / "a.pdf", {1}, tmp_path / "k.pdf", tmp_path / "r.pdf")


def test_a_list_in_another_encoding(tmp_path: Path) -> None:
    items = [{"text": "会议决定推迟发布"}, {"text": "今天天气很好"}, "好"]
    source, kept, removed, back = (tmp_path / f"{part}.json" for part in ("a", "k", "r", "b"))
    source.write_bytes(json.dumps(items, ensure_ascii=False).encode("gb18030"))
    partition_file(source, {1}, kept, removed)
    merge_file(kept, removed, {1}, back)
    assert json.loads(kept.read_text("utf-8")) == items[1:]
    assert json.loads(back.read_text("utf-8")) == items
    source.write_bytes('["好"]'.encode("gb18030"))
    with pytest.raises(RecordError, match="not UTF-8"):
        partition_file(source, {1}, kept, removed)
    partition_file(source, {1}, kept, removed, encoding="gb18030")
    assert json.loads(removed.read_text("utf-8")) == ["好"]


@pytest.mark.parametrize("content", [b"{", b"{}", b"\xff"])
def test_a_part_that_is_no_list_any_more(tmp_path: Path, content: bytes) -> None:
    source, kept, removed = (tmp_path / f"{part}.json" for part in ("a", "k", "r"))
    source.write_text('["a", "b"]')
    partition_file(source, {1}, kept, removed)
    removed.write_bytes(content)
    with pytest.raises(RecordError, match=str(removed)):
        merge_file(kept, removed, {1}, tmp_path / "b.json")


def test_lines_of_any_length_do_not_take_all_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKEWISE_MAX_ROW_MIB", "1")
    (tmp_path / "a.txt").write_text("one\n" + "a" * 2_000_000)
    with pytest.raises(RecordError, match="line 2: longer than 1 MiB"):
        partition_file(tmp_path / "a.txt", {1}, tmp_path / "k.txt", tmp_path / "r.txt")
