"""Vectors and fragments on an object store: a real S3 server (moto's) on loopback."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from likewise import Encoder
from likewise.analysis import embed_ranges as module
from likewise.analysis.embed_file import embed_file
from likewise.analysis.embed_ranges import embed_ranges, saved_ranges
from likewise.analysis.manifest import Fragment
from likewise.analysis.object_manifest import ObjectManifest, object_folder
from likewise.analysis.vector_parts import EmbeddingJob
from likewise.data.object_writer import object_file
from likewise.data.readers import object_address
from likewise.errors import InputError, OutputError
from likewise.executor import LocalExecutor
from likewise.operations.encode import EncodeRequest, encode
from likewise.operations.session import Session
from tests.analysis.interrupted import write_lines
from tests.analysis.shuffled import ShuffledExecutor
from tests.loopback_s3 import new_bucket, s3_client

COUNT = 2000


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    monkeypatch.setattr(module, "SMALLEST_RANGE", 5_000)
    return new_bucket(server, request.node.name, monkeypatch)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "lines.txt", COUNT)


def keys(bucket: str) -> list[str]:
    found = s3_client().list_objects_v2(Bucket=bucket).get("Contents", [])
    return [each["Key"] for each in found if not each["Key"].endswith("/")]


def content(bucket: str, key: str) -> bytes:
    body: bytes = s3_client().get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


@pytest.mark.parametrize("suffix", [".npy", ".jsonl", ".parquet"])
def test_the_object_is_the_file(
    tiny: Encoder, bucket: str, source: Path, tmp_path: Path, suffix: str
) -> None:
    found = embed_ranges(ShuffledExecutor(), tiny, source, f"s3://{bucket}/a/v{suffix}")
    embed_file(tiny, source, tmp_path / f"v{suffix}")
    assert found.texts == COUNT
    assert content(bucket, f"a/v{suffix}") == (tmp_path / f"v{suffix}").read_bytes()
    assert not [key for key in keys(bucket) if "fragments" in key]


def test_a_stopped_job_is_resumed(tiny: Encoder, bucket: str, source: Path, tmp_path: Path) -> None:
    target = f"s3://{bucket}/v.npy"
    with pytest.raises(KeyboardInterrupt):
        embed_ranges(ShuffledExecutor(5), tiny, source, target)
    assert "v.npy" not in keys(bucket)
    saved = saved_ranges(target)
    assert 0 < saved < COUNT
    found = embed_ranges(LocalExecutor(), tiny, source, target)
    assert (found.texts, found.resumed) == (COUNT, saved)
    embed_file(tiny, source, tmp_path / "v.npy")
    assert content(bucket, "v.npy") == (tmp_path / "v.npy").read_bytes()
    assert keys(bucket) == ["v.npy"]


def test_fragments_of_another_job_are_not_used(tiny: Encoder, bucket: str, source: Path) -> None:
    target = f"s3://{bucket}/v.npy"
    with pytest.raises(KeyboardInterrupt):
        embed_ranges(ShuffledExecutor(5), tiny, source, target)
    write_lines(source, COUNT, seed=1)
    found = embed_ranges(LocalExecutor(), tiny, source, target)
    assert (found.resumed, found.changed) == (0, ("texts",))


def test_each_range_is_committed_once(bucket: str) -> None:
    address = object_address(f"s3://{bucket}/v.npy")
    assert address
    job = EmbeddingJob("texts", None, "model", "", "cut")
    manifest = ObjectManifest(object_folder(address), job, 100)

    def fragment(number: int, name: str, stored: int, named: int) -> Fragment:
        s3_client().put_object(Bucket=bucket, Key=f".v.npy.fragments/{name}", Body=b"x" * stored)
        return Fragment(number, name, 10, 1, 50, named)

    assert manifest.commit(fragment(0, "00000000-b.npy", 7, 7))
    assert not manifest.commit(fragment(0, "00000000-a.npy", 7, 7))
    assert manifest.commit(fragment(1, "00000001-a.npy", 6, 7))  # incomplete
    again = ObjectManifest(object_folder(address), job, 200)
    assert again.range_size == 100
    assert {n: asdict(f)["file"] for n, f in again.fragments.items()} == {0: "00000000-b.npy"}
    assert again.texts == 10
    with pytest.raises(OutputError, match="another command encodes to the target"):
        manifest.commit(fragment(2, "00000002-a.npy", 7, 7))
    manifest.discard()  # not what the second one has begun
    assert again.commit(fragment(2, "00000002-b.npy", 7, 7))
    again.discard()
    assert keys(bucket) == []


def test_a_failed_writer_leaves_the_object_that_was_there(bucket: str) -> None:
    s3_client().put_object(Bucket=bucket, Key="v.npy", Body=b"before")
    address = object_address(f"s3://{bucket}/v.npy")
    assert address

    def fail() -> None:
        with object_file(address) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert content(bucket, "v.npy") == b"before"


def test_the_operation(
    tiny: Encoder, bucket: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Path(f"s3://{bucket}/v.npy")  # as the command line makes it: one slash
    request = EncodeRequest(source, output=output, model=tiny.reference, compute="float32")
    messages: list[str] = []
    session = Session(on_message=lambda message: messages.append(message.text))
    found = encode(request, session)
    assert json.loads(json.dumps(found.to_dict()))["output"] == f"s3://{bucket}/v.npy"
    assert any(f"to s3://{bucket}/v.npy (" in text for text in messages)
    assert np.load(io.BytesIO(content(bucket, "v.npy"))).shape == (COUNT, tiny.dimension)
    s3_client().put_object(Bucket=bucket, Key="in.npy", Body=b"A text.\n")
    with pytest.raises(InputError, match="is one of the inputs"):
        encode(
            EncodeRequest(Path(f"s3://{bucket}/in.npy"), output=Path(f"s3://{bucket}/in.npy")),
            Session(),
        )
    with pytest.raises(OutputError, match="this is written to a disk"):
        encode(EncodeRequest(texts=("a",), output=output), Session())
    with pytest.raises(InputError, match="has no file extension"):
        encode(EncodeRequest(source, output=Path(f"s3://{bucket}/v")), Session())
    with pytest.raises(OutputError, match="cannot write s3://no-such-bucket/"):
        encode(
            EncodeRequest(
                source, output=Path("s3://no-such-bucket/v.npy"), model=tiny.reference,
                compute="float32",
            ),
            Session(),
        )  # fmt: skip
