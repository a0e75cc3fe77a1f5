"""The tab *Example test*, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.web.conftest import Visitor

pytestmark = pytest.mark.browser
Visitors = Callable[..., Visitor]


def test_a_result_is_saved_listed_and_opened(visitors: Visitors) -> None:
    visitor = visitors().go().tab("example").run("example")
    saved = Path(visitor.text("#example-summary .lw-long dd"))
    result = json.loads(saved.read_text("utf-8"))
    assert result["model"] == "all-MiniLM-L6-v2"
    assert np.array(result["matrix"]).shape == (len(result["texts"]),) * 2
    visitor.fill("#example-texts", "The sea is calm.\nThe ocean is quiet.").press("example")
    visitor.page.wait_for_function(
        "document.querySelector('#example-summary').innerText.includes('Your own')"
    )

    again = visitor.go().tab("example")
    again.page.wait_for_function("document.querySelector('#example-past input').value !== ''")
    assert "Your own sentences" in again.page.input_value("#example-past input")
    again.page.click("#example-open")
    again.page.wait_for_selector("#example-result", state="visible")
    assert "sentences 1 and 2" in again.text("#example-summary")
    assert again.page.locator("#example-plot tbody td").count() == 4


def test_results_of_a_visitor_are_private(visitors: Visitors) -> None:
    first = visitors().go().tab("example").run("example")
    saved = Path(first.text("#example-summary .lw-long dd"))
    assert saved.is_file()
    link = first.site.address + str(first.page.get_attribute("#example-downloads a", "href"))
    assert first.page.request.get(link).status == 200
    second = visitors().go().tab("example")
    assert second.page.input_value("#example-past input") == ""
    assert second.page.request.get(link).status == 404
    second.page.click("#example-open")
    second.page.wait_for_selector("#example-notice .lw-error")
    first.go().tab("example")
    first.page.wait_for_function("document.querySelector('#example-past input').value !== ''")


def test_choosing_a_set_changes_the_texts(visitors: Visitors) -> None:
    visitor = visitors().go().tab("example")
    before = visitor.page.input_value("#example-texts textarea")
    visitor.page.click("#example-set input")
    visitor.page.locator("#example-set [role=option]").nth(1).click()
    visitor.page.wait_for_function(
        "before => document.querySelector('#example-texts textarea').value !== before", arg=before
    )
