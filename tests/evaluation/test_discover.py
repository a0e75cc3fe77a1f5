"""Tasks are detected from the columns of files."""

from __future__ import annotations

import csv
import gzip
import json
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from likewise.data.table import read_table
from likewise.errors import RecordError
from likewise.evaluation.discover import Reading, find_tasks
from likewise.evaluation.tasks import Classification, Retrieval, Sts


def write(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join("\t".join(r) for r in [header, *rows]) + "\n", encoding="utf-8")
    return path


PAIRS = {
    "sts": (["score", "sentence1", "sentence2"], ["2.5", "a", "b"], "STS"),
    "pairs": (["sentence1", "sentence2", "label"], ["a", "b", "1"], "PairClassification"),
    "bitext": (["source", "target"], ["a", "b"], "BitextMining"),
    "questions": (["question", "answer"], ["a", "b"], "Retrieval"),
    "groups": (["text", "group"], ["a", "1"], "DuplicateMining"),
    "topics": (["label", "text"], ["x", "a"], "Clustering"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_type_is_detected_from_the_columns(tmp_path: Path, name: str) -> None:
    header, row, kind = PAIRS[name]
    (task,) = find_tasks(write(tmp_path / f"{name}.tsv", header, [row]))
    assert (task.name, task.type) == (name, kind)


def test_all_formats_give_the_same_task(tmp_path: Path) -> None:
    columns = {"sentence1": ['say "hi"', "c"], "sentence2": ["b, too", "d"], "score": ["1", "2.5"]}
    rows = list(zip(*columns.values(), strict=True))
    write(tmp_path / "t.tsv", list(columns), [list(r) for r in rows])
    with (tmp_path / "t.csv").open("w", newline="") as out:
        csv.writer(out).writerows([columns, *rows])
    lines = [json.dumps(dict(zip(columns, r, strict=True))) for r in rows]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    tables = [read_table(tmp_path / f"t.{end}") for end in ("tsv", "csv", "jsonl", "parquet")]
    assert all(table.columns == columns for table in tables)
    assert {find_tasks(t.path)[0].type for t in tables} == {"STS"}


def test_a_train_file_makes_a_classification(tmp_path: Path) -> None:
    header = ["label", "text"]
    write(tmp_path / "bank" / "train.tsv", header, [["x", "a"], ["y", "b"]])
    write(tmp_path / "bank" / "test.tsv", header, [["x", "c"]])
    (task,) = find_tasks(tmp_path / "bank")
    assert (task.name, task.type, task.split) == ("bank", "Classification", "test")
    assert isinstance(task, Classification)
    assert task.train_texts == ["a", "b"]
    assert task.test_texts == ["c"]


def test_each_test_file_is_a_task_and_subfolders_are_searched(tmp_path: Path) -> None:
    header = ["sentence1", "sentence2", "score"]
    write(tmp_path / "zh" / "one_test.tsv", header, [["a", "b", "3"]])
    write(tmp_path / "zh" / "two_test.tsv", header, [["a", "b", "3"]])
    write(tmp_path / "zh" / "two_train.tsv", header, [["a", "b", "3"]])
    write(tmp_path / "speed" / "lines.tsv", ["line"], [["x"]])
    assert [t.name for t in find_tasks(tmp_path)] == ["one", "two"]


def test_a_beir_folder_is_a_retrieval_task(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(
        '{"_id": "1", "title": "T", "text": "one"}\n{"_id": "2", "text": "two"}\n'
    )
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "which"}\n')
    write(tmp_path / "qrels/test.tsv", ["query-id", "corpus-id", "score"], [["q", "1", "2"]])
    (task,) = find_tasks(tmp_path)
    assert isinstance(task, Retrieval)
    assert task.corpus == {"1": "T one", "2": "two"}
    assert task.relevant == {"q": {"1": 2}}


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_beir_files_can_be_compressed(tmp_path: Path, ending: str) -> None:
    compress = partial(pa.compress, codec="gzip" if ending == ".gz" else "zstd", asbytes=True)
    (tmp_path / f"corpus.jsonl{ending}").write_bytes(compress(b'{"_id": "1", "text": "one"}\n'))
    (tmp_path / f"queries.jsonl{ending}").write_bytes(compress(b'{"_id": "q", "text": "which"}\n'))
    (tmp_path / "qrels").mkdir()
    (tmp_path / f"qrels/test.tsv{ending}").write_bytes(
        compress(b"query-id\tcorpus-id\tscore\nq\t1\t1\n")
    )
    (task,) = find_tasks(tmp_path)
    assert isinstance(task, Retrieval)
    assert isinstance(task, Retrieval)
    assert task.corpus == {"1": "one"}
    assert task.queries == {"q": "which"}
    assert task.relevant == {"q": {"1": 1}}


def test_columns_can_be_given_by_role(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", ["links", "rechts", "note"], [["a", "b", "1.5"]])
    with pytest.raises(RecordError, match="links, rechts, note"):
        find_tasks(path)
    reading = Reading({"first": "links", "second": "rechts", "rating": "note"})
    assert find_tasks(path, reading)[0].type == "STS"
    with pytest.raises(RecordError, match="no column 'nope'"):
        find_tasks(path, Reading({"first": "nope"}))


def test_the_type_can_be_given(tmp_path: Path) -> None:
    rows = [["x", f"a{i}"] for i in range(6)] + [["y", f"b{i}"] for i in range(6)]
    path = write(tmp_path / "t.tsv", ["label", "text"], rows)
    assert find_tasks(path, Reading({}, "classification"))[0].type == "Classification"
    with pytest.raises(RecordError, match="lacks the columns for STS"):
        find_tasks(path, Reading({}, "STS"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.tsv", b"a\tb\n1\n", "line 2: 1 cell, the header has 2"),
        ("t.tsv", b"a\tb\n", "no rows"),
        ("t.jsonl", b'{"a": 1}\n{"a"\n', "line 2"),
        ("t.jsonl", b"[1]\n", "a list where columns are expected"),
        ("t.parquet", b"nothing", "cannot be read as Parquet"),
        ("t.xls", b"", "unknown file format"),
    ],
)
def test_bad_files_are_reported(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordError, match=message):
        find_tasks(tmp_path / name)


PAIR = "sentence1\tsentence2\tscore\n今天天气很好\t天气不错\t4\n猫在睡觉\t股市下跌\t0\n"


def test_gzip_other_encodings_and_nested_columns(tmp_path: Path) -> None:
    (tmp_path / "packed.tsv.gz").write_bytes(gzip.compress(PAIR.encode()))
    (tmp_path / "gb.tsv").write_bytes(PAIR.encode("gb18030"))
    rows = [
        {"pair": {"sentence1": a, "sentence2": b}, "label": {"score": c}}
        for a, b, c in (line.split("\t") for line in PAIR.splitlines()[1:])
    ]
    nested = "\n".join(json.dumps(row) for row in rows)
    (tmp_path / "nested.jsonl").write_text(nested)
    for name in ("packed.tsv.gz", "gb.tsv", "nested.jsonl"):
        (task,) = find_tasks(tmp_path / name)
        assert (task.name, task.type) == (name.partition(".")[0], "STS")
        assert isinstance(task, Sts)
        assert task.first == ["今天天气很好", "猫在睡觉"]
        assert task.ratings == [4.0, 0.0]


def test_quotes_in_a_tsv_are_part_of_the_text(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", ["text", "label"], [['"quoted"', "x"]])
    assert read_table(path).columns["text"] == ['"quoted"']
