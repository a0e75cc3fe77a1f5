"""Hashes: right, noted for each state of a file, never taken for another state's."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from likewise.errors import DamagedFileError
from likewise.hub import verification


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(verification, "SETTLED", -1e9)
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"a" * verification.LARGE)
    return path


def notes(file: Path) -> list[Path]:
    folder = file.parent / "cache" / "hashes"
    return list(folder.iterdir()) if folder.exists() else []


def true_hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_sha256(file: Path) -> None:
    expected = hashlib.sha256(file.read_bytes()).hexdigest()
    told: list[int] = []
    assert verification.sha256(file, told.append) == expected
    assert sum(told) == file.stat().st_size
    verification.verify_sha256(file, expected)
    with pytest.raises(DamagedFileError, match="SHA-256") as caught:
        verification.verify_sha256(file, "0" * 64)
    assert str(file) in caught.value.message


def test_hash_of_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError, match="missing"):
        verification.verify_sha256(tmp_path / "model.safetensors", "0" * 64)


def test_noted_and_read_again(file: Path) -> None:
    assert verification.file_hash(file) == true_hash(file)
    (note,) = notes(file)
    note.write_text("f" * 64)
    verification._hash_at.cache_clear()
    assert verification.file_hash(file) == "f" * 64, "what is noted is not computed"
    note.write_text("no hash")
    verification._hash_at.cache_clear()
    assert verification.file_hash(file) == true_hash(file)


def test_a_change_is_seen_even_with_the_old_time_of_change(file: Path) -> None:
    status = file.stat()
    verification.file_hash(file)
    file.write_bytes(b"b" * verification.LARGE)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert verification.file_hash(file) == true_hash(file)


def test_not_noted_where_just_changed_or_small(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "SETTLED", 3600.0)
    assert verification.file_hash(file) == true_hash(file)
    monkeypatch.setattr(verification, "SETTLED", -1e9)
    file.write_bytes(b"small")
    assert verification.file_hash(file) == true_hash(file)
    assert notes(file) == []


def test_a_cache_that_cannot_be_written_is_no_error(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = file.parent / "blocked"
    blocked.write_text("a file, no folder")
    monkeypatch.setenv("LIKEWISE_CACHE", str(blocked))
    assert verification.file_hash(file) == true_hash(file)
