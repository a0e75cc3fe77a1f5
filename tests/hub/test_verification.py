"""Hashes of files, and their cache for each state of a file."""

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
    monkeypatch.setattr(verification, "MIN_AGE", -1e9)
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"a" * verification.MIN_CACHED_BYTES)
    return path


def cached_hashes(file: Path) -> list[Path]:
    folder = file.parent / "cache" / "hashes"
    return list(folder.iterdir()) if folder.exists() else []


def true_hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_sha256(file: Path) -> None:
    expected = hashlib.sha256(file.read_bytes()).hexdigest()
    reported: list[int] = []
    assert verification.sha256(file, reported.append) == expected
    assert sum(reported) == file.stat().st_size
    verification.verify_sha256(file, expected)
    with pytest.raises(DamagedFileError, match="SHA-256") as caught:
        verification.verify_sha256(file, "0" * 64)
    assert str(file) in caught.value.message


def test_hash_of_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError, match="missing"):
        verification.verify_sha256(tmp_path / "model.safetensors", "0" * 64)


def test_a_hash_is_read_from_the_cache(file: Path) -> None:
    assert verification.file_hash(file) == true_hash(file)
    (cached,) = cached_hashes(file)
    cached.write_text("f" * 64)
    verification._hash_at.cache_clear()
    assert verification.file_hash(file) == "f" * 64, "cached, not computed"
    cached.write_text("no hash")
    verification._hash_at.cache_clear()
    assert verification.file_hash(file) == true_hash(file)


def test_a_change_with_the_old_modification_time(file: Path) -> None:
    status = file.stat()
    verification.file_hash(file)
    file.write_bytes(b"b" * verification.MIN_CACHED_BYTES)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert verification.file_hash(file) == true_hash(file)


def test_new_and_small_files_are_not_cached(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "MIN_AGE", 3600.0)
    assert verification.file_hash(file) == true_hash(file)
    monkeypatch.setattr(verification, "MIN_AGE", -1e9)
    file.write_bytes(b"small")
    assert verification.file_hash(file) == true_hash(file)
    assert cached_hashes(file) == []


def test_a_read_only_cache_is_not_an_error(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = file.parent / "blocked"
    blocked.write_text("a file, no folder")
    monkeypatch.setenv("LIKEWISE_CACHE", str(blocked))
    assert verification.file_hash(file) == true_hash(file)
