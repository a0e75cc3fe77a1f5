"""A cache that cannot be written costs the cache and not the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from likewise.cache import cache_folder


def test_the_chosen_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "not there yet"))
    assert cache_folder() == tmp_path / "not there yet"


@pytest.mark.skipif(sys.platform != "linux", reason="each platform has its own place")
def test_the_platforms_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LIKEWISE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not there yet"))
    assert cache_folder() == tmp_path / "not there yet" / "likewise"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="each platform has its own place")
def test_a_home_that_cannot_be_written(model_folder: Path, tmp_path: Path) -> None:
    """A file stands in its place, which stops whoever runs the tests, also the superuser."""
    home = tmp_path / "home"
    home.write_text("no folder")
    (tmp_path / "temporary").mkdir()
    (tmp_path / "texts.txt").write_text("one text\nanother text\none text\n")
    settings = {
        k: v for k, v in os.environ.items() if k not in ("LIKEWISE_CACHE", "XDG_CACHE_HOME")
    }
    settings |= {"HOME": str(home), "TMPDIR": str(tmp_path / "temporary")}
    done = subprocess.run(
        [sys.executable, "-m", "likewise", "dedupe", str(tmp_path / "texts.txt"),
         "--model", str(model_folder)],
        env=settings, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "one text" in done.stdout
    assert done.stderr.count("cannot be written: nothing is cached") == 1
    assert list((tmp_path / "temporary").glob("likewise-*")) == []
