"""The tab *Similarity*, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import likewise
from tests.web.conftest import Visitor

pytestmark = pytest.mark.browser
Visitors = Callable[..., Visitor]


def test_measures_and_tokens_are_shown(visitors: Visitors, model: likewise.Encoder) -> None:
    a, b = "A cat sleeps.", "The <b>kitten</b> naps."
    visitor = visitors().go()
    visitor.fill("#similarity-a", a).fill("#similarity-b", b).run("similarity")
    expected = float(model.similarity(a, b)[0, 0])
    assert float(visitor.text("#similarity-summary .lw-number")) == pytest.approx(
        expected, abs=1e-4
    )
    summary = visitor.text("#similarity-summary")
    for label in (
        "Dot product",
        "Euclidean",
        "Manhattan",
        "Length of vector A",
        "Tokens read of B",
    ):
        assert label in summary
    visitor.page.wait_for_selector("#similarity-plot .heatmaplayer image")
    assert "kitten" in visitor.page.text_content(
        "#similarity-plot .ytick, #similarity-plot .xaxislayer-above"
    )


def test_truncation_is_shown(visitors: Visitors) -> None:
    visitor = visitors().go()
    visitor.fill("#similarity-a", "word " * 400).fill("#similarity-b", "word").run("similarity")
    assert "the last 146 were truncated" in visitor.text("#similarity-summary .lw-warn")


def test_a_result_shows_how_to_reproduce_it(visitors: Visitors) -> None:
    visitor = visitors().go()
    visitor.fill("#similarity-a", "It's here").fill("#similarity-b", "-b").run("similarity")
    visitor.page.click("#similarity-reproduce > button")
    command = visitor.text("#similarity-command .cm-content")
    assert "likewise similarity" in command
    assert """-- 'It'"'"'s here' -b""" in command
    assert 'a="It\'s here"' in visitor.text("#similarity-python .cm-content")
