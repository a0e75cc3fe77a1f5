"""Languages, layout and visitors of the pages, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import Visitor

pytestmark = pytest.mark.browser
Visitors = Callable[..., Visitor]
TABS = ("model", "similarity", "encode", "find", "example")


def test_an_unsupported_script_is_reported_once(visitors: Visitors) -> None:
    visitor = visitors(locale="zh-CN").go()
    visitor.fill("#similarity-a", "小猫在睡觉。").fill("#similarity-b", "猫睡着了。").run(
        "similarity"
    )
    assert "2 条文本中有 2 条所用的文字（汉字）" in visitor.text("#similarity-notice")
    assert "模型不认识" not in visitor.text("#similarity-remark")
    visitor = visitors().go()
    visitor.fill("#similarity-a", "Кошка спит").fill("#similarity-b", "It naps").run("similarity")
    message = visitor.text("#similarity-notice")
    assert "1 of 2 texts are in a script all-MiniLM-L6-v2 was not trained for (Cyrillic)" in message
    visitor.tab("encode").fill("#encode-texts", "one\n고양이").run("encode")
    assert "(Hangul)" in visitor.text("#encode-notice")
    visitor.fill("#encode-texts", "one\ncafé 😀").run("encode")
    assert not visitor.page.is_visible("#encode-notice")


def test_empty_inputs_give_errors(visitors: Visitors) -> None:
    visitor = visitors().go()
    visitor.fill("#similarity-a", "  ")
    assert "Both texts are needed." in visitor.fails("similarity")
    visitor.tab("encode").fill("#encode-texts", "\n \n")
    assert "There are no texts." in visitor.fails("encode")
    visitor.tab("find").fill("#find-query", "")
    assert "The source sentence is empty." in visitor.fails("find")
    visitor.fill("#find-query", "x").fill("#find-threshold", "much")
    assert "must be a number" in visitor.fails("find")
    visitor.tab("example").fill("#example-texts", "only one")
    assert "At least 2 texts" in visitor.fails("example")


def test_messages_of_the_framework_are_translated(visitors: Visitors, tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(230_000_000)
    for locale, title, text in (
        ("en-US", "Error", "large.txt"),
        ("zh-CN", "错误", "超过"),
    ):
        visitor = visitors(locale=locale).go().tab("encode")
        visitor.page.click("#encode-source > button")
        visitor.page.set_input_files("#encode-file input[type=file]", path)
        visitor.page.wait_for_selector(f".toast-body >> text={text}")
        assert title in visitor.text(".toast-body")
        visitor.complaints.clear()  # the framework also writes the error to the console
    visitor.page.evaluate(  # the framework's message for a file of more than 200 MB
        """() => document.querySelector(".toast-body").append(
            'File(s) exceed the maximum allowed size of 200.0 Mb: "large.txt"')"""
    )
    visitor.page.wait_for_selector('.toast-body >> text="large.txt" 超过 200.0 Mb')


def test_the_language_follows_the_browser_and_the_switch(visitors: Visitors) -> None:
    visitor = visitors(locale="zh-CN").go()
    assert visitor.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert visitor.text("#similarity-run") == "比较"
    visitor.run("similarity")
    assert "余弦相似度" in visitor.text("#similarity-summary")
    assert "已加载" in visitor.text("#status")
    visitor.tab("encode").run("encode")
    assert "向量" in visitor.text("#encode-preview")
    visitor.page.click("#encode-source > button")
    assert "拖放" in visitor.text("#encode-file"), "messages of the framework are translated too"
    visitor.page.click("#lang-en")
    visitor.page.wait_for_function(
        "document.querySelector('#similarity-run')?.innerText === 'Compare'"
    )
    visitor.go()
    assert visitor.text("#similarity-run") == "Compare", "the choice is stored"
    visitor.page.click("#lang-zh")
    visitor.page.wait_for_function(
        "document.querySelector('#similarity-run')?.innerText === '比较'"
    )


def test_samples_are_in_a_language_that_the_model_supports(
    visitors: Visitors, model_folder: Path
) -> None:
    visitor = visitors(locale="zh-CN").go()
    note = visitor.text("#similarity-samples")
    assert "all-MiniLM-L6-v2 只面向英文" in note
    for tab in TABS[1:]:
        visitor.tab(tab).run(tab)
        assert not visitor.page.is_visible(f"#{tab}-notice"), tab
    assert visitor.page.input_value("#similarity-a textarea").isascii()
    visitor.tab("encode").fill("#encode-texts", "my own text")
    # the languages of a folder are unknown, so the samples are in the language of the page
    visitor.tab("model").fill("#model-folder", str(model_folder)).run("model")
    visitor.page.wait_for_selector("#similarity-samples", state="hidden")
    visitor.tab("similarity")
    assert not visitor.page.input_value("#similarity-a textarea").isascii()
    visitor.tab("example")
    assert not visitor.page.input_value("#example-texts textarea").isascii()
    visitor.tab("encode")
    assert visitor.page.input_value("#encode-texts textarea") == "my own text"
    english = visitors().go()
    assert not english.page.is_visible("#similarity-samples")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_narrow_screen_does_not_scroll_horizontally(visitors: Visitors, locale: str) -> None:
    visitor = visitors(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale=locale
    ).go()
    for tab in TABS:
        visitor.tab(tab)
        assert visitor.overflow() == 0, tab
        visitor.run(tab)
        visitor.page.wait_for_timeout(200)
        assert visitor.overflow() == 0, f"{tab} with a result"


def test_dark_mode_follows_the_system(visitors: Visitors) -> None:
    visitor = visitors(color_scheme="dark").go().run("similarity")
    visitor.page.wait_for_selector("#similarity-plot .ytick text")
    background = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    color = visitor.page.evaluate(
        "getComputedStyle(document.querySelector('#similarity-plot .ytick text')).fill"
    )
    assert _brightness(background) < 60
    assert _brightness(color) > 180
    light = visitors(color_scheme="light").go()
    assert _brightness(light.page.evaluate("getComputedStyle(document.body).backgroundColor")) > 200


def test_two_visitors_are_independent(visitors: Visitors, tmp_path: Path) -> None:
    first, second = visitors().go(), visitors(locale="zh-CN").go()
    first.tab("find").fill("#find-query", "rain").fill("#find-texts", "It rains.\nA dog barks.")
    second.tab("model").page.click("#model-compute input")
    second.page.locator("#model-compute [role=option]", has_text="int8").click()
    second.page.click("#model-run")
    first.run("find")
    second.page.wait_for_selector("#model-result", state="visible")
    second.page.wait_for_function("document.querySelector('#status').innerText.includes('int8')")
    second.tab("encode").fill("#encode-texts", "另一个人的文本").run("encode")
    rows = json.loads(first.download("find", "json", tmp_path).read_text("utf-8"))
    assert [row["text"] for row in rows] == ["It rains.", "A dog barks."]
    assert "int8" not in first.text("#status")
    first.press("find")
    assert "int8" not in first.text("#status")


def _brightness(color: Any) -> float:
    numbers = [float(n) for n in str(color).split("(")[1].rstrip(")").split(",")[:3]]
    return sum(numbers) / 3
