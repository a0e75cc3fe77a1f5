"""The map of a collection, and its duplicates, as people use them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.workspace.conftest import LOOKS, Person, Workspace

pytestmark = pytest.mark.browser
People = Callable[..., Person]

SUBJECTS = {
    "cards": ("my card", "the credit card", "a bank card", "the debit card", "our company card"),
    "cats": ("the cat", "a kitten", "my old cat", "the neighbor's cat", "a grey kitten"),
    "rain": ("the rain", "a storm", "the weather", "heavy snow", "the morning fog"),
    "code": ("the program", "a function", "this script", "the compiler", "my source code"),
}
VERBS = ("is a problem today", "made me late", "came back yesterday", "was not what I expected",
         "surprised everybody", "is hard to describe")  # fmt: skip


@pytest.fixture(scope="module")
def subjects(browser: Any, workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a collection with four subjects."""
    path = tmp_path_factory.mktemp("subjects") / "subjects.csv"
    rows = [
        f"{subject} {verb},{name},{len(verb)}"
        for name, subjects in SUBJECTS.items()
        for subject in subjects
        for verb in VERBS
    ]
    path.write_text("\n".join(["text,subject,length", *rows]), "utf-8")
    context = browser.new_context()
    context.set_default_timeout(60_000)
    Person(context.new_page(), workspace).index(Path(path), "subjects")
    context.close()
    return "subjects"


def lasso(page: Any) -> None:
    """Draw around everything on the map."""
    page.click("[aria-pressed][aria-label*='Draw around']")
    box = page.locator(".overlay").bounding_box()
    left, right = box["x"] + 3, box["x"] + box["width"] - 3
    top, bottom = box["y"] + 70, box["y"] + box["height"] - 3
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    page.wait_for_selector(".selection >> text=selected")


def test_a_map_is_drawn_named_and_lit_up(people: People, subjects: str) -> None:
    person = people().go(f"/explore/{subjects}")
    page = person.page
    page.wait_for_selector("html[data-map=tsne-named]", timeout=120_000)
    legend = page.locator(".legend li")
    assert legend.count() >= 2
    sizes = page.locator(".legend .soft").all_inner_texts()
    assert sum(map(int, sizes)) == sum(map(len, SUBJECTS.values())) * len(VERBS)
    page.select_option(".side select", "subject")
    page.wait_for_selector(".legend >> text=cats")
    page.fill(".mapbar input", "a small pet that purrs")
    page.wait_for_selector(".selection li")
    assert any(word in page.inner_text(".selection li:first-child") for word in ("cat", "kitten"))
    page.click(".selection li:first-child button")
    page.wait_for_selector(".panel .near li")
    assert "cat" in page.inner_text(".panel .near") or "kitten" in page.inner_text(".panel .near")
    page.reload()  # the address has it all
    page.wait_for_selector(".panel .near li")
    assert page.input_value(".mapbar input") == "a small pet that purrs"
    page.keyboard.press("Escape")
    page.wait_for_selector(".panel", state="detached")


def test_texts_far_from_all_others_are_listed_and_lit_up(
    people: People, workspace: Workspace
) -> None:
    plain = [f"{subject} {verb}" for subject in SUBJECTS["cats"] for verb in VERBS]
    few = ["Integrate x squared over the sphere.", "Integrate y squared over the sphere."]
    workspace.collection("odd", [*plain, *few, "Zwölf Boxkämpfer jagen Viktor quer über den Deich"])
    person = people().go("/explore/odd")
    page = person.page
    page.wait_for_selector("html[data-map=tsne-named]", timeout=120_000)
    page.click("text=Texts that are far from all others")
    page.wait_for_selector(".outliers li")
    listed = page.locator(".outliers li")
    assert "Zwölf Boxkämpfer" in listed.nth(0).inner_text() + listed.nth(1).inner_text()
    group = page.inner_text(".outliers li:has(.group) >> nth=0")
    assert all(text in group for text in few)
    page.reload()  # the address has it, and the result is not computed again
    page.click(".outliers li button >> text=Zwölf Boxkämpfer")
    page.wait_for_selector(".panel .near li")
    page.keyboard.press("Escape")
    page.click(".outliers >> text=/Select these/")
    page.wait_for_selector(".selection >> text=/selected/")
    page.wait_for_selector(".selection >> text=CSV")
    assert person.findings() == []


def test_what_a_lasso_encloses_becomes_a_collection(people: People, subjects: str) -> None:
    person = people().go(f"/explore/{subjects}")
    page = person.page
    page.wait_for_selector("html[data-map=tsne-named]", timeout=120_000)
    lasso(page)
    with page.expect_download() as waiting:
        page.click(".selection >> text=CSV")
    assert "my card is a problem today" in Path(waiting.value.path()).read_text("utf-8")
    page.fill("[aria-label='Name of a new collection']", "enclosed")
    page.click(".selection >> text=Copy there")
    page.wait_for_url("**/collections/enclosed")
    page.wait_for_selector(".hit")
    page.wait_for_selector(".facet >> text=subject")


def test_texts_are_filtered_tagged_and_clusters_named(people: People, subjects: str) -> None:
    person = people().go(f"/explore/{subjects}")
    page = person.page
    page.wait_for_selector("html[data-map=tsne-named]", timeout=120_000)
    page.click(".bars button >> text=rain")
    page.wait_for_selector(".mapfilters >> text=30 shown")
    counts = page.locator(".legend .soft").all_inner_texts()
    assert sum(map(int, counts)) == 30  # the legend counts what is shown
    lasso(page)
    enclosed = int(page.inner_text(".selection h3").split()[0])
    assert 0 < enclosed <= 30  # what the filter hides is not selected
    page.fill("[aria-label='Tag; empty removes it']", "wet")
    page.click(".selection >> text='Tag'")
    page.wait_for_selector(".legend >> text=wet")
    assert page.input_value(".side select") == "tag"
    page.click(".selection [aria-label='Clear the selection']")
    page.click(".mapfilters >> text=Clear all")
    page.select_option(".side select", "")
    page.click("text=Rename, join and split clusters")
    names = page.locator(".names input[aria-label^='Name of']")
    for n in range(names.count()):
        names.nth(n).fill("first" if n == 0 else "others")
    assert person.findings() == []
    page.click("text=Save as a field")
    page.wait_for_selector(".legend >> text=others")
    person.go(f"/collections/{subjects}")
    page.click(".facet .value >> text=wet")
    page.wait_for_selector(f"text={enclosed} records")
    page.wait_for_selector(".facet .value >> text=others")
    person.go(f"/collections/{subjects}/history")
    page.wait_for_selector("tbody tr:first-child >> text=Tag")


def test_duplicates_are_decided_pair_by_pair(people: People, questions: str) -> None:
    person = people().go(f"/collections/{questions}/duplicates")
    page = person.page
    page.click("text=Look for duplicates")
    page.wait_for_selector(".threshold .big")
    page.reload()  # the job's result stays
    page.wait_for_selector(".pair")
    first = int(page.inner_text(".threshold .big"))
    page.locator(".threshold input").fill("0")
    page.wait_for_url("**threshold=0.8")
    assert int(page.inner_text(".threshold .big")) >= first
    assert page.locator(".pair").count() == int(page.inner_text(".threshold .big"))
    page.click(".pair:first-child >> text=Keep right")
    page.wait_for_selector("text=The right one stays.")
    page.wait_for_selector("text=14 records")
    page.click(".toast >> text=Undo")
    page.wait_for_selector("text=15 records")
    assert person.findings() == []


def test_all_duplicates_are_removed_at_once(people: People, workspace: Workspace) -> None:
    texts = ["My card was stolen", "my card was  stolen", "I want a refund", "I want a refund!",
             "i want a refund", "Where is the moon?"]  # fmt: skip
    workspace.collection("tickets", texts)
    person = people().go("/collections/tickets/duplicates")
    page = person.page
    page.click("text=Look for duplicates")
    page.wait_for_selector(".pair >> nth=2")
    page.click(".pair:has-text('stolen') >> text=Keep both")
    page.wait_for_selector("text=Both stay.")
    page.click("text=Remove the 3 redundant records")
    page.wait_for_selector("text=2 records were removed.")
    page.wait_for_selector(".title >> text=4 records")
    page.wait_for_selector(".threshold .big >> text='1'")  # it has looked again
    assert person.findings() == []
    page.click(".toast >> text=Undo")
    page.wait_for_selector(".title >> text=6 records")
    page.wait_for_selector(".threshold .big >> text='3'")


def test_records_that_another_collection_has_are_deleted_here(
    people: People, workspace: Workspace, questions: str
) -> None:
    workspace.collection("exam", ["My card was stolen", "I want a refund!", "Where is the moon?"])
    person = people().go("/collections/exam/duplicates")
    page = person.page
    page.select_option("label:has-text('Compare the records with') select", questions)
    page.click("text=Look for duplicates")
    page.wait_for_selector(f".threshold >> text=of 3 records here repeat one of {questions}")
    assert page.inner_text(".threshold .big") == "2"
    assert questions in page.inner_text(".pair:first-child .texts > :last-child .soft")
    page.reload()  # the address has the other collection
    page.wait_for_selector(".pair >> nth=1")
    assert page.locator(".pair >> text=Keep left").count() == 0
    assert person.findings() == []
    page.click(".pair:has-text('My card was stolen') >> text=Delete it here")
    page.wait_for_selector("text=It was deleted here.")
    page.wait_for_selector(".title >> text=2 records")
    person.go(f"/collections/{questions}")
    page.wait_for_selector("text=15 records")
    person.go("/collections/exam/duplicates")
    page.wait_for_selector("text=Finds records that say nearly the same.")
    assert page.locator(".pair").count() == 0


@LOOKS
def test_the_map_is_accessible(
    people: People, subjects: str, locale: str, width: int, scheme: str
) -> None:
    person = people(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 844})
    outliers = f"/explore/{subjects}?outliers=1"
    for path in ("/explore", f"/explore/{subjects}", outliers):
        person.go(path)
        if subjects in path:
            person.page.wait_for_selector("html[data-map=tsne-named]", timeout=120_000)
        if path == outliers:
            person.page.wait_for_selector(".outliers li")
        person.page.wait_for_load_state("networkidle")
        assert person.findings() == [], path
        assert person.overflow() == 0, path
