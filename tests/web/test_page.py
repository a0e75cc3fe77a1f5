"""Languages, layout and visitors of the pages, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import Reader

pytestmark = pytest.mark.browser
Readers = Callable[..., Reader]
TABS = ("model", "similarity", "encode", "find", "example")


def test_an_unsupported_script_is_reported_once(readers: Readers) -> None:
    reader = readers(locale="zh-CN").go()
    reader.fill("#similarity-a", "小猫在睡觉。").fill("#similarity-b", "猫睡着了。").run(
        "similarity"
    )
    assert "2 条文本中有 2 条所用的文字（汉字）" in reader.text("#similarity-notice")
    assert "模型不认识" not in reader.text("#similarity-remark")
    reader = readers().go()
    reader.fill("#similarity-a", "Кошка спит").fill("#similarity-b", "It naps").run("similarity")
    message = reader.text("#similarity-notice")
    assert "1 of 2 texts are in a script all-MiniLM-L6-v2 was not trained for (Cyrillic)" in message
    reader.tab("encode").fill("#encode-texts", "one\n고양이").run("encode")
    assert "(Hangul)" in reader.text("#encode-notice")
    reader.fill("#encode-texts", "one\ncafé 😀").run("encode")
    assert not reader.page.is_visible("#encode-notice")


def test_empty_inputs_give_errors(readers: Readers) -> None:
    reader = readers().go()
    reader.fill("#similarity-a", "  ")
    assert "Both texts are needed." in reader.fails("similarity")
    reader.tab("encode").fill("#encode-texts", "\n \n")
    assert "There are no texts." in reader.fails("encode")
    reader.tab("find").fill("#find-query", "")
    assert "The source sentence is empty." in reader.fails("find")
    reader.fill("#find-query", "x").fill("#find-threshold", "much")
    assert "must be a number" in reader.fails("find")
    reader.tab("example").fill("#example-texts", "only one")
    assert "At least 2 texts" in reader.fails("example")


def test_messages_of_the_framework_are_translated(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(230_000_000)
    for locale, title, text in (
        ("en-US", "Error", "large.txt"),
        ("zh-CN", "错误", "超过"),
    ):
        reader = readers(locale=locale).go().tab("encode")
        reader.page.click("#encode-source > button")
        reader.page.set_input_files("#encode-file input[type=file]", path)
        reader.page.wait_for_selector(f".toast-body >> text={text}")
        assert title in reader.text(".toast-body")
        reader.complaints.clear()  # the framework also writes the error to the console
    reader.page.evaluate(  # the framework's message for a file of more than 200 MB
        """() => document.querySelector(".toast-body").append(
            'File(s) exceed the maximum allowed size of 200.0 Mb: "large.txt"')"""
    )
    reader.page.wait_for_selector('.toast-body >> text="large.txt" 超过 200.0 Mb')


def test_the_language_follows_the_browser_and_the_switch(readers: Readers) -> None:
    reader = readers(locale="zh-CN").go()
    assert reader.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert reader.text("#similarity-run") == "比较"
    reader.run("similarity")
    assert "余弦相似度" in reader.text("#similarity-summary")
    assert "已加载" in reader.text("#status")
    reader.tab("encode").run("encode")
    assert "向量" in reader.text("#encode-preview")
    reader.page.click("#encode-source > button")
    assert "拖放" in reader.text("#encode-file"), "messages of the framework are translated too"
    reader.page.click("#lang-en")
    reader.page.wait_for_function(
        "document.querySelector('#similarity-run')?.innerText === 'Compare'"
    )
    reader.go()
    assert reader.text("#similarity-run") == "Compare", "the choice is stored"
    reader.page.click("#lang-zh")
    reader.page.wait_for_function("document.querySelector('#similarity-run')?.innerText === '比较'")


def test_samples_are_in_a_language_that_the_model_supports(
    readers: Readers, model_folder: Path
) -> None:
    reader = readers(locale="zh-CN").go()
    note = reader.text("#similarity-samples")
    assert "all-MiniLM-L6-v2 只面向英文" in note
    for tab in TABS[1:]:
        reader.tab(tab).run(tab)
        assert not reader.page.is_visible(f"#{tab}-notice"), tab
    assert reader.page.input_value("#similarity-a textarea").isascii()
    reader.tab("encode").fill("#encode-texts", "my own text")
    # the languages of a folder are unknown, so the samples are in the language of the page
    reader.tab("model").fill("#model-folder", str(model_folder)).run("model")
    reader.page.wait_for_selector("#similarity-samples", state="hidden")
    reader.tab("similarity")
    assert not reader.page.input_value("#similarity-a textarea").isascii()
    reader.tab("example")
    assert not reader.page.input_value("#example-texts textarea").isascii()
    reader.tab("encode")
    assert reader.page.input_value("#encode-texts textarea") == "my own text"
    english = readers().go()
    assert not english.page.is_visible("#similarity-samples")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_narrow_screen_does_not_scroll_horizontally(readers: Readers, locale: str) -> None:
    reader = readers(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale=locale
    ).go()
    for tab in TABS:
        reader.tab(tab)
        assert reader.overflow() == 0, tab
        reader.run(tab)
        reader.page.wait_for_timeout(200)
        assert reader.overflow() == 0, f"{tab} with a result"


def test_dark_mode_follows_the_system(readers: Readers) -> None:
    reader = readers(color_scheme="dark").go().run("similarity")
    reader.page.wait_for_selector("#similarity-plot .ytick text")
    background = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
    color = reader.page.evaluate(
        "getComputedStyle(document.querySelector('#similarity-plot .ytick text')).fill"
    )
    assert _brightness(background) < 60
    assert _brightness(color) > 180
    light = readers(color_scheme="light").go()
    assert _brightness(light.page.evaluate("getComputedStyle(document.body).backgroundColor")) > 200


def test_two_visitors_are_independent(readers: Readers, tmp_path: Path) -> None:
    first, second = readers().go(), readers(locale="zh-CN").go()
    first.tab("find").fill("#find-query", "rain").fill("#find-texts", "It rains.\nA dog barks.")
    second.tab("model").page.click("#model-compute input")
    second.page.locator("#model-compute [role=option]", has_text="float32").click()
    second.page.click("#model-run")
    first.run("find")
    second.page.wait_for_selector("#model-result", state="visible")
    second.page.wait_for_function("document.querySelector('#status').innerText.includes('float32')")
    second.tab("encode").fill("#encode-texts", "另一个人的文本").run("encode")
    rows = json.loads(first.download("find", "json", tmp_path).read_text("utf-8"))
    assert [row["text"] for row in rows] == ["It rains.", "A dog barks."]
    assert "float32" not in first.text("#status")
    first.press("find")
    assert "float32" not in first.text("#status")


def _brightness(color: Any) -> float:
    numbers = [float(n) for n in str(color).split("(")[1].rstrip(")").split(",")[:3]]
    return sum(numbers) / 3
