"""The maps of two models side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web.workspace.conftest import Person
from tests.web.workspace.test_explore import SUBJECTS, VERBS

pytestmark = pytest.mark.browser
People = Callable[..., Person]


@pytest.fixture(autouse=True)
def _another_model(monkeypatch: pytest.MonkeyPatch, other_model_folder: Path) -> None:
    monkeypatch.setenv("LIKEWISE_MODELS", str(other_model_folder.parent))


def test_two_models_are_drawn_side_by_side(people: People) -> None:
    person = people()
    texts = [f"{each} {verb}" for subjects in SUBJECTS.values() for each in subjects
             for verb in VERBS]  # fmt: skip
    person.workspace.collection("twice", texts)
    page = person.go("/explore/twice").page
    page.select_option(".beside select", "disturbed")
    page.click("text=Draw both maps")
    page.wait_for_selector(".twomaps figure >> nth=1", timeout=120_000)
    assert page.locator("figcaption").all_inner_texts() == [
        "Map by all-MiniLM-L6-v2", "Map by disturbed",
    ]  # fmt: skip
    shares = page.locator(".moved .near li").all_inner_texts()
    assert "neighbors in common" in shares[0]
    page.hover(".moved .near li:first-child button")
    lines = page.locator(".tipline").all_inner_texts()
    assert lines[0] == lines[1] == page.inner_text(".moved li:first-child span >> nth=0")
    assert person.findings() == []
    page.click(".moved .near li:first-child button")
    page.wait_for_selector(".panel .near li")
    page.reload()  # the address has the model and the text; nothing is computed again
    page.wait_for_selector(".twomaps .panel .near li")
    page.click(".panel header button")
    page.wait_for_selector(".moved .near li")
    page.select_option(".beside select", "")
    page.wait_for_selector("html[data-map=tsne-named]", timeout=120_000)


@pytest.mark.parametrize(
    ("locale", "width", "scheme"), [("en", 1000, "dark"), ("zh-CN", 390, "light")]
)
def test_two_maps_are_accessible(people: People, locale: str, width: int, scheme: str) -> None:
    person = people(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 844})
    person.go("/explore/twice?beside=disturbed")
    person.page.wait_for_selector(".twomaps .near li", timeout=120_000)
    assert (person.findings(), person.overflow()) == ([], 0)
