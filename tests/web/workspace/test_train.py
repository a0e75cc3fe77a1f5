"""Training in the workspace: data, checks, live curves, verdict, and a collection that moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from likewise.checkpoint.inventory import add
from tests.training.conftest import make_pairs
from tests.web.workspace.conftest import Person

pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")
pytestmark = pytest.mark.browser
People = Callable[..., Person]


@pytest.fixture
def pairs(tmp_path: Path) -> list[Path]:
    """Two files: 200 pairs, and 71 of which one is there twice."""
    rows = make_pairs()
    more = [{each: f"Tell me: {text}" for each, text in row.items()} for row in rows[:70]]
    files = (tmp_path / "pairs.jsonl", rows), (tmp_path / "more.jsonl", [*more, more[0]])
    for path, listed in files:
        path.write_text("".join(json.dumps(row) + "\n" for row in listed), "utf-8")
    return [path for path, _ in files]


def test_from_a_file_to_a_collection_with_the_trained_model(
    people: People, pairs: list[Path], table: Path, tiny_checkpoint: Callable[..., Path]
) -> None:
    add(tiny_checkpoint(), "tiny")
    person = people()
    page = person.page
    person.index(table, "moving")
    person.go("/train?model=tiny")
    page.set_input_files("input[type=file]:not([webkitdirectory])", pairs)
    page.wait_for_selector("table tbody tr >> nth=1")
    assert "pairs" in page.inner_text("table tbody tr:first-child")
    assert "1 row repeats another row of more.jsonl" in page.inner_text(".findings")
    page.fill("label:has-text('more.jsonl') input", "67")
    shares = page.locator("label:has-text('of the examples')").all_inner_texts()
    assert all("% of the examples" in text for text in shares)
    page.fill("label:has-text('Times each') input", "30")
    page.fill("label:has-text('Learning rate') input", "0.002")
    page.fill("label:has-text('Allowed drop') input", "100")
    page.fill("textarea", "Where do we find the owl?")
    assert person.findings() == []
    page.click("button.primary >> text=Train")
    page.wait_for_url("**/train/*")
    page.wait_for_selector(".job >> text=Training:")
    page.click(".job >> text=Cancel")
    page.wait_for_selector(".job.cancelled")
    assert person.findings() == []
    page.reload()
    page.click(".job >> text=Continue")
    page.wait_for_selector(".verdict", timeout=120_000)
    assert page.inner_text(".verdict").startswith("Better: the score on your data rose")
    assert page.locator(".curve").count() == 2  # loss and dev score
    assert "Where do we find the owl?" in page.inner_text(".beforeafter")
    assert page.locator(".ranked li").count() == 6
    page.fill("[aria-label='Name of the model']", "tiny-tuned")
    page.click("text=Add the model")
    page.select_option("[aria-label='Collection']", "moving")
    page.click("text=Compare and switch")
    page.wait_for_selector("text=The collection has the new model.")
    page.click("text=Search moving with it")
    page.wait_for_selector(".title >> text=tiny-tuned")
    assert person.search("My card was stolen")[0] == "My card was stolen"


def test_too_few_rows_are_refused_before_training(people: People, tmp_path: Path) -> None:
    table = tmp_path / "few.csv"
    table.write_text("question,answer\none,two\n", "utf-8")
    person = people().go("/train")
    page = person.page
    page.set_input_files("input[type=file]:not([webkitdirectory])", table)
    page.wait_for_selector(".notice.error >> text=too few to hold out")
    assert page.is_disabled("button.primary >> text=Train")
    [complaint] = person.complaints  # the browser's own note of the answer
    assert "400" in complaint
    person.complaints.clear()


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_page_fits_a_phone_in_the_dark(people: People, locale: str) -> None:
    person = people(locale=locale, color_scheme="dark", viewport={"width": 390, "height": 844})
    person.go("/train")
    person.page.wait_for_load_state("networkidle")
    assert person.findings() == []
    assert person.overflow() == 0
