"""Folders that change while they are listed."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from likewise.server.folder_files import folder_files


def test_files_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "a.txt").write_text("four")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    found = [(path, status.st_size) for path, status in folder_files(tmp_path)]
    assert found == [(tmp_path / "a.txt", 4), (tmp_path / "model" / "config.json", 2)]


def test_what_is_deleted_meanwhile_is_left_out(tmp_path: Path) -> None:
    """A training replaces its snapshot while its page asks for the files."""
    stop = threading.Event()

    def replace() -> None:
        while not stop.is_set():
            for number in range(20):
                (tmp_path / "snapshot" / str(number)).mkdir(parents=True)
                (tmp_path / "snapshot" / str(number) / "config.json").write_text("{}")
            shutil.rmtree(tmp_path / "snapshot")

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        counts = {sum(1 for _ in folder_files(tmp_path)) for _ in range(1000)}
    finally:
        stop.set()
        thread.join()
    assert len(counts) > 1
