"""Tasks have MTEB's own settings by name, and the caller's where some are given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from likewise.errors import InputError, RecordError
from likewise.evaluation.discover import Reading, find_tasks
from likewise.evaluation.mteb_tasks import mteb_task
from likewise.evaluation.task_settings import TaskSettings, mteb_settings
from likewise.evaluation.tasks import Classification, Clustering, Retrieval, Sts


def table(path: Path, rows: list[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def reading(**settings: object) -> Reading:
    return Reading({}, settings=TaskSettings(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["EmotionClassification", "emotion", "Emotion Classification", "emotion-classification"]
)
def test_a_task_is_found_by_its_name(name: str) -> None:
    assert mteb_settings(name).samples == 16


def test_an_unknown_name_has_the_defaults() -> None:
    assert mteb_settings("our questions") == TaskSettings()


def test_settings_of_the_caller_replace_those_of_the_task() -> None:
    found = TaskSettings(samples=3).over(TaskSettings(split="dev", samples=16, runs=5))
    assert (found.split, found.samples, found.runs) == ("dev", 3, 5)


@pytest.mark.parametrize(
    "name",
    ["EmotionClassification", "ToxicConversationsClassification", "Banking77Classification",
     "ArguAna", "MSMARCO", "StackExchangeClustering", "StackExchangeClustering.v2",
     "MassiveIntentClassification"],
)  # fmt: skip
def test_the_stored_settings_are_those_of_mteb(name: str) -> None:
    mteb = pytest.importorskip("mteb")
    task, found = mteb.get_task(name), mteb_settings(name)
    assert (found.split or "test") in task.metadata.eval_splits
    assert (found.samples or 8) == getattr(task, "samples_per_label", 8)
    assert bool(found.skip_same_id) == getattr(task, "ignore_identical_ids", False)
    assert found.fraction == getattr(task, "max_fraction_of_documents_to_embed", None)
    legacy = "AbsTaskClusteringLegacy" in {each.__name__ for each in type(task).__mro__}
    assert bool(found.by_set) == legacy


def test_a_folder_named_as_in_mteb_has_its_settings(tmp_path: Path) -> None:
    for folder in ("emotion", "ours"):
        for split in ("train", "test"):
            table(tmp_path / folder / f"{split}.jsonl", [{"text": "a", "label": "x"}] * 2)
    (emotion,), (ours,) = (find_tasks(tmp_path / folder) for folder in ("emotion", "ours"))
    assert isinstance(emotion, Classification)
    assert isinstance(ours, Classification)
    assert (emotion.samples, ours.samples) == (16, 8)
    (chosen,) = find_tasks(tmp_path / "emotion", reading(samples=4, runs=2))
    assert isinstance(chosen, Classification)
    assert (chosen.samples, chosen.runs) == (4, 2)


def test_a_split_is_chosen(tmp_path: Path) -> None:
    for split, rating in (("train", 1.5), ("dev", 2.5), ("test", 3.5)):
        pair = {"sentence1": "a", "sentence2": "b", "score": rating}
        table(tmp_path / "sts" / f"{split}.jsonl", [pair])
    choices = {"train": 1.5, "validation": 2.5, "test": 3.5, None: 3.5}
    for chosen, rating in choices.items():
        (task,) = find_tasks(tmp_path / "sts", reading(split=chosen))
        assert isinstance(task, Sts)
        assert task.ratings == [rating]
        assert task.split == (chosen or "test")
    with pytest.raises(RecordError, match="no task with the split 'holdout'"):
        find_tasks(tmp_path / "sts", reading(split="holdout"))


def test_a_language_is_chosen(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"text": "a", "label": "x", "lang": "en-US"},
        {"text": "b", "label": "x", "lang": "de"},
    ]
    path = table(tmp_path / "topics.jsonl", rows)
    (task,) = find_tasks(path, reading(languages=("en",)))
    assert isinstance(task, Clustering)
    assert task.texts == ["a"]
    with pytest.raises(RecordError, match="no rows of the language fr") as refused:
        find_tasks(path, reading(languages=("fr",)))
    assert "de, en-us" in str(refused.value.hint)


def test_documents_with_the_id_of_the_query(tmp_path: Path) -> None:
    folder = tmp_path / "arguana"
    texts: list[dict[str, object]] = [{"_id": "1", "text": "a"}]
    table(folder / "corpus.jsonl", texts)
    table(folder / "queries.jsonl", texts)
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\t1\t1\n")
    (task,) = find_tasks(folder)
    assert isinstance(task, Retrieval)
    assert task.skip_same_id


def test_rows_that_are_sets_of_texts(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"sentences": ["a", "b"], "labels": ["x", "y"]},
        {"sentences": ["c"], "labels": ["x"]},
    ]
    (task,) = find_tasks(table(tmp_path / "sets.jsonl", rows))
    assert isinstance(task, Clustering)
    assert (task.texts, task.labels, task.sets) == (["a", "b", "c"], ["x", "y", "x"], [0, 0, 1])
    assert task.by_set
    uneven: list[dict[str, object]] = [{"sentences": ["a", "b"], "labels": ["x"]}]
    with pytest.raises(RecordError, match="more texts than labels"):
        find_tasks(table(tmp_path / "uneven.jsonl", uneven))


def test_a_language_of_a_task_of_mteb() -> None:
    pytest.importorskip("mteb")
    every = mteb_task("MassiveIntentClassification")
    english = mteb_task("MassiveIntentClassification", TaskSettings(languages=("eng",), samples=3))
    assert len(every.task.hf_subsets) > 40
    assert english.task.hf_subsets == ["en"]
    assert english.task.samples_per_label == 3
    assert mteb_task("MassiveIntentClassification").task.samples_per_label == 8
    with pytest.raises(InputError, match="language"):
        mteb_task("MassiveIntentClassification", TaskSettings(languages=("klingon",)))
