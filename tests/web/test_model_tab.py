"""The tab *Model*, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web.conftest import Reader

pytestmark = pytest.mark.browser
Readers = Callable[..., Reader]


def test_the_model_is_loaded_on_demand(readers: Readers) -> None:
    reader = readers().go()
    reader.tab("model")
    reader.page.wait_for_selector("#model-catalog >> text=gte-large")
    reader.page.click("#model-unload")
    reader.page.wait_for_selector("#model-notice .lw-info")
    reader.page.wait_for_selector("#status .lw-off")
    assert "not loaded" in reader.text("#status")
    reader.run("model")
    reader.page.wait_for_selector("#status .lw-on")
    card = reader.text("#model-card")
    for label in ("all-MiniLM-L6-v2", "384", "256", "22.7 M", "Load time", "MiB", "package"):
        assert label in card
    assert "384 dimensions" in reader.text("#status")


def test_a_model_that_is_not_installed_shows_the_download_command(readers: Readers) -> None:
    reader = readers().go().tab("model")
    reader.page.click("#model-pick input")
    reader.page.locator("#model-pick [role=option]", has_text="gte-base ·").first.click()
    message = reader.fails("model")
    assert "gte-base are not on this machine" in message
    assert "likewise download gte-base" in message
    assert "all-MiniLM-L6-v2" in reader.text("#status"), (
        "the page continues to use the previous model"
    )


def test_unknown_and_damaged_folders(readers: Readers, tmp_path: Path) -> None:
    reader = readers().go().tab("model")
    reader.fill("#model-folder", str(tmp_path / "nowhere"))
    assert "no model and no folder named" in reader.fails("model")
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    reader.fill("#model-folder", str(tmp_path))
    assert "incomplete or damaged" in reader.fails("model")
    zh = readers(locale="zh-CN").go().tab("model").fill("#model-folder", str(tmp_path / "nowhere"))
    assert "没有名为" in zh.fails("model")
