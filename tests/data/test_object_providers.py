"""Input and output on Azure and Google Cloud Storage: their emulators on loopback."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from likewise.data.object_writer import put_object, remove_prefix
from likewise.data.ranges import read_range, split_file
from likewise.data.readers import expand, object_address
from likewise.data.readers.object_store import (
    is_object,
    is_prefix,
    object_states,
    object_version,
    open_object,
)
from likewise.data.records import read_texts
from likewise.errors import RecordError
from likewise.operations.encode import EncodeRequest, encode
from likewise.operations.session import Session
from tests.loopback_providers import ACCOUNT, BUCKET, azure_server, google_server

LINES = [f"Text number {n} says näïve things, 食べる." for n in range(3000)]
CONTENT = ("\n".join(LINES) + "\n").encode()
ROOTS = (f"az://{BUCKET}", f"abfs://{BUCKET}@{ACCOUNT}.dfs.core.windows.net", f"gs://{BUCKET}")


@pytest.fixture(scope="module", params=ROOTS, ids=["az", "abfs", "gs"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The address of a bucket, and the variables of its provider."""
    root: str = request.param
    if root.startswith("gs"):
        with google_server() as variables:
            yield root, variables
        return
    with azure_server(tmp_path_factory.mktemp("azurite")) as variables:
        yield root, variables


@pytest.fixture
def root(place: tuple[str, Mapping[str, str]], monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in place[1].items():
        monkeypatch.setenv(name, value)
    return place[0]


@pytest.fixture
def put(root: str) -> Callable[[str, bytes], str]:
    """Writes an object; gives its address."""

    def write(key: str, content: bytes) -> str:
        address = object_address(f"{root}/{key}")
        assert address
        put_object(address, content)
        return str(address)

    return write


def test_texts_and_ranges(put: Callable[[str, bytes], str], tmp_path: Path) -> None:
    assert read_texts(put("a b/ü #1.txt.gz", gzip.compress(CONTENT))) == LINES
    address = put("texts.txt", CONTENT)
    assert read_texts(address) == LINES
    split = split_file(address, 10_000)
    assert len(split.ranges) > 1
    read = [record.text for part in split.ranges for record in read_range(split, part)]
    assert read == LINES
    file = tmp_path / "texts.txt"
    file.write_bytes(CONTENT)
    assert split.ranges == split_file(file, 10_000).ranges
    found = object_address(address)
    assert found
    before = object_version(found)
    put("texts.txt", CONTENT + CONTENT)
    assert object_version(found) != before


def test_prefixes_and_patterns(put: Callable[[str, bytes], str], root: str) -> None:
    for name in ("b.txt", "a/z.txt", "a/b/c.txt", ".hidden.txt", "a/.h/x.txt"):
        put(f"data/{name}", b"x\n")
    below = f"{root}/data/"
    for pattern, expected in {
        "": ["b.txt", "a/z.txt", "a/b/c.txt"],
        "*.txt": ["b.txt"],
        "**/*.txt": ["a/b/c.txt", "a/z.txt", "b.txt"],
    }.items():
        found = [str(name).removeprefix(below) for name in expand(below + pattern, print)]
        assert (found if not pattern else sorted(found)) == expected, pattern
    prefix, file = object_address(f"{root}/data"), object_address(f"{below}b.txt")
    assert prefix
    assert file
    assert (is_prefix(prefix), is_object(prefix)) == (True, False)
    assert (is_prefix(file), is_object(file)) == (False, True)
    remove_prefix(prefix)
    assert object_states(prefix) == {}


def test_vectors_are_written(
    put: Callable[[str, bytes], str], root: str, tiny_checkpoint: Callable[..., Path],
    tmp_path: Path,
) -> None:  # fmt: skip
    source = put("in.txt", CONTENT)
    model = str(tiny_checkpoint())
    for output in (f"{root}/out.npy", tmp_path / "out.npy"):
        request = EncodeRequest(Path(source), output=Path(output), model=model, compute="float32")
        assert encode(request, Session()).texts == len(LINES)
    address = object_address(f"{root}/out.npy")
    assert address
    with open_object(address) as stream:
        assert np.array_equal(np.load(stream), np.load(tmp_path / "out.npy"))


def test_errors_name_the_address_and_the_variables(
    put: Callable[[str, bytes], str], root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a.txt", CONTENT)
    other = root.replace(BUCKET, "nowhere", 1)
    with pytest.raises(RecordError, match=f"^no such object: {root}/b.txt"):
        read_texts(f"{root}/b.txt")
    with pytest.raises(RecordError, match=f"^no such bucket: {other}") as caught:
        read_texts(f"{other}/b.txt")
    assert (
        "GOOGLE_" if root.startswith("gs") else "AZURE_STORAGE_ACCOUNT_KEY"
    ) in caught.value.hint
    if root.startswith("gs"):
        return
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "YQ==")
    with pytest.raises(RecordError, match=f"^no rights to read {root}/a.txt: "):
        read_texts(f"{root}/a.txt")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "%")
    with pytest.raises(RecordError, match=f"^cannot read {root}/a.txt: .*Base64"):
        read_texts(f"{root}/a.txt")
    if root.startswith("az"):
        monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME")
        with pytest.raises(RecordError, match="does not say whose container it is") as missing:
            read_texts(f"{root}/a.txt")
        assert "AZURE_STORAGE_ACCOUNT_NAME" in missing.value.hint
