"""The operation `evaluate`: scores, progress, the baseline, and the file of results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from likewise.operations.evaluate import EvaluateRequest, evaluate
from likewise.operations.session import Session
from tests.operations.stages import Stages

SENTENCES = Path(__file__).parents[1] / "evaluation" / "gate" / "sentences.tsv"


def test_scores_progress_and_a_baseline(model_folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    stages = Stages()
    request = EvaluateRequest(
        models=(str(model_folder),), tasks=(str(SENTENCES),), compute="float32", cache=False,
        output=results,
    )  # fmt: skip
    result = evaluate(request, Session(progress=stages))
    assert stages.titles == ["encoding"], "progress is shown without a cache too"
    stages.check()
    (task,) = result.evaluation.models[0].tasks
    assert 75 < task.score < 100
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["output"] == str(results)
    assert plain["models"] == json.loads(results.read_text())["models"]
    record = json.loads(results.read_text())
    scores = record["models"][0]["tasks"][0]["scores"]["test"][0]
    scores["cosine_spearman"] = scores["main_score"] = 1.0
    results.write_text(json.dumps(record))
    again = EvaluateRequest(
        models=(str(model_folder),), tasks=(str(SENTENCES),), compute="float32", cache=False,
        baseline=results,
    )  # fmt: skip
    failed = evaluate(again, Session())
    assert failed.failure is not None
    assert "fell from 100.00" in failed.failure.reasons[0]
    assert failed.to_dict()["drops"][0]["too_much"]


def test_the_encoding_of_the_request_is_used(
    tiny_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    table = tmp_path / "pairs.csv"
    rows = ["sentence1,sentence2,score", "Größe,Maß,3", "Straße,Weg,2", "Tür,Übung,0"]
    table.write_text("\n".join(rows), encoding="utf-16-le")  # without a byte order mark
    folder = str(tiny_checkpoint())
    request = EvaluateRequest(
        models=(folder,), tasks=(str(table),), cache=False, encoding="utf-16-le"
    )
    (task,) = evaluate(request, Session()).evaluation.models[0].tasks
    assert task.type == "STS"
