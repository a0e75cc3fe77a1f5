"""The tab *Encode*, in a real Chromium."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import likewise
from tests.web.conftest import Visitor

pytestmark = pytest.mark.browser
Visitors = Callable[..., Visitor]


def test_encode_and_download_in_every_format(
    visitors: Visitors, model: likewise.Encoder, tmp_path: Path
) -> None:
    from pyarrow import parquet

    texts = ["one, two", 'a "quoted" line', "食べる"]
    visitor = visitors().go().tab("encode")
    visitor.fill("#encode-texts", "\n".join(["", *texts, "  "])).run("encode")
    assert "3" in visitor.text("#encode-summary")
    assert "食べる" in visitor.text("#encode-preview")
    expected = model.encode(texts)

    found = np.load(visitor.download("encode", "npy", tmp_path))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with visitor.download("encode", "csv", tmp_path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows[1:]] == texts
    np.testing.assert_allclose(
        np.array([row[1:] for row in rows[1:]], np.float32), expected, atol=1e-6
    )
    lines = visitor.download("encode", "jsonl", tmp_path).read_text("utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == texts
    table = parquet.read_table(visitor.download("encode", "parquet", tmp_path)).to_pydict()
    assert table["text"] == texts
    np.testing.assert_allclose(np.array(table["vector"], np.float32), expected, atol=1e-6)


def test_encode_a_file(visitors: Visitors, tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_text("id,title\n1,How are you?\n2,What now?\n", encoding="utf-8")
    visitor = visitors().go().tab("encode")
    visitor.upload("encode", path)
    visitor.run("encode")
    assert "What now?" in visitor.text("#encode-preview")
    visitor.page.click("#encode-reproduce > button")
    assert "questions.csv" in visitor.text("#encode-command")


def test_a_file_of_unknown_encoding(visitors: Visitors, tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("Grüße\n".encode("latin-1"))
    visitor = visitors().go().tab("encode")
    visitor.upload("encode", path)
    message = visitor.fails("encode")
    assert "cannot be read" in message
    assert "old.txt, line 1: not UTF-8" in message.replace("Old.txt", "old.txt")
    assert "/" not in message.split("old.txt")[0].split("\n")[-1], "server paths are not shown"


def test_a_long_job_shows_progress_and_can_be_stopped(visitors: Visitors, tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("".join(f"{i} " + "word " * 150 + "\n" for i in range(4000)), "utf-8")
    visitor = visitors().go().tab("encode")
    visitor.upload("encode", path)
    visitor.page.click("#encode-run")
    visitor.page.wait_for_selector("#encode-notice .lw-bar", state="visible")
    visitor.page.wait_for_function(
        "document.querySelector('#encode-notice').innerText.includes('of 4,000 texts')"
    )
    visitor.page.click("#encode-stop")
    visitor.page.wait_for_function(
        "document.querySelector('#encode-notice').innerText.includes('Stopped.')"
    )
    assert not visitor.page.is_visible("#encode-result")


def test_downloads_of_a_closed_page_are_deleted(visitors: Visitors) -> None:
    visitor = visitors().go().tab("encode").run("encode")
    link = visitor.page.get_attribute("#encode-downloads a", "href")
    assert visitor.page.request.get(visitor.site.address + link).status == 200
    other = visitors().go()
    visitor.page.goto("about:blank")
    for _ in range(50):
        if other.page.request.get(visitor.site.address + link).status == 404:
            return
        other.page.wait_for_timeout(100)
    pytest.fail("the download of a closed page still exists")
