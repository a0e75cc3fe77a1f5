"""A file is whole or not there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from likewise.atomic import atomic
from likewise.errors import OutputError


class Unplugged(BaseException):
    """Like Ctrl-C: no subclass of Exception."""


def test_it_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with atomic(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Unplugged])
def test_after_any_error_the_old_file_is_untouched(tmp_path: Path, error: type) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail() -> None:
        with atomic(path) as file:
            file.write(b"half")
            file.flush()
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_kill_minus_nine_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    code = (
        "import os, signal, sys; from likewise.atomic import atomic\n"
        "with atomic(sys.argv[1]) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert ended.returncode == -9
    assert path.read_bytes() == b"old"


def test_links_and_modes_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o600)
    link.symlink_to(real)
    with atomic(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_named_and_the_device_survives() -> None:
    expected = pytest.raises(OutputError, match="cannot write /dev/full: No space left")
    with expected as caught, atomic("/dev/full") as file:
        file.write(b"x" * 100_000)
    assert caught.value.hint.startswith("free some space")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "gone" / "a", "No such file"),
        (tmp_path, "directory"),
        (tmp_path / ("x" * 300), "too long"),
    ):
        with pytest.raises(OutputError, match=reason) as caught, atomic(path) as file:
            file.write(b"x")
        assert caught.value.hint
    assert not list(tmp_path.iterdir())
