"""Clusters on the map: split, named, and with notes that everybody sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.workspace.conftest import Person, Workspace
from tests.web.workspace.test_explore import SUBJECTS, VERBS

pytestmark = pytest.mark.browser
People = Callable[..., Person]
NAMES = ".names input[aria-label^='Name of']"
DRAWN = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


@pytest.fixture(scope="module")
def grouped(workspace: Workspace) -> str:
    """The name of a collection with clusters."""
    texts = [f"{each} {verb}" for subjects in SUBJECTS.values() for each in subjects
             for verb in VERBS]  # fmt: skip
    workspace.collection("grouped", texts)
    return "grouped"


def open_names(person: Person, name: str) -> None:
    """Open the map with few clusters, which finer ones divide, and the form of their names."""
    person.go(f"/explore/{name}?clusters=2")
    person.page.wait_for_selector("html[data-map=tsne-named]", timeout=120_000)
    person.page.click("text=Rename, join and split clusters")


def test_a_cluster_is_split_and_has_a_note(people: People, grouped: str) -> None:
    person = people()
    open_names(person, grouped)
    page = person.page
    before = page.locator(NAMES).count()
    sizes = [int(each) for each in page.locator(".cluster .soft").all_inner_texts()]
    for n in range(before):
        page.locator(".cluster >> text='Split'").nth(n).click()
        page.evaluate(DRAWN)
        if page.locator(NAMES).count() > before:
            break
    after = [int(each) for each in page.locator(".cluster .soft").all_inner_texts()]
    assert len(after) > before
    assert after[n] + sum(after[before:]) <= sizes[n]
    assert after[:n] + after[n + 1 : before] == sizes[:n] + sizes[n + 1 :]
    for each in range(len(after)):
        page.locator(NAMES).nth(each).fill(f"cluster {each}")
    page.locator(".cluster >> text='Note'").nth(n).click()
    page.locator(".names textarea").fill("The first part.\nAsk the team about it.")
    assert person.findings() == []
    page.click("text=Save as a field")
    page.wait_for_selector(f".notes:has-text('cluster {n}') >> text=Ask the team about it.")
    legend = page.locator(".legend li:has-text('cluster')")
    assert legend.count() == len(after)
    assert page.inner_text(f".legend li:has-text('cluster {n}') .soft") == str(after[n])

    other = people().go(f"/explore/{grouped}?color=topic")
    other.page.wait_for_selector("html[data-map=tsne-named]")
    other.page.click("text=Draw again")  # the map of now has the field
    other.page.wait_for_selector(".notes >> text=The first part.", timeout=120_000)
    other.page.click("text=Write notes")
    assert other.findings() == []
    other.page.fill(f"label:has-text('cluster {n}') textarea", "")
    other.page.click("text=Save the notes")
    other.page.wait_for_selector(".notes", state="detached")


def test_a_split_can_be_given_up(people: People, grouped: str) -> None:
    person = people()
    open_names(person, grouped)
    page = person.page
    names = page.locator(NAMES).evaluate_all("all => all.map((each) => each.value)")
    for n in range(len(names)):
        page.locator(".cluster >> text='Split'").nth(n).click()
    page.click(".names >> text=Cancel")
    page.click("text=Rename, join and split clusters")
    assert page.locator(NAMES).evaluate_all("all => all.map((each) => each.value)") == names


@pytest.mark.parametrize(("locale", "scheme"), [("en", "dark"), ("zh-CN", "light")])
def test_the_form_fits_a_phone(people: People, grouped: str, locale: str, scheme: str) -> None:
    viewport = {"width": 390, "height": 844}
    person = people(locale=locale, color_scheme=scheme, viewport=viewport)
    person.go(f"/explore/{grouped}")
    person.page.wait_for_selector("html[data-map=tsne-named]", timeout=120_000)
    person.page.click("text=/^(Rename, join and split clusters|重命名、合并与拆分簇)$/")
    person.page.wait_for_selector(".cluster")
    assert (person.findings(), person.overflow()) == ([], 0)
