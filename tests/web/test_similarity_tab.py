"""The tab *Similarity*, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

import likewise
from likewise.collections.off_topic import off_topic_questions
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


def test_a_score_has_its_meaning(visitors: Visitors, model: likewise.Encoder) -> None:
    questions = model.encode_query(list(off_topic_questions("en")))
    scores = (questions @ questions.T)[np.triu_indices(len(questions), 1)]
    visitor = visitors().go()
    a, b = "A cat sleeps.", "The trains of this line are late."
    visitor.fill("#similarity-a", a).fill("#similarity-b", b).run("similarity")
    shown = visitor.text("#similarity-summary .lw-big")
    below = 100 * float((scores < float(model.similarity(a, b)[0, 0])).mean())
    assert float(re.findall(r"Closer than ([\d.]+)%", shown)[0]) == pytest.approx(below, abs=1)
    assert f"above {np.median(scores):.2f}, and" in shown
    assert f"above {np.percentile(scores, 99):.2f}." in shown
    assert "It does not explain the score" in visitor.text("#similarity-remark")
    visitor.fill("#similarity-b", a).press("similarity")
    visitor.page.wait_for_selector("#similarity-summary >> text=Closer than every random pair")
    other = visitors(locale="zh-CN").go()
    other.fill("#similarity-a", "我想退款").fill("#similarity-b", "怎样退款").run("similarity")
    assert "随机对更接近" in other.text("#similarity-summary .lw-big")


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
