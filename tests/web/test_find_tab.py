"""The tab *Find similar*, in a real Chromium."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import likewise
from tests.web.conftest import Visitor

pytestmark = pytest.mark.browser
Visitors = Callable[..., Visitor]


def test_rank_filter_and_download(
    visitors: Visitors, model: likewise.Encoder, tmp_path: Path
) -> None:
    query, texts = "How do I reset my password?", ["Change a password.", "It rains.", "New login."]
    visitor = visitors().go().tab("find")
    visitor.fill("#find-query", query).fill("#find-texts", "\n".join(texts)).run("find")
    ranked = model.rank(query, texts)
    shown = visitor.page.locator("#find-table .lw-text").all_inner_texts()
    assert [each.strip() for each in shown] == [each.text for each in ranked]
    shares = visitor.page.locator("#find-table .lw-score .lw-note").all_inner_texts()
    values = [float(each.removesuffix("%")) for each in shares]
    assert values == sorted(values, reverse=True)
    assert values[0] > 99 > values[-1]
    assert "The small figure is the share of random pairs" in visitor.text("#find-table")
    rows = json.loads(visitor.download("find", "json", tmp_path).read_text("utf-8"))
    assert [row["text"] for row in rows] == [each.text for each in ranked]
    assert rows[0]["score"] == pytest.approx(ranked[0].score, abs=1e-5)
    with visitor.download("find", "csv", tmp_path).open(encoding="utf-8", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == [each.text for each in ranked]

    visitor.fill("#find-top-k", "2").press("find")
    visitor.page.wait_for_function("document.querySelectorAll('#find-table .lw-text').length === 2")
    visitor.fill("#find-threshold", "0.99").press("find")
    visitor.page.wait_for_selector("#find-table .lw-info")


def test_downloads_from_the_chinese_page(visitors: Visitors, tmp_path: Path) -> None:
    visitor = visitors(locale="zh-CN").go().tab("find").run("find")
    assert json.loads(visitor.download("find", "json", tmp_path).read_text("utf-8"))
