"""Uploaded files: small ones that unpack to large ones are refused."""

from __future__ import annotations

import gzip
import resource
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from likewise.errors import RecordError
from likewise.web.messages import PageError
from likewise.web.uploads import UploadLimits, check_size, read_upload

SMALL = UploadLimits(size=1 << 20, texts=1000)


def _peak() -> int:
    """The most memory that this process held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_ordinary_files_are_read(tmp_path: Path) -> None:
    texts = ["one", "two", "食べる"]
    plain, packed, table = (tmp_path / name for name in ("a.txt", "a.txt.gz", "a.parquet"))
    plain.write_text("\n".join(texts), "utf-8")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    parquet.write_table(
        pa.table({"text": texts, "tags": [["a", "b"], [], ["a"]], "year": [1, 2, 3]}), table
    )
    for path in (plain, packed, table):
        check_size(str(path))
        assert [each.text for each in read_upload(str(path), None)] == texts


@pytest.mark.parametrize("line", [b"\n", b"0" * 4095 + b"\n", b"0" * 4096])
def test_a_gzip_bomb(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "bomb.txt.gz"
    piece = line * ((1 << 24) // len(line))
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(48):  # 768 MiB
            file.write(piece)
    assert path.stat().st_size < 8_000_000
    before = _peak()
    with pytest.raises(PageError) as caught:
        check_size(str(path))
    assert caught.value.key == "failure.upload_size"
    assert _peak() - before < 100


def test_a_workbook_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/workbook.xml", "<workbook/>")
        file.writestr("xl/worksheets/sheet1.xml", b" " * (64 << 20))
    with pytest.raises(RecordError, match="decompressed"):
        list(read_upload(str(path), None, limits=SMALL))


def test_parquet_bombs(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), ["x" * 1000])
    parquet.write_table(pa.table({"text": long}), path, compression="zstd")
    assert path.stat().st_size < 100_000
    with pytest.raises(PageError):
        check_size(str(path), SMALL)
    parquet.write_table(pa.table({"text": ["a"], "n": [[0] * 3_000_000]}), path, compression="zstd")
    assert path.stat().st_size < 100_000
    with pytest.raises(PageError):
        check_size(str(path), SMALL)


def test_more_texts_than_may_be_handed_in(tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("a\n" * 1001)
    with pytest.raises(PageError) as caught:
        list(read_upload(str(path), None, limits=SMALL))
    assert caught.value.key == "failure.upload_texts"
    path.write_text("a\n" * 1000)
    assert len(list(read_upload(str(path), None, limits=SMALL))) == 1000
