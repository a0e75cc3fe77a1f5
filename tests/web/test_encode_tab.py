"""The tab *Encode*, in a real Chromium."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import likewise
from tests.web.conftest import Reader

pytestmark = pytest.mark.browser
Readers = Callable[..., Reader]


def test_encode_and_download_in_every_format(
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
    reader.upload("encode", path)
    reader.run("encode")
    assert "What now?" in reader.text("#encode-preview")
    reader.page.click("#encode-reproduce > button")
    assert "questions.csv" in reader.text("#encode-command")


def test_a_file_of_unknown_encoding(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("Grüße\n".encode("latin-1"))
    reader = readers().go().tab("encode")
    reader.upload("encode", path)
    message = reader.fails("encode")
    assert "cannot be read" in message
    assert "old.txt, line 1: not UTF-8" in message.replace("Old.txt", "old.txt")
    assert "/" not in message.split("old.txt")[0].split("\n")[-1], "server paths are not shown"


def test_a_long_job_shows_progress_and_can_be_stopped(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("".join(f"{i} " + "word " * 150 + "\n" for i in range(4000)), "utf-8")
    reader = readers().go().tab("encode")
    reader.upload("encode", path)
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


def test_downloads_of_a_closed_page_are_deleted(readers: Readers) -> None:
    reader = readers().go().tab("encode").run("encode")
    link = reader.page.get_attribute("#encode-downloads a", "href")
    assert reader.page.request.get(reader.site.address + link).status == 200
    other = readers().go()
    reader.page.goto("about:blank")
    for _ in range(50):
        if other.page.request.get(reader.site.address + link).status == 404:
            return
        other.page.wait_for_timeout(100)
    pytest.fail("the download of a closed page still exists")
