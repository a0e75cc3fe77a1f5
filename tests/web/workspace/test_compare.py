"""Comparisons of models in the workspace: what is chosen, and what is seen while they run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from safetensors.numpy import save_file

from likewise.checkpoint.inventory import add
from tests.web.workspace.conftest import Person, Workspace

pytestmark = pytest.mark.browser
People = Callable[..., Person]

SUBJECTS = (
    ("my card", "the credit card", "the weather"), ("the cat", "a kitten", "our company card"),
    ("the rain", "heavy rain", "a grey kitten"), ("the program", "this script", "snow"),
)  # fmt: skip
VERBS = ("is a problem today", "made me late", "came back yesterday", "was not what I expected",
         "surprised everybody", "is hard to describe")  # fmt: skip


def labelled_pairs(path: Path) -> Path:
    """48 pairs of which half match."""
    rows = ["sentence1,sentence2,label"]
    for subject, same, other in SUBJECTS:
        for n, verb in enumerate(VERBS):
            rows.append(f"{subject} {verb},{same} {verb},1")
            rows.append(f"{subject} {verb},{other} {VERBS[n - 1]},0")
    path.write_text("\n".join(rows), "utf-8")
    return path


@dataclass
class Compared:
    """A comparison that is done: of the default model with one of random weights."""

    path: str
    job: str


@pytest.fixture(scope="module")
def two_models(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Two models on this machine; one has random vectors of words with 64 dimensions."""
    folder = tmp_path_factory.mktemp("static")
    vectors = np.random.default_rng(0).normal(size=(30522, 64)).astype(np.float32)
    save_file({"embeddings": vectors}, folder / "model.safetensors")
    shutil.copy(model_folder / "tokenizer.json", folder)
    (folder / "config.json").write_text('{"model_type": "model2vec", "normalize": true}')
    add(folder, "random-words")
    return "all-MiniLM-L6-v2", "random-words"


def choose(person: Person, data: Path, models: tuple[str, ...]) -> Any:
    """Fill in the form: float32 alone."""
    page = person.go("/compare").page
    page.set_input_files("input[type=file]:not([webkitdirectory])", data)
    page.wait_for_selector(f".chip >> text={data.name}")
    for model in models[1:]:
        page.click(f".choices label:has-text('{model}')")
    page.click("fieldset:has-text('formats of the network') label >> text=int8")
    return page


@pytest.fixture(scope="module")
def compared(
    browser: Any, workspace: Workspace, two_models: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Compared]:  # fmt: skip
    """One comparison for the tests that look at results."""
    context = browser.new_context()
    context.set_default_timeout(60_000)
    data = labelled_pairs(tmp_path_factory.mktemp("compared") / "pairs.csv")
    page = choose(Person(context.new_page(), workspace), data, two_models)
    page.click("button.primary >> text=Compare")
    page.wait_for_selector(".verdict", timeout=240_000)
    job = str(page.url).rpartition("/")[2]
    yield Compared(f"/compare/{job}", job)
    context.close()


def test_the_board_fills_while_the_comparison_runs(
    people: People, two_models: tuple[str, str], tmp_path: Path
) -> None:
    person = people()
    page = choose(person, labelled_pairs(tmp_path / "filling.csv"), two_models)
    assert page.inner_text("form .buttons .soft") == "18 candidates"
    page.fill("label:has-text('Other numbers') input", "96, 64, 32")
    page.click("fieldset:has-text('formats of the vectors') label >> text=binary")
    page.click("fieldset:has-text('Dimensions') label >> text=a quarter")
    assert page.inner_text("form .buttons .soft") == "20 candidates"
    assert person.findings() == []
    page.click("button.primary >> text=Compare")
    page.wait_for_selector(".job.running")
    page.wait_for_selector(".board tbody tr >> nth=0", timeout=240_000)
    first = page.inner_text(".board tbody")
    assert "all-MiniLM-L6-v2" in first
    assert page.locator(".verdict").count() == 0
    assert person.findings() == []
    page.reload()  # what was scored is stored with the job
    page.wait_for_selector(".board tbody tr >> nth=0")
    assert page.locator(".verdict").count() == 0, "the reload came too late to test anything"
    page.wait_for_selector(".verdict", timeout=240_000)
    assert page.inner_text(".verdict").startswith("Take all-MiniLM-L6-v2")
    page.click("text=more >> visible=true")
    rows = page.locator(".board tbody tr").all_inner_texts()
    # 96, 192 and 384 of the default model; the other one has 64: 64, 32 and a half of it
    assert {row.split("\t")[2] for row in rows} == {"384", "192", "96", "64", "32"}
    assert {row.split("\t")[3] for row in rows} == {"float32", "int8"}
    assert page.locator("tr.best").count() == 1
    with page.expect_download() as waiting:
        page.click("text=Report as HTML")
    assert "<html" in Path(waiting.value.path()).read_text("utf-8")
    assert person.findings() == []


def test_a_cancelled_comparison_keeps_what_was_scored(
    people: People, two_models: tuple[str, str], tmp_path: Path
) -> None:
    person = people()
    page = choose(person, labelled_pairs(tmp_path / "cancelled.csv"), two_models)
    page.click("button.primary >> text=Compare")
    page.wait_for_selector(".board tbody tr >> nth=0", timeout=240_000)
    page.click(".job >> text=Cancel")
    page.wait_for_selector(".job.cancelled", timeout=120_000)
    assert page.locator(".board tbody tr").count() >= 1
    assert page.locator(".verdict").count() == 0


def test_a_size_that_is_no_number_is_refused(people: People, tmp_path: Path) -> None:
    person = people()
    page = choose(person, labelled_pairs(tmp_path / "refused.csv"), ("all-MiniLM-L6-v2",))
    page.fill("label:has-text('Other numbers') input", "many")
    page.click("button.primary >> text=Compare")
    page.wait_for_selector(".job.failed >> text='many' is not a number of dimensions")


def test_models_elsewhere_can_be_fetched(people: People) -> None:
    person = people().go("/compare")
    page = person.page
    page.click("summary >> text=not on this machine")
    row = page.locator(".others li:has-text('gte-small')")
    assert "MIT" in row.inner_text()
    assert "about 134 MB" in row.inner_text()
    row.locator("text=Fetch").click()
    page.wait_for_selector(".others .job")  # how it ends depends on the network
    assert person.findings() == []


def test_a_collection_is_data_too(people: People, questions: str) -> None:
    page = people().go("/compare").page
    page.select_option("label:has-text('A collection') select", questions)
    page.wait_for_selector(f".chip >> text={questions}.jsonl")


def test_the_api_has_the_rows_while_they_come(workspace: Workspace, compared: Compared) -> None:
    api = f"{workspace.address}/api/v1/jobs/{compared.job}"
    messages = httpx.get(api).json()["messages"]
    scored = [each["values"]["candidate"] for each in messages if each["code"] == "scored"]
    result = httpx.get(f"{api}/result").json()
    assert len(scored) == len(result["results"]) == 18
    assert all(row["candidate"] in scored for row in result["results"])


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_comparisons_are_accessible(
    people: People, compared: Compared, locale: str, width: int, scheme: str
) -> None:
    person = people(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 844})
    for path, ready in (("/compare", ".choices label"), (compared.path, ".verdict")):
        person.go(path)
        person.page.wait_for_selector(ready)
        person.page.wait_for_load_state("networkidle")
        assert person.findings() == [], path
        assert person.overflow() == 0, path
