"""The tab *Similarity*, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import likewise
from tests.web.conftest import Reader

pytestmark = pytest.mark.browser
Readers = Callable[..., Reader]


def test_measures_and_tokens_are_shown(readers: Readers, model: likewise.Encoder) -> None:
    a, b = "A cat sleeps.", "The <b>kitten</b> naps."
    reader = readers().go()
    reader.fill("#similarity-a", a).fill("#similarity-b", b).run("similarity")
    expected = float(model.similarity(a, b)[0, 0])
    assert float(reader.text("#similarity-summary .lw-number")) == pytest.approx(expected, abs=1e-4)
    summary = reader.text("#similarity-summary")
    for label in (
        "Dot product",
        "Euclidean",
        "Manhattan",
        "Length of vector A",
        "Tokens read of B",
    ):
        assert label in summary
    reader.page.wait_for_selector("#similarity-plot .heatmaplayer image")
    assert "kitten" in reader.page.text_content(
        "#similarity-plot .ytick, #similarity-plot .xaxislayer-above"
    )


def test_truncation_is_shown(readers: Readers) -> None:
    reader = readers().go()
    reader.fill("#similarity-a", "word " * 400).fill("#similarity-b", "word").run("similarity")
    assert "the last 146 were truncated" in reader.text("#similarity-summary .lw-warn")


def test_a_result_shows_how_to_reproduce_it(readers: Readers) -> None:
    reader = readers().go()
    reader.fill("#similarity-a", "It's here").fill("#similarity-b", "-b").run("similarity")
    reader.page.click("#similarity-reproduce > button")
    command = reader.text("#similarity-command .cm-content")
    assert "likewise similarity" in command
    assert """-- 'It'"'"'s here' -b""" in command
    assert 'a="It\'s here"' in reader.text("#similarity-python .cm-content")
