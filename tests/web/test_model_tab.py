"""The tab *Model*, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web.conftest import Visitor

pytestmark = pytest.mark.browser
Visitors = Callable[..., Visitor]


def test_the_model_is_loaded_on_demand(visitors: Visitors) -> None:
    visitor = visitors().go()
    visitor.tab("model")
    visitor.page.wait_for_selector("#model-catalog >> text=gte-large")
    visitor.page.click("#model-unload")
    visitor.page.wait_for_selector("#model-notice .lw-info")
    visitor.page.wait_for_selector("#status .lw-off")
    assert "not loaded" in visitor.text("#status")
    visitor.run("model")
    visitor.page.wait_for_selector("#status .lw-on")
    card = visitor.text("#model-card")
    for label in ("all-MiniLM-L6-v2", "384", "256", "22.7 M", "Load time", "MiB", "package"):
        assert label in card
    assert "384 dimensions" in visitor.text("#status")


def test_a_model_that_is_not_installed_shows_the_download_command(visitors: Visitors) -> None:
    visitor = visitors().go().tab("model")
    visitor.page.click("#model-pick input")
    visitor.page.locator("#model-pick [role=option]", has_text="gte-base ·").first.click()
    message = visitor.fails("model")
    assert "gte-base are not on this machine" in message
    assert "likewise download gte-base" in message
    assert "all-MiniLM-L6-v2" in visitor.text("#status"), (
        "the page continues to use the previous model"
    )


def test_unknown_and_damaged_folders(visitors: Visitors, tmp_path: Path) -> None:
    visitor = visitors().go().tab("model")
    visitor.fill("#model-folder", str(tmp_path / "nowhere"))
    assert "no model and no folder named" in visitor.fails("model")
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    visitor.fill("#model-folder", str(tmp_path))
    assert "incomplete or damaged" in visitor.fails("model")
    zh = visitors(locale="zh-CN").go().tab("model").fill("#model-folder", str(tmp_path / "nowhere"))
    assert "没有名为" in zh.fails("model")
