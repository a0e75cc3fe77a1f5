"""Input files on an object store: a real S3 server (moto's) on loopback."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from likewise.collections.index_files import index_files
from likewise.data.ranges import read_range, split_file
from likewise.data.readers import expand, object_address
from likewise.data.readers.object_store import ObjectAddress, object_size, read_object
from likewise.data.records import Record, Skipped, read_records, read_texts
from likewise.errors import MissingExtraError, OutputError, RecordError
from likewise.evaluation.discover import find_tasks
from likewise.operations.dedupe import DedupeRequest, dedupe
from likewise.operations.encode import EncodeRequest, encode
from likewise.operations.removal_plan import UndoPlanRequest, undo_plan
from likewise.operations.session import Session
from tests.collections.killed import slow_model
from tests.loopback_s3 import new_bucket, s3_client, s3_server, s3_variables

LINES = [f"Text number {n} says näïve things, 食べる." for n in range(3000)]
CONTENT = ("\n".join(LINES) + "\n").encode()


@pytest.fixture
def put(
    server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[[str, bytes], str]:
    """Writes an object into a bucket of the test; gives its address."""
    bucket = new_bucket(server, request.node.name, monkeypatch)
    client = s3_client()

    def write(key: str, content: bytes) -> str:
        client.put_object(Bucket=bucket, Key=key, Body=content)
        return f"s3://{bucket}/{key}"

    return write


def in_parquet(texts: list[str]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), buffer, row_group_size=200)
    return buffer.getvalue()


def in_zstandard(content: bytes) -> bytes:
    buffer = pa.BufferOutputStream()
    with pa.CompressedOutputStream(buffer, "zstd") as stream:
        stream.write(content)
    found: bytes = buffer.getvalue().to_pybytes()
    return found


def local(name: str, content: bytes, folder: Path) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("given", [str, Path])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a b/ü #1.txt", CONTENT),
        ("texts.txt.gz", gzip.compress(CONTENT)),
        ("texts.jsonl", "".join(json.dumps({"text": t, "n": 1}) + "\n" for t in LINES).encode()),
        ("texts.parquet", in_parquet(LINES)),
        ("texts.json", json.dumps(LINES).encode()),
    ],
)
def test_records_are_those_of_the_file(
    name: str,
    content: bytes,
    given: Callable[[str], Any],
    put: Callable[[str, bytes], str],
    tmp_path: Path,
) -> None:
    address = put(name, content)
    found = list(read_records(given(address)))
    expected = list(read_records(local(name, content, tmp_path)))
    assert [(r.text, r.line, r.fields, r.title) for r in found] == [
        (r.text, r.line, r.fields, r.title) for r in expected
    ]
    assert {record.source for record in found} == {address}
    assert [r.text for r in found] == LINES


def test_zstandard(put: Callable[[str, bytes], str]) -> None:
    assert read_texts(put("texts.txt.zst", in_zstandard(CONTENT))) == LINES


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", CONTENT),
        ("a.csv", ("id,text\n" + "".join(f'{n},"a\n{t}"\n' for n, t in enumerate(LINES))).encode()),
        ("a.parquet", in_parquet(LINES)),
        ("a.txt.gz", gzip.compress(CONTENT)),
    ],
)
def test_ranges_are_those_of_the_file(
    name: str,
    content: bytes,
    put: Callable[[str, bytes], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = put(name, content)
    split = split_file(address, 10_000)
    same = split_file(local(name, content, tmp_path), 10_000)
    assert split.ranges == same.ranges
    assert len(split.ranges) > 1
    assert split.kind == same.kind

    def plain(record: Record) -> tuple[str, int]:
        return record.text, record.line

    requested: list[int] = []

    def reported(address: ObjectAddress, start: int, stop: int) -> bytes:
        requested.append(stop - start)
        return read_object(address, start, stop)

    monkeypatch.setattr("likewise.data.ranges.read_object", reported)
    for part in split.ranges:
        assert [plain(r) for r in read_range(split, part)] == [
            plain(r) for r in read_range(same, part)
        ]
    if split.kind == "bytes":  # each range is one request of its own size
        assert requested == [part.stop - part.start for part in split.ranges]
    before = split.digest
    put(name, content + content)
    assert split_file(address, 10_000).digest != before


def test_prefixes_and_patterns(put: Callable[[str, bytes], str], tmp_path: Path) -> None:
    names = ["b.txt", "a/z.txt", "a/b/c.txt", "a/b.csv", ".hidden.txt", "a/.h/x.txt", "a/x.bin"]
    root = ""
    for name in names:
        root = put(f"data/{name}", b"text\nx\n").removesuffix(name)
        local(name, b"text\nx\n", tmp_path)

    def both(pattern: str) -> tuple[list[str], list[str], list[str]]:
        here: list[str] = []
        there: list[str] = []
        found = [str(f).removeprefix(root) for f in expand(root + pattern, there.append)]
        expected = [
            str(Path(f).relative_to(tmp_path)) for f in expand(f"{tmp_path}/{pattern}", here.append)
        ]
        assert len(here) == len(there)
        return found, expected, there

    found, expected, messages = both("")
    assert found == expected == ["b.txt", "a/b.csv", "a/z.txt", "a/b/c.txt"]
    assert "1 files of other formats" in messages[0]
    for pattern in ("*.txt", "a/*", "**/*.txt", "*/b/?.txt", "**/[b].*"):
        found, expected, _ = both(pattern)
        assert sorted(found) == sorted(expected), pattern
        assert found
    assert [str(f) for f in expand(root.rstrip("/"), print)] == [
        str(f) for f in expand(root, print)
    ]
    with pytest.raises(RecordError, match=r"nothing matches s3://.*\*\.pdf"):
        list(expand(root + "*.pdf", print))
    odd = put("data/[odd].txt", b"one\n")
    assert read_texts(odd) == ["one"]


def test_encoding_is_that_of_the_file(
    put: Callable[[str, bytes], str], tiny_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    address = put("texts.txt", CONTENT)
    file = local("texts.txt", CONTENT, tmp_path)
    model = str(tiny_checkpoint())
    for source, name in ((Path(address), "s3.parquet"), (file, "local.parquet")):
        request = EncodeRequest(source, output=tmp_path / name, model=model, compute="float32")
        assert encode(request, Session()).texts == len(LINES)
    assert (tmp_path / "s3.parquet").read_bytes() == (tmp_path / "local.parquet").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "likewise", "encode", address, "-o", str(tmp_path / "c.npy"), "-m",
         model, "--compute", "float32"],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    refused = EncodeRequest(file, output=Path("s3://bucket/v.npy"), model=model)
    with pytest.raises(OutputError, match=r"cannot write s3://bucket/.*NO_SUCH_BUCKET"):
        encode(refused, Session())


def test_duplicates_are_removed_and_restored(
    put: Callable[[str, bytes], str], tiny_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    content = "".join(f"{line}\n" for line in [*LINES[:200], *LINES[:20]]).encode()
    address = put("texts.txt", content)
    model = str(tiny_checkpoint())
    output = tmp_path / "clean.txt"
    request = DedupeRequest(
        files=(address,), output=output, model=model, compute="float32", threshold=0.99999
    )
    found = dedupe(request, Session()).to_dict()
    same = DedupeRequest(
        files=(str(local("texts.txt", content, tmp_path)),), output=tmp_path / "same.txt",
        model=model, compute="float32", threshold=0.99999,
    )  # fmt: skip
    expected = dedupe(same, Session()).to_dict()
    assert found["removed"] == expected["removed"] > 0
    assert output.read_bytes() == (tmp_path / "same.txt").read_bytes()
    undo_plan(UndoPlanRequest(tmp_path / "clean.plan.jsonl", tmp_path / "back.txt"), Session())
    assert (tmp_path / "back.txt").read_bytes() == content


def test_tasks(put: Callable[[str, bytes], str]) -> None:
    pairs = b"sentence1\tsentence2\tscore\na\tb\t1\nc\td\t2\n"
    assert find_tasks(put("sts_test.tsv", pairs))[0].name == "sts"
    put("beir/mine/corpus.jsonl", b'{"_id": "1", "text": "a"}\n')
    put("beir/mine/queries.jsonl", b'{"_id": "q", "text": "a"}\n')
    root = put("beir/mine/qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq\t1\t1\n")
    folder = root.removesuffix("qrels/test.tsv")
    assert [task.name for task in find_tasks(folder)] == ["mine"]
    put("beir/mine/qrels/test.tsv", b"query\tcorpus-id\tscore\nq\t1\t1\n")
    with pytest.raises(RecordError, match=f"^{folder}qrels/test.tsv lacks query-id"):
        find_tasks(folder)


def test_a_collection_follows_a_prefix(put: Callable[[str, bytes], str], tmp_path: Path) -> None:
    first = put("notes/a.txt", b"One.\nTwo.\n")
    put("notes/b.txt", b"Three.\n")
    root = first.removesuffix("a.txt")

    def run(*paths: str | Path) -> tuple[int, int, int]:
        skipped: list[Skipped] = []
        found = index_files(
            paths, "c", slow_model(), store=tmp_path / "store", on_error=skipped.append
        )
        return found.added, found.removed, found.records

    assert run(root) == (3, 0, 3)
    put("notes/b.txt", b"Three.\nFour.\n")
    assert run(root) == (1, 0, 4)
    s3_client().delete_object(Bucket=root.split("/")[2], Key="notes/a.txt")
    assert run(root) == (0, 2, 2)
    assert run(first) == (0, 0, 2)  # an object that is gone loses nothing
    s3_client().delete_object(Bucket=root.split("/")[2], Key="notes/b.txt")
    assert run(root) == (0, 0, 2)  # nor does a prefix that cannot be listed


def test_errors_name_the_address(
    put: Callable[[str, bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = put("a.txt", CONTENT).split("/")[2]
    with pytest.raises(RecordError, match=rf"^no such object: s3://{bucket}/b\.txt") as caught:
        read_texts(f"s3://{bucket}/b.txt")
    assert "check the key" in caught.value.hint
    with pytest.raises(RecordError, match=r"^no such bucket: s3://no-such-bucket") as caught:
        read_texts("s3://no-such-bucket/b.txt")
    assert "AWS_ENDPOINT_URL" in caught.value.hint
    with pytest.raises(RecordError, match=r"^no such bucket: s3://no-such-bucket"):
        read_texts("s3://no-such-bucket/texts/")
    with pytest.raises(RecordError, match="names no bucket"):
        read_texts("s3:///a.txt")
    skipped: list[Skipped] = []
    assert list(read_records(f"s3://{bucket}/b.txt", on_error=skipped.append)) == []
    assert skipped[0].source == f"s3://{bucket}/b.txt"
    damaged = put("a.txt.gz", gzip.compress(CONTENT)[:-9])
    with pytest.raises(RecordError, match=f"^{damaged} is not a complete gzip file"):
        read_texts(damaged)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(RecordError, match=rf"^cannot read s3://{bucket}/a\.txt: "):
        read_texts(f"s3://{bucket}/a.txt")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2")  # nothing is connected to it yet
    monkeypatch.setitem(sys.modules, "pyarrow.fs", None)
    with pytest.raises(MissingExtraError) as missing:
        read_texts(f"s3://{bucket}/a.txt")
    assert "likewise[files]" in missing.value.hint


def test_no_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("moto")
    with s3_server(INITIAL_NO_AUTH_ACTION_COUNT="3") as server:
        for name, value in s3_variables(server).items():
            monkeypatch.setenv(name, value)
        s3_client().create_bucket(Bucket="closed")
        s3_client().put_object(Bucket="closed", Key="a.txt", Body=b"x\n")
        for address in ("s3://closed/a.txt", "s3://closed/", "s3://closed/*.txt"):
            with pytest.raises(RecordError, match=f"no rights to read {address[:12]}") as caught:
                read_texts(address)
            assert "AWS_ACCESS_KEY_ID" in caught.value.hint


def test_only_what_is_read_is_transferred(put: Callable[[str, bytes], str]) -> None:
    address = object_address(put("large.txt", b"a line\n" * 3_000_000))
    assert address
    assert object_size(address) == 21_000_000
    assert next(read_records(str(address))).text == "a line"
