"""The pages, end to end: a real Chromium, a real server, the real model."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from tests.web.conftest import Reader

pytestmark = pytest.mark.browser
Readers = Callable[..., Reader]
TABS = ("model", "similarity", "encode", "find", "example")


@pytest.fixture(scope="module")
def model() -> likewise.Encoder:
    """The model as the page loads it."""
    return likewise.load()


def test_nothing_is_loaded_before_it_is_asked_for(readers: Readers) -> None:
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
    for told in ("all-MiniLM-L6-v2", "384", "256", "22.7 M", "Load time", "MiB", "package"):
        assert told in card
    assert "384 dimensions" in reader.text("#status")


def test_similarity_shows_every_measure_and_its_tokens(
    readers: Readers, model: likewise.Encoder
) -> None:
    a, b = "A cat sleeps.", "The <b>kitten</b> naps."
    reader = readers().go()
    reader.fill("#similarity-a", a).fill("#similarity-b", b).run("similarity")
    expected = float(model.similarity(a, b)[0, 0])
    assert float(reader.text("#similarity-summary .lw-number")) == pytest.approx(expected, abs=1e-4)
    summary = reader.text("#similarity-summary")
    for told in ("Dot product", "Euclidean", "Manhattan", "Length of vector A", "Tokens read of B"):
        assert told in summary
    reader.page.wait_for_selector("#similarity-plot .heatmaplayer image")
    assert "kitten" in reader.page.text_content(
        "#similarity-plot .ytick, #similarity-plot .xaxislayer-above"
    )


def test_similarity_tells_what_was_cut(readers: Readers) -> None:
    reader = readers().go()
    reader.fill("#similarity-a", "word " * 400).fill("#similarity-b", "word").run("similarity")
    assert "the last 146 were cut off" in reader.text("#similarity-summary .lw-warn")


def test_a_script_that_the_model_was_not_made_for_is_told_once(readers: Readers) -> None:
    reader = readers(locale="zh-CN").go()
    reader.fill("#similarity-a", "小猫在睡觉。").fill("#similarity-b", "猫睡着了。").run(
        "similarity"
    )
    assert "2 条文本中有 2 条所用的文字（汉字）" in reader.text("#similarity-notice")
    assert "模型不认识" not in reader.text("#similarity-remark")
    reader = readers().go()
    reader.fill("#similarity-a", "Кошка спит").fill("#similarity-b", "It naps").run("similarity")
    told = reader.text("#similarity-notice")
    assert "1 of 2 texts are in a script all-MiniLM-L6-v2 was not made for (Cyrillic)" in told
    reader.tab("encode").fill("#encode-texts", "one\n고양이").run("encode")
    assert "(Hangul)" in reader.text("#encode-notice")
    reader.fill("#encode-texts", "one\ncafé 😀").run("encode")
    assert not reader.page.is_visible("#encode-notice")


def test_encode_and_every_download(
    readers: Readers, model: likewise.Encoder, tmp_path: Path
) -> None:
    from pyarrow import parquet

    texts = ["one, two", 'a "quoted" line', "食べる"]
    reader = readers().go().tab("encode")
    reader.fill("#encode-texts", "\n".join(["", *texts, "  "])).run("encode")
    assert "3" in reader.text("#encode-summary")
    assert "食べる" in reader.text("#encode-preview")
    expected = model.encode(texts)

    found = np.load(reader.download("encode", "npy", tmp_path))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with reader.download("encode", "csv", tmp_path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows[1:]] == texts
    np.testing.assert_allclose(
        np.array([row[1:] for row in rows[1:]], np.float32), expected, atol=1e-6
    )
    lines = reader.download("encode", "jsonl", tmp_path).read_text("utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == texts
    table = parquet.read_table(reader.download("encode", "parquet", tmp_path)).to_pydict()
    assert table["text"] == texts
    np.testing.assert_allclose(np.array(table["vector"], np.float32), expected, atol=1e-6)


def test_encode_a_file(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_text("id,title\n1,How are you?\n2,What now?\n", encoding="utf-8")
    reader = readers().go().tab("encode")
    _hand_in(reader, "encode", path)
    reader.run("encode")
    assert "What now?" in reader.text("#encode-preview")
    reader.page.click("#encode-reproduce > button")
    assert "questions.csv" in reader.text("#encode-command")


def test_find_similar_ranks_filters_and_downloads(
    readers: Readers, model: likewise.Encoder, tmp_path: Path
) -> None:
    query, texts = "How do I reset my password?", ["Change a password.", "It rains.", "New login."]
    reader = readers().go().tab("find")
    reader.fill("#find-query", query).fill("#find-texts", "\n".join(texts)).run("find")
    ranked = model.rank(query, texts)
    shown = reader.page.locator("#find-table .lw-text").all_inner_texts()
    assert [each.strip() for each in shown] == [each.text for each in ranked]
    rows = json.loads(reader.download("find", "json", tmp_path).read_text("utf-8"))
    assert [row["text"] for row in rows] == [each.text for each in ranked]
    assert rows[0]["score"] == pytest.approx(ranked[0].score, abs=1e-5)
    with reader.download("find", "csv", tmp_path).open(encoding="utf-8", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == [each.text for each in ranked]

    reader.fill("#find-top-k", "2").press("find")
    reader.page.wait_for_function("document.querySelectorAll('#find-table .lw-text').length === 2")
    reader.fill("#find-threshold", "0.99").press("find")
    reader.page.wait_for_selector("#find-table .lw-info")


def test_example_is_saved_listed_and_opened(readers: Readers) -> None:
    reader = readers().go().tab("example").run("example")
    saved = Path(reader.text("#example-summary .lw-long dd"))
    result = json.loads(saved.read_text("utf-8"))
    assert result["model"] == "all-MiniLM-L6-v2"
    assert np.array(result["matrix"]).shape == (len(result["texts"]),) * 2
    reader.fill("#example-texts", "The sea is calm.\nThe ocean is quiet.").press("example")
    reader.page.wait_for_function(
        "document.querySelector('#example-summary').innerText.includes('Your own')"
    )

    again = reader.go().tab("example")
    again.page.wait_for_function("document.querySelector('#example-past input').value !== ''")
    assert "Your own sentences" in again.page.input_value("#example-past input")
    again.page.click("#example-open")
    again.page.wait_for_selector("#example-result", state="visible")
    assert "sentences 1 and 2" in again.text("#example-summary")
    assert again.page.locator("#example-plot tbody td").count() == 4


def test_what_one_visitor_saved_no_other_sees(readers: Readers) -> None:
    first = readers().go().tab("example").run("example")
    saved = Path(first.text("#example-summary .lw-long dd"))
    assert saved.is_file()
    link = first.site.address + str(first.page.get_attribute("#example-downloads a", "href"))
    assert first.page.request.get(link).status == 200
    second = readers().go().tab("example")
    assert second.page.input_value("#example-past input") == ""
    assert second.page.request.get(link).status == 404
    second.page.click("#example-open")
    second.page.wait_for_selector("#example-notice .lw-error")
    first.go().tab("example")
    first.page.wait_for_function("document.querySelector('#example-past input').value !== ''")


def test_example_sets_follow_the_choice(readers: Readers) -> None:
    reader = readers().go().tab("example")
    before = reader.page.input_value("#example-texts textarea")
    reader.page.click("#example-set input")
    reader.page.locator("#example-set [role=option]").nth(1).click()
    reader.page.wait_for_function(
        "before => document.querySelector('#example-texts textarea').value !== before", arg=before
    )


def test_a_result_tells_how_to_have_it_again(readers: Readers) -> None:
    reader = readers().go()
    reader.fill("#similarity-a", "It's here").fill("#similarity-b", "-b").run("similarity")
    reader.page.click("#similarity-reproduce > button")
    command = reader.text("#similarity-command .cm-content")
    assert "likewise similarity" in command
    assert """-- 'It'"'"'s here' -b""" in command
    assert 'a="It\'s here"' in reader.text("#similarity-python .cm-content")


# what goes wrong


def test_empty_input_is_told_in_words(readers: Readers) -> None:
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


def test_a_model_that_is_not_here_names_the_command(readers: Readers) -> None:
    reader = readers().go().tab("model")
    reader.page.click("#model-pick input")
    reader.page.locator("#model-pick [role=option]", has_text="gte-base ·").first.click()
    told = reader.fails("model")
    assert "gte-base are not on this machine" in told
    assert "likewise download gte-base" in told
    assert "all-MiniLM-L6-v2" in reader.text("#status"), "the session keeps the model it had"


def test_unknown_and_damaged_folders(readers: Readers, tmp_path: Path) -> None:
    reader = readers().go().tab("model")
    reader.fill("#model-folder", str(tmp_path / "nowhere"))
    assert "no model and no folder named" in reader.fails("model")
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    reader.fill("#model-folder", str(tmp_path))
    assert "incomplete or damaged" in reader.fails("model")
    zh = readers(locale="zh-CN").go().tab("model").fill("#model-folder", str(tmp_path / "nowhere"))
    assert "没有名为" in zh.fails("model")


def test_a_file_that_is_not_utf8(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("Grüße\n".encode("latin-1"))
    reader = readers().go().tab("encode")
    _hand_in(reader, "encode", path)
    told = reader.fails("encode")
    assert "cannot be read" in told
    assert "old.txt, line 1: not UTF-8" in told.replace("Old.txt", "old.txt")
    assert "/" not in told.split("old.txt")[0].split("\n")[-1], "no path of the server is shown"


def test_what_the_framework_says_itself_is_told_in_the_readers_language(
    readers: Readers, tmp_path: Path
) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(230_000_000)
    for locale, title, said in (
        ("en-US", "Error", "large.txt"),
        ("zh-CN", "错误", "超过"),
    ):
        reader = readers(locale=locale).go().tab("encode")
        reader.page.click("#encode-source > button")
        reader.page.set_input_files("#encode-file input[type=file]", path)
        reader.page.wait_for_selector(f".toast-body >> text={said}")
        assert title in reader.text(".toast-body")
        reader.complaints.clear()  # the framework writes the refusal to the console too
    reader.page.evaluate(  # as the framework writes it of a file of more than 200 MB
        """() => document.querySelector(".toast-body").append(
            'File(s) exceed the maximum allowed size of 200.0 Mb: "large.txt"')"""
    )
    reader.page.wait_for_selector('.toast-body >> text="large.txt" 超过 200.0 Mb')


# who reads it, and on what


def test_chinese_by_the_browser_and_by_the_switch(readers: Readers) -> None:
    reader = readers(locale="zh-CN").go()
    assert reader.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert reader.text("#similarity-run") == "比较"
    reader.run("similarity")
    assert "余弦相似度" in reader.text("#similarity-summary")
    assert "已加载" in reader.text("#status")
    reader.tab("encode").run("encode")
    assert "向量" in reader.text("#encode-preview")
    reader.page.click("#encode-source > button")
    assert "拖放" in reader.text("#encode-file"), "the framework's own words follow"
    reader.page.click("#lang-en")
    reader.page.wait_for_function(
        "document.querySelector('#similarity-run')?.innerText === 'Compare'"
    )
    reader.go()
    assert reader.text("#similarity-run") == "Compare", "the choice outlives the visit"
    reader.page.click("#lang-zh")
    reader.page.wait_for_function("document.querySelector('#similarity-run')?.innerText === '比较'")


def test_samples_are_in_a_language_that_the_model_reads(
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
    # nothing is known of the languages of a folder: the page's own language again
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


def test_downloads_work_from_the_chinese_page(readers: Readers, tmp_path: Path) -> None:
    reader = readers(locale="zh-CN").go().tab("find").run("find")
    assert json.loads(reader.download("find", "json", tmp_path).read_text("utf-8"))


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_narrow_screen_never_scrolls_sideways(readers: Readers, locale: str) -> None:
    reader = readers(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale=locale
    ).go()
    for tab in TABS:
        reader.tab(tab)
        assert reader.overflow() == 0, tab
        reader.run(tab)
        reader.page.wait_for_timeout(200)
        assert reader.overflow() == 0, f"{tab} with a result"


def test_dark_follows_the_system(readers: Readers) -> None:
    reader = readers(color_scheme="dark").go().run("similarity")
    reader.page.wait_for_selector("#similarity-plot .ytick text")
    ground = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = reader.page.evaluate(
        "getComputedStyle(document.querySelector('#similarity-plot .ytick text')).fill"
    )
    assert _brightness(ground) < 60
    assert _brightness(ink) > 180
    light = readers(color_scheme="light").go()
    assert _brightness(light.page.evaluate("getComputedStyle(document.body).backgroundColor")) > 200


def test_two_people_do_not_disturb_each_other(readers: Readers, tmp_path: Path) -> None:
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


def test_long_work_shows_progress_and_stops(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("".join(f"{i} " + "word " * 150 + "\n" for i in range(4000)), "utf-8")
    reader = readers().go().tab("encode")
    _hand_in(reader, "encode", path)
    reader.page.click("#encode-run")
    reader.page.wait_for_selector("#encode-notice .lw-bar", state="visible")
    reader.page.wait_for_function(
        "document.querySelector('#encode-notice').innerText.includes('of 4,000 texts')"
    )
    reader.page.click("#encode-stop")
    reader.page.wait_for_function(
        "document.querySelector('#encode-notice').innerText.includes('Stopped.')"
    )
    assert not reader.page.is_visible("#encode-result")


def test_a_page_that_is_left_leaves_nothing_behind(readers: Readers) -> None:
    reader = readers().go().tab("encode").run("encode")
    link = reader.page.get_attribute("#encode-downloads a", "href")
    assert reader.page.request.get(reader.site.address + link).status == 200
    other = readers().go()
    reader.page.goto("about:blank")
    for _ in range(50):
        if other.page.request.get(reader.site.address + link).status == 404:
            return
        other.page.wait_for_timeout(100)
    pytest.fail("the download of a page that was closed is still there")


def _hand_in(reader: Reader, name: str, path: Path) -> None:
    reader.page.click(f"#{name}-source > button")
    reader.page.set_input_files(f"#{name}-file input[type=file]", path)
    reader.page.wait_for_selector(f"#{name}-file >> text={path.stem}")


def _brightness(color: Any) -> float:
    numbers = [float(n) for n in str(color).split("(")[1].rstrip(")").split(",")[:3]]
    return sum(numbers) / 3
