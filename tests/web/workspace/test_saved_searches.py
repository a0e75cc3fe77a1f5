"""Saved searches: one browser saves them with the collection, another one opens them."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.web.workspace.conftest import Person

pytestmark = pytest.mark.browser
People = Callable[..., Person]


def save(person: Person, title: str) -> None:
    """Save the search of the page under a title."""
    person.page.click(".searchbar >> text=Save")
    person.page.fill("dialog[open] input", title)
    person.page.click("dialog[open] button.primary")
    person.page.wait_for_selector("text=The search is saved with the collection.")


def test_another_browser_sees_what_was_saved(people: People, questions: str) -> None:
    one, two = people(), people()
    one.go(f"/collections/{questions}?mode=hybrid&fold=1")
    one.page.click(".facet .value >> text=refunds")
    one.page.wait_for_selector("text=5 records")
    one.page.wait_for_load_state("networkidle")
    one.search("money back")
    save(one, "refund questions")
    two.go(f"/collections/{questions}")
    two.page.click(".chip a >> text=refund questions")
    two.page.wait_for_url("**q=money+back**")
    two.page.wait_for_selector(".hit >> text=How do I get my money back")
    assert two.page.is_checked(".facet .value:has-text('refunds') input")
    assert two.page.is_checked(".check input")
    assert two.page.get_attribute(".segment >> text=Both", "aria-pressed") == "true"
    two.go(f"/collections/{questions}")
    two.page.click(".chip button")
    two.page.wait_for_selector(".chip", state="detached")
    two.page.click(".toast >> text=Undo")
    two.page.wait_for_selector(".chip a >> text=refund questions")
    two.page.click(".chip button")
    two.page.wait_for_selector(".chip", state="detached")
    one.go(f"/collections/{questions}")
    one.page.wait_for_selector(".hit")
    assert one.page.locator(".chip").count() == 0


def test_a_search_of_a_program_opens_with_its_condition(people: People, questions: str) -> None:
    person = people()
    body = {"query": "card", "mode": "keyword", "where": "year < 2003", "title": "early cards"}
    address = f"{person.workspace.address}/api/v1/collections/{questions}/searches"
    assert httpx.post(address, json=body).status_code == 200
    person.go(f"/collections/{questions}")
    person.page.click(".chip a >> text=early cards")
    person.page.wait_for_selector(".chip code >> text=year < 2003")
    person.page.wait_for_selector("text=3 results")  # of "card", before 2003
    assert person.page.locator(".hit").count() == 3
    person.page.click(".chip button")
    person.page.wait_for_selector("text=5 results")
    assert httpx.post(f"{address}/remove", json={"ids": ["early cards"]}).status_code == 200


@pytest.mark.parametrize(
    ("locale", "width", "scheme"), [("en", 1280, "dark"), ("zh-CN", 390, "light")]
)
def test_saving_is_accessible(
    people: People, questions: str, locale: str, width: int, scheme: str
) -> None:
    person = people(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 844})
    address = f"{person.workspace.address}/api/v1/collections/{questions}/searches"
    titles = [f"A search with a name of some length, {n}" for n in range(14)]
    for title in titles:
        httpx.post(address, json={"query": "card", "title": title})
    person.go(f"/collections/{questions}")
    person.page.wait_for_selector(".chip >> nth=11")
    assert (person.findings(), person.overflow()) == ([], 0)
    person.go(f"/collections/{questions}?q=card")
    person.page.wait_for_selector(".hit")
    person.page.click(".searchbar > button")
    person.page.wait_for_selector("dialog[open]")
    assert (person.findings(), person.overflow()) == ([], 0)
    httpx.post(f"{address}/remove", json={"ids": titles})
