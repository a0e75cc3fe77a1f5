"""Comparisons of models in the workspace: what is chosen, and what is seen while they run."""

from __future__ import annotations

import re
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
from likewise.evaluation.decisions import PairCounts
from tests.web.workspace.conftest import LOOKS, Person, Workspace

pytestmark = pytest.mark.browser
People = Callable[..., Person]

SUBJECTS = (
    ("the physician", "a doctor", "snow"), ("the cat", "a kitten", "our company"),
    ("the rain", "a shower", "my grandmother"), ("the film", "a movie", "her bicycle"),
)  # fmt: skip
"""Each with another word for it, and with something else."""
VERBS = (
    ("is a problem today", "causes trouble now"), ("made me late", "delayed my arrival"),
    ("came back yesterday", "returned one day ago"), ("was expensive", "cost a lot of money"),
    ("surprised everybody", "astonished all people"), ("fell asleep", "began to doze"),
)  # fmt: skip
"""Each with other words for it: the words that two texts share do not tell which pairs match."""


def labelled_pairs(path: Path) -> Path:
    """48 pairs of which half match."""
    rows = ["sentence1,sentence2,label"]
    for subject, same, other in SUBJECTS:
        for verb, alike in VERBS:
            rows.append(f"{subject} {verb},{same} {alike},1")
            rows.append(f"{subject} {verb},{other} {verb},0")
    path.write_text("\n".join(rows), "utf-8")
    return path


@dataclass
class Compared:
    """A comparison that is done: of the default model with one of random weights."""

    path: str
    job: str


@pytest.fixture(scope="module")
def two_models(
    model_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Two models on this machine; one has random vectors of words with 64 dimensions."""
    folder = tmp_path_factory.mktemp("static")
    vectors = np.random.default_rng(0).normal(size=(30522, 64)).astype(np.float32)
    save_file({"embeddings": vectors}, folder / "model.safetensors")
    shutil.copy(model_folder / "tokenizer.json", folder)
    (folder / "config.json").write_text('{"model_type": "model2vec", "normalize": true}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIKEWISE_MODELS", str(tmp_path_factory.mktemp("models")))
        add(folder, "random-words")
        yield "all-MiniLM-L6-v2", "random-words"


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
    page.reload()  # what was scored is stored with the job
    page.wait_for_selector(".board tbody tr >> nth=0")
    assert page.locator(".verdict").count() == 0, "the reload came too late to test anything"
    assert person.findings() == []
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


def test_a_collection_is_data_too(people: People, questions: str) -> None:
    page = people().go("/compare").page
    page.select_option("label:has-text('A collection') select", questions)
    page.wait_for_selector(f".chip >> text={questions}.jsonl")


def shares(page: Any) -> list[float]:
    """Precision, recall and F1 that the page shows, in percent."""
    return [float(text.removesuffix(" %")) for text in numbers(page)[1:4]]


def numbers(page: Any) -> list[str]:
    return [str(text) for text in page.locator(".decision dd").all_inner_texts()]


def wait(page: Any, place: int, text: str) -> None:
    """Wait until a number of the decision is there."""
    page.wait_for_function(
        "([n, text]) => document.querySelectorAll('.decision dd')[n].innerText === text",
        arg=[place, text],
    )


def test_items_on_which_two_candidates_disagree(people: People, compared: Compared) -> None:
    person = people().go(compared.path)
    page = person.page
    page.wait_for_selector(".disagreeing li")
    first, second = (page.input_value(f"label:has-text('{n}') select")
                     for n in ("One candidate", "Another one"))  # fmt: skip
    assert first.startswith("all-MiniLM-L6-v2")
    assert second.startswith("random-words"), "the best of another model"
    result = httpx.get(f"{person.workspace.address}/api/v1/jobs/{compared.job}/result").json()
    labels = [
        "{model} {compute} · {dimension} × {precision}".format(**row["candidate"])
        for row in result["results"]
    ]
    one, other = labels.index(first), labels.index(second)
    largest = max(
        result["disagreements"]["items"], key=lambda i: abs(i["scores"][one] - i["scores"][other])
    )
    top = page.inner_text(".disagreeing li:first-child")
    assert abs(largest["scores"][one] - largest["scores"][other]) > 0.1
    assert any(
        item["input"] in top
        for item in result["disagreements"]["items"]
        if abs(item["scores"][one] - item["scores"][other])
        == pytest.approx(abs(largest["scores"][one] - largest["scores"][other]))
    )
    assert "Expected: " in top
    assert "cosine" in top
    count = result["disagreements"]["higher"][one][other]
    assert f"The first scores higher on {count} item" in page.inner_text(
        "p:has-text('about equal')"
    )
    page.select_option("label:has-text('Another one') select", labels[one])
    assert page.locator(".disagreeing").count() == 0, "a candidate agrees with itself"
    page.select_option("label:has-text('Another one') select", labels[-1])
    page.wait_for_selector(".disagreeing li")
    before = page.inner_text(".disagreeing")
    page.reload()  # the address has the choice
    page.wait_for_selector(".disagreeing li")
    assert page.inner_text(".disagreeing") == before
    assert person.findings() == []


def test_results_of_items_are_in_the_language_of_the_page(
    people: People, compared: Compared
) -> None:
    page = people(locale="zh-CN").go(compared.path).page
    page.wait_for_selector(".disagreeing li")
    top = page.inner_text(".disagreeing li:first-child")
    assert re.search("应为：(不)?匹配", top)
    assert re.search(r"匹配：余弦相似度 -?0\.\d\d，最佳阈值 -?0\.\d\d", top)
    assert "cosine" not in page.inner_text(".disagreeing")
    page.click("details summary")
    assert "cosine" not in page.inner_text("details ul")


def test_a_threshold_is_explored_without_the_server(people: People, compared: Compared) -> None:
    person = people().go(compared.path)
    page = person.page
    page.wait_for_selector(".decision")
    assert page.locator("text=Use the best").count() == 0, "it begins at the best"
    best, cost = numbers(page)[0], float(numbers(page)[6])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    slider = page.locator(".threshold input[type=range]")
    slider.fill("0.1")
    assert shares(page)[1] == 100
    assert float(numbers(page)[6]) > cost
    slider.fill(slider.get_attribute("max"))
    assert numbers(page)[5] == "24", "every match is missed"
    assert shares(page)[1] == 0
    page.click("text=Use the best")
    assert (numbers(page)[0], float(numbers(page)[6])) == (best, cost)
    page.fill("label:has-text('Cost of a missed pair') input", "0")
    wait(page, 4, "0")  # if missing costs nothing, no pair is wrong
    page.fill("label:has-text('Cost of a missed pair') input", "1")
    page.fill("label:has-text('Cost of a wrong pair') input", "0")
    wait(page, 5, "0")
    assert shares(page)[1] == 100
    slider.fill("0.4")
    assert not any("/api/" in url for url in asked)
    result = httpx.get(f"{person.workspace.address}/api/v1/jobs/{compared.job}/result").json()
    chosen = next(row for row in result["results"] if row["candidate"] == result["choice"])
    counts = PairCounts(
        chosen["pairs"]["first"], tuple(chosen["pairs"]["ratings"]),
        tuple(map(tuple, chosen["pairs"]["counts"])), chosen["pairs"]["unseen"],
    )  # fmt: skip
    decision = counts.at(0.4)
    assert [int(text) for text in numbers(page)[4:6]] == [decision.wrong, decision.missed]
    expected = [100 * share for share in (decision.precision, decision.recall, decision.f1)]
    assert shares(page) == pytest.approx(expected, abs=0.051)
    page.reload()
    page.wait_for_selector(".decision")
    assert numbers(page)[0] == "0.4"
    assert person.findings() == []


def test_rated_pairs_are_matches_from_a_rating_on(people: People, tmp_path: Path) -> None:
    path = tmp_path / "rated.csv"
    rows = ["sentence1,sentence2,score"]
    for number, (subject, same, other) in enumerate(SUBJECTS):
        for n, (verb, alike) in enumerate(VERBS):
            rows.append(f"{subject} {verb},{same} {alike},{4 + 0.2 * n:.1f}")
            rows.append(f"{subject} {verb},{other} {verb},{0.5 * (number + n % 2):.1f}")
    path.write_text("\n".join(rows), "utf-8")
    page = choose(people(), path, ("all-MiniLM-L6-v2",))
    page.click("button.primary >> text=Compare")
    page.wait_for_selector(".decision", timeout=240_000)
    assert page.input_value("label:has-text('Ratings that count') select") == "4"
    slider = page.locator(".threshold input[type=range]")
    slider.fill(slider.get_attribute("max"))
    assert numbers(page)[5] == "24"
    page.select_option("label:has-text('Ratings that count') select", "0.5")
    slider.fill(slider.get_attribute("max"))
    assert int(numbers(page)[5]) > 24


def test_plain_texts_have_weak_labels_and_the_verdict_is_translated(
    people: People, tmp_path: Path
) -> None:
    path = tmp_path / "texts.txt"
    texts = [f"{subject} {verb}" for names in SUBJECTS for subject in names for verb, _ in VERBS]
    path.write_text("\n".join(texts), "utf-8")
    person = people(locale="zh-CN")
    page = person.go("/compare").page
    page.set_input_files("input[type=file]:not([webkitdirectory])", path)
    page.wait_for_selector(".chip >> text=texts.txt")
    page.click("fieldset:has-text('网络的数值格式') label >> text=int8")
    page.click("button.primary >> text=比较")
    page.wait_for_selector(".verdict", timeout=240_000)
    assert page.inner_text(".verdict").startswith("建议使用 all-MiniLM-L6-v2")
    assert not re.search(r"[a-z]+ (is|it|the|of) ", page.inner_text(".verdict"))
    assert "这些标签是生成的" in page.inner_text(".notice.warn")
    assert not re.search(r"[a-z]{3,}", page.inner_text(".notice.warn"))
    page.wait_for_selector("text=一对是查询与其相关文档")  # what a pair is, for queries
    assert page.locator(".decision dd").count() == 7
    assert person.findings() == []


def test_another_run_on_the_same_data_is_set_beside_it(
    people: People, compared: Compared, tmp_path: Path
) -> None:
    person = people()
    page = choose(person, labelled_pairs(tmp_path / "pairs.csv"), ("all-MiniLM-L6-v2",))
    page.fill("label:has-text('Other numbers') input", "48")
    page.click("button.primary >> text=Compare")
    page.wait_for_selector(".changes", timeout=240_000)
    other = page.input_value("label:has-text('Compared with') select")
    assert other == compared.job, "the data of the other tests is not the same"
    said = page.inner_text("p:has-text('in both runs')")
    assert "9 candidates are in both runs; 9 have the same score." in said
    assert "3 are only in this one, 9 only in the other." in said
    rows = page.locator(".changes tbody tr").all_inner_texts()
    assert len(rows) == 9
    assert all("the same" in row and "×" in row for row in rows)
    assert not any("· 48 ×" in row for row in rows)
    assert person.findings() == []
    page.click("text=Open the other run")
    page.wait_for_selector(".changes")
    assert "9 are only in this one, 3 only in the other." in page.inner_text(
        "p:has-text('in both runs')"
    )


def test_the_api_has_the_rows_while_they_come(workspace: Workspace, compared: Compared) -> None:
    api = f"{workspace.address}/api/v1/jobs/{compared.job}"
    messages = httpx.get(api).json()["messages"]
    scored = [each["values"]["candidate"] for each in messages if each["code"] == "scored"]
    result = httpx.get(f"{api}/result").json()
    assert len(scored) == len(result["results"]) == 18
    assert all(row["candidate"] in scored for row in result["results"])


@LOOKS
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
