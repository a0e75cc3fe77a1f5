"""Evaluations are cached, resumed, written, and compared with a baseline."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from likewise.errors import InputError, MissingExtraError, RecordError
from likewise.evaluation.results import Evaluation, load_evaluation
from likewise.evaluation.run import compare_with_baseline, evaluate, load_tasks
from likewise.evaluation.tasks import BitextMining, Sts
from likewise.evaluation.vector_cache import BATCH, CachedEncoder

FIRST, SECOND = ["a cat", "a dog runs", "the sea"], ["one cat", "dogs run", "the wide sea"]
STS = Sts("sts", FIRST, SECOND, [5, 2, 4])
BITEXT = BitextMining("bitext", FIRST, SECOND)


def test_cached_texts_are_not_encoded_again(model: Any, tmp_path: Path) -> None:
    texts = [f"text {i}" for i in range(20)]
    first = CachedEncoder(model, tmp_path).encode(texts)
    assert (first == model.encode(texts)).all()
    model.encoded.clear()
    again = CachedEncoder(model, tmp_path).encode([*texts[::-1], "new"])
    assert model.encoded == ["new"]
    assert (again[:20] == first[::-1]).all()


def test_an_interrupted_encoding_is_resumed(model: Any, tmp_path: Path) -> None:
    texts = [f"text {i}" for i in range(2 * BATCH)]

    class InterruptedEncoder:
        fingerprint = model.fingerprint
        calls = 0

        def encode(self, sentences: list[str]) -> np.ndarray:
            self.calls += 1
            if self.calls == 2:
                raise KeyboardInterrupt
            return np.asarray(model.encode(sentences))

    with pytest.raises(KeyboardInterrupt):
        CachedEncoder(InterruptedEncoder(), tmp_path).encode(texts)
    model.encoded.clear()
    CachedEncoder(model, tmp_path).encode(texts)
    assert len(model.encoded) == BATCH


def test_the_cache_is_separate_for_each_fingerprint_prompt_and_role(
    model: Any, tmp_path: Path
) -> None:
    CachedEncoder(model, tmp_path).encode(["x"])
    other = type(model)()
    other.fingerprint = "another"
    CachedEncoder(other, tmp_path).encode(["x"])
    assert other.encoded == ["x"]
    prompted = type(model)()
    prompted.prompts = {"query": "q: "}
    cached = CachedEncoder(prompted, tmp_path)
    cached.encode_query(["x"])
    cached.encode_document(["x"])
    assert prompted.encoded == ["x", "x"]


def test_vectors_of_a_model_without_a_fingerprint_are_not_written(tmp_path: Path) -> None:
    class Plain:
        def encode(self, sentences: list[str]) -> np.ndarray:
            return np.ones((len(sentences), 2))

    evaluate([Plain()], [BITEXT], cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_results_can_be_saved_and_loaded(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    done = evaluate([model], [STS, BITEXT], output=path, cache=tmp_path)
    back = load_evaluation(path)
    assert back.models == done.models
    assert back.manifest["seed"] == 42
    assert back.manifest["versions"]["numpy"] == np.__version__
    assert back.models[0].fingerprint == model.fingerprint


def test_results_are_in_the_format_of_mteb(model: Any, tmp_path: Path) -> None:
    mteb = pytest.importorskip("mteb")
    done = evaluate([model], [STS], cache=tmp_path)
    result = mteb.results.TaskResult.model_validate(done.models[0].tasks[0].to_mteb())
    assert result.get_score() == pytest.approx(done.models[0].tasks[0].score / 100)


def test_a_second_run_uses_earlier_results(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    evaluate([model], [STS], output=path, use_cache=False)
    model.encoded.clear()
    done = evaluate([model], [STS, BITEXT], output=path, use_cache=False)
    assert len(model.encoded) == 6, "only the new task was encoded"
    assert [t.task for t in done.models[0].tasks] == ["sts", "bitext"]
    model.encoded.clear()
    evaluate([model], [replace(STS, ratings=[1, 2, 3])], output=path, use_cache=False)
    assert model.encoded, "other data with the same name are scored again"


def test_an_interrupted_run_keeps_its_results(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "results.json"

    def interrupted(_: Any, __: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate([model], [STS, BITEXT], output=path, use_cache=False, on_result=interrupted)
    assert [t.task for t in load_evaluation(path).models[0].tasks] == ["sts"]


def shifted(evaluation: Evaluation, points: float) -> Evaluation:
    (one,) = evaluation.models
    tasks = tuple(
        replace(t, scores=dict(t.scores) | {t.main: t.scores[t.main] + points / 100})
        for t in one.tasks
    )
    return replace(evaluation, models=(replace(one, tasks=tasks),))


@pytest.mark.parametrize(("fell", "too_much"), [(0.29, False), (0.31, True), (-5.0, False)])
def test_a_drop_beyond_the_limit_fails(model: Any, fell: float, too_much: bool) -> None:
    now = evaluate([model], [STS], use_cache=False)
    (drop,) = compare_with_baseline(now, shifted(now, fell), 0.3)
    assert drop.too_much is too_much
    assert drop.before - drop.now == pytest.approx(fell)


def test_a_score_of_nan_fails(model: Any) -> None:
    now = evaluate([model], [STS], use_cache=False)
    assert compare_with_baseline(shifted(now, float("nan")), now, 0.3)[0].too_much


def test_the_baseline_must_have_the_same_data(model: Any) -> None:
    now = evaluate([model], [STS], use_cache=False)
    other = evaluate([model], [replace(STS, ratings=[1, 2, 3])], use_cache=False)
    with pytest.raises(RecordError, match="no 'sts' on the same data"):
        compare_with_baseline(now, other, 0.3)


@pytest.mark.parametrize("content", ["", "[]", '{"format": "other"}', "\x00"])
def test_a_file_without_results_is_reported(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.json").write_text(content)
    with pytest.raises(RecordError, match=r"r\.json"):
        load_evaluation(tmp_path / "r.json")


def test_a_task_of_mteb_is_run(model: Any) -> None:
    pytest.importorskip("mteb")
    from datasets import Dataset
    from mteb.abstasks import AbsTaskSTS
    from mteb.tasks.sts.eng.sts_benchmark_sts import STSBenchmarkSTS

    from likewise.evaluation.mteb_tasks import MtebTask

    class Offline(AbsTaskSTS):
        metadata = STSBenchmarkSTS.metadata.model_copy()
        min_score, max_score = 0, 5

        def load_data(self, **_: Any) -> None:  # type: ignore[override]
            rows = {"sentence1": FIRST, "sentence2": SECOND, "score": [5.0, 2.0, 4.0]}
            self.dataset = {"test": Dataset.from_dict(rows)}
            self.data_loaded = True

    result = MtebTask(Offline()).run(model)
    assert result.main_score == "cosine_spearman"
    assert result.score == pytest.approx(STS.run(model).score)
    assert evaluate([model], [MtebTask(Offline())], use_cache=False).models[0].tasks[0].data


def test_data_that_cannot_be_downloaded_are_reported(model: Any) -> None:
    pytest.importorskip("mteb")
    from mteb.tasks.sts.eng.sts_benchmark_sts import STSBenchmarkSTS

    from likewise.evaluation.mteb_tasks import MtebTask

    class Unreachable(STSBenchmarkSTS):
        def load_data(self, **_: Any) -> None:  # type: ignore[override]
            raise ConnectionError("Couldn't reach 'mteb/stsbenchmark-sts' on the Hub")

    with pytest.raises(RecordError, match="cannot download the data of STSBenchmark"):
        MtebTask(Unreachable()).run(model)


def test_other_names_are_tasks_of_mteb() -> None:
    with pytest.raises(RecordError, match="no such file"):
        load_tasks(["nowhere/at.csv"])
    with pytest.raises((InputError, MissingExtraError), match=r"NoSuchTaskAnywhere|mteb"):
        load_tasks(["NoSuchTaskAnywhere"])


def test_the_file_is_plain_json(model: Any, tmp_path: Path) -> None:
    evaluate([model], [STS], output=tmp_path / "r.json", use_cache=False)
    record = json.loads((tmp_path / "r.json").read_text())
    (task,) = record["models"][0]["tasks"]
    assert task["scores"]["test"][0]["main_score"] == task["scores"]["test"][0]["cosine_spearman"]
