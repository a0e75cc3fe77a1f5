"""The cache folder: its override, the platform's default, and folders that are not writable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import platformdirs.macos
import pytest
from platformdirs import windows

from likewise.cache import cache_folder

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="each platform has its own folder")


def test_the_environment_variable_overrides_the_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "new"))
    assert cache_folder() == tmp_path / "new"


@linux_only
@pytest.mark.parametrize("variable", [True, False])
def test_the_default_on_linux(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: bool
) -> None:
    monkeypatch.delenv("LIKEWISE_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if variable:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache_folder() == tmp_path / ("caches" if variable else ".cache") / "likewise"
    assert list(tmp_path.iterdir()) == []


@linux_only
def test_the_default_on_macos(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LIKEWISE_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.macos.MacOS)
    assert cache_folder() == tmp_path / "Library" / "Caches" / "likewise"


@linux_only
def test_the_default_on_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LIKEWISE_CACHE")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setattr(platformdirs, "PlatformDirs", windows.Windows)
    monkeypatch.setattr(windows, "get_win_folder", windows.get_win_folder_from_env_vars)
    assert cache_folder() == tmp_path / "likewise"


@linux_only
def test_without_a_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LIKEWISE_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # a container's user without an entry
    monkeypatch.chdir(tmp_path)
    assert cache_folder().name.startswith("likewise-")
    assert list(tmp_path.iterdir()) == []


@linux_only
def test_a_home_folder_that_is_not_writable(model_folder: Path, tmp_path: Path) -> None:
    """A file takes its place, so that the superuser cannot write there either."""
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
