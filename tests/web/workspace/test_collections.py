"""Collections in the workspace: from a file to searches and answers, as people do it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.web.workspace.conftest import LOOKS, Person

pytestmark = pytest.mark.browser
People = Callable[..., Person]


def test_from_a_file_to_a_search(people: People, table: Path) -> None:
    person = people().go()
    page = person.page
    page.set_input_files("input[type=file]:not([webkitdirectory])", table)
    page.wait_for_selector("table tbody tr")
    assert page.input_value("input[required]") == "questions"  # from the file's name
    assert "My card was stolen" in page.inner_text("table")
    assert page.locator("details.notice").inner_text().startswith("1 row")
    page.fill("input[required]", "first")
    page.click("button.primary")
    page.wait_for_selector(".hit")
    page.wait_for_selector(".job", state="detached")
    page.wait_for_selector(".title >> text=15 records")
    assert person.search("someone took my credit card")[0] == "My card was stolen"
    assert "random pairs" in page.inner_text(".hit:first-child .meta")


def test_data_is_added_with_the_model_of_the_collection(people: People) -> None:
    person = people()
    made = {"name": "coarse", "compute": "int8"}
    address = f"{person.workspace.address}/api/v1/collections"
    assert httpx.post(address, json=made, timeout=60).status_code == 200  # the model is loaded
    page = person.go("/import/coarse?from=paste").page
    page.fill("textarea", "The harbor is closed.\nA ladder is missing.")
    page.click("button.primary")
    page.wait_for_selector("table tbody tr")
    page.click("button.primary")
    page.wait_for_selector(".hit >> text=A ladder is missing.")


def test_filters_are_made_of_the_fields(people: People, questions: str) -> None:
    person = people().go(f"/collections/{questions}")
    page = person.page
    box = page.locator(".facet .value .soft >> nth=0").bounding_box()
    assert box["x"] + box["width"] < page.locator(".found").bounding_box()["x"]  # counts are seen
    page.click(".facet .value >> text=refunds")
    page.wait_for_selector("text=5 records")
    page.wait_for_load_state("networkidle")  # the counts arrive, and the fields are drawn again
    page.fill(".range input >> nth=1", "2012")
    page.press(".range input >> nth=1", "Tab")
    page.wait_for_selector("text=3 records")
    found = person.search("stolen")
    assert len(found) == 3
    assert "My card was stolen" not in found
    page.reload()  # the address has it all
    page.wait_for_selector(".hit")
    assert page.input_value("[role=search] input") == "stolen"
    assert page.is_checked(".facet .value:has-text('refunds') input")
    page.go_back()
    page.wait_for_selector("text=5 records")


def test_words_similar_records_and_folding(people: People, questions: str) -> None:
    person = people().go(f"/collections/{questions}")
    page = person.page
    page.click("text=Words")
    person.search("passcode")
    page.wait_for_selector(".hit mark >> text=passcode")
    page.click(".hit:first-child >> text=More like this")
    page.wait_for_selector(".hit >> nth=0 >> text=I forgot my password")
    person.go(f"/collections/{questions}?fold=1&q=money+back")
    page.wait_for_selector(".hit >> text=+1 nearly the same")


def test_keys(people: People, questions: str) -> None:
    person = people().go(f"/collections/{questions}?q=refund")
    page = person.page
    page.wait_for_selector(".hit")
    page.keyboard.press("Escape")  # leaves the box, which has the focus
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.get_attribute("#hit-0", "aria-current") == "true"
    page.keyboard.press("Enter")
    page.wait_for_selector(".panel .near li")
    assert page.inner_text(".panel .whole") == page.inner_text("#hit-0 .text")
    page.keyboard.press("Escape")
    page.wait_for_selector(".panel", state="detached")
    page.keyboard.press("/")
    page.keyboard.type("password")
    page.wait_for_selector(".hit >> nth=0 >> text=I forgot my password")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open] >> text=Next and previous result")


def test_an_answer_has_sources_and_nothing_is_made_up(people: People, questions: str) -> None:
    person = people().go(f"/collections/{questions}/ask?alarms=1&q=how+do+I+get+a+refund")
    page = person.page
    page.wait_for_selector(".quotes .cite")
    page.click(".quotes li:first-child .cite")
    assert page.evaluate("location.hash").startswith("#source-")
    page.fill("[role=search] input", "which planet is the largest")
    page.select_option("select", "0.001")
    page.click("button.primary")
    page.wait_for_selector("text=Nothing here answers this.")
    assert page.locator(".quotes").count() == 0
    assert page.locator(".sources li").count() > 0


def test_a_deleted_record_comes_back(people: People, questions: str) -> None:
    person = people().go(f"/collections/{questions}?q=locked+account")
    page = person.page
    page.click("#hit-0 .body")
    page.click(".panel >> text=Delete")
    page.wait_for_selector("text=14 records")
    page.click(".toast >> text=Undo")
    page.wait_for_selector("text=15 records")
    person.go(f"/collections/{questions}/history")
    page.wait_for_selector("tbody tr >> nth=2")
    assert "Undo" in page.inner_text("tbody tr:first-child")


def test_two_people_and_a_reload_in_the_middle_of_a_job(people: People, tmp_path: Path) -> None:
    texts = tmp_path / "many.jsonl"
    rows = [json.dumps({"text": f"note {n} about matter {n % 97}"}) for n in range(3000)]
    texts.write_text("\n".join(rows), "utf-8")
    one, two = people(), people(locale="zh-CN")
    one.go("/import")
    one.page.set_input_files("input[type=file]:not([webkitdirectory])", texts)
    one.page.wait_for_selector("table tbody tr")
    one.page.fill("input[required]", "many")
    one.page.click("button.primary")
    one.page.wait_for_selector(".job.running .progress")
    one.page.reload()
    one.page.wait_for_selector(".job .progress")  # the job goes on, and is shown again
    two.go()
    two.page.wait_for_selector(".job >> text=为 many 建立索引")
    one.page.wait_for_selector(".job", state="detached", timeout=240_000)
    one.page.wait_for_selector("text=3,000 records")
    two.page.wait_for_selector(".card >> text=3,000 条记录")


def test_texts_can_be_pasted_or_read_where_they_are(people: People, table: Path) -> None:
    person = people().go("/import?from=paste")
    page = person.page
    page.fill("textarea", "the first\nthe second\n")
    page.click("text=Continue with 2 lines")
    page.wait_for_selector("table >> text=the second")
    person.go("/import?from=path")
    page.fill("input[type=text]", str(table))
    page.click("button.primary")
    page.wait_for_selector("table >> text=My card was stolen")


@LOOKS
def test_every_page_is_accessible(
    people: People, questions: str, locale: str, width: int, scheme: str
) -> None:
    person = people(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 844})
    pages = (
        "", "/import", "/import?from=paste", f"/collections/{questions}?q=card",
        f"/collections/{questions}?q=card&open=first", f"/collections/{questions}/history",
        f"/collections/{questions}/ask?q=how+do+I+block+a+card&alarms=1", "/jobs",
    )  # fmt: skip
    first = ""
    for path in pages:
        person.go(path.replace("open=first", f"open={first}"))
        person.page.wait_for_load_state("networkidle")
        if "?q=card" in path and not first:
            first = person.page.locator("#hit-0").get_attribute("data-id")
        assert person.findings() == [], path
        assert person.overflow() == 0, path


def test_a_migration_compares_first(people: People, questions: str) -> None:
    person = people().go(f"/collections/{questions}/history")
    page = person.page
    page.select_option("form label:has-text('Network') select", "int8")
    page.click("text=Compare and switch")
    page.wait_for_selector("form .notice >> text=The collection", timeout=60_000)
    assert person.findings() == []
