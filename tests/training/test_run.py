"""Whole trainings on a small network: the command, the gate, the written folder, continuation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import likewise
from likewise.errors import CheckpointWarning, EngineError, InputError
from tests.training.conftest import make_pairs

pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from likewise.cli.main import app
from likewise.training.making_losses import keep_general
from likewise.training.recipe import DataRecipe, GateRecipe, LossChoice, LossRecipe, Recipe
from likewise.training.run import TrainingRun
from likewise.training.trainer import LEAST_STEPS

ANY_DROP = 100.0


def command(*words: object) -> Any:
    return CliRunner().invoke(app, ["train", *map(str, words)])


def test_the_shortest_form(
    tiny: Path, pairs_file: Path, tmp_path: Path, sentence_transformer: Callable[[Path], Any]
) -> None:
    output = tmp_path / "tuned"
    result = command(
        tiny, "--data", pairs_file, "--output", output, "--max-minutes", 10, "--steps", 40,
        "--batch", 16, "--learning-rate", 2e-3, "--max-drop", ANY_DROP,
        "--query", "Where do we find the owl?",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "'question' → 'answer', 180 rows" in result.stderr
    assert "20 of 200 rows are held out" in result.stderr
    assert "steps of 16 examples" in result.stderr
    assert "promoted: held-out part rose" in result.stdout
    assert "general pairs" in result.stdout
    shown = result.stdout.split("Where do we find the owl?\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in shown] == ["before"] * 3 + ["after"] * 3
    model = likewise.load(output, compute="float32")
    texts = [row["question"] for row in make_pairs()[:5]]
    published = sentence_transformer(output).encode(texts)
    np.testing.assert_allclose(model.encode(texts), published, atol=1e-5)
    before = likewise.load(tiny, compute="float32")
    assert model.fingerprint != before.fingerprint
    card = (output / "README.md").read_text()
    assert "held-out part" in card
    assert 'base_model: "tiny"' in card
    logs = output / "training"
    report = json.loads((logs / "report.json").read_text())
    assert report["verdict"]["promoted"]
    (example,) = report["examples"]
    assert example["after"] != example["before"]
    assert {near["text"] for near in example["after"]} <= {row["answer"] for row in make_pairs()}
    steps = [json.loads(line)["step"] for line in (logs / "steps.jsonl").read_text().splitlines()]
    assert steps == list(range(1, len(steps) + 1))
    assert "<svg" in (logs / "progress.html").read_text()
    assert list(logs.glob("events.out.tfevents.*"))
    assert not output.with_name("tuned.training").exists()
    again = command(tiny, "--data", pairs_file, "--output", output)
    assert again.exit_code == 1
    assert "already exists" in again.stderr


def test_a_model_that_int8_does_not_fit_is_written(
    tiny: Path, pairs_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(model: Any, *, compute: str) -> likewise.Encoder:
        if compute == "int8":
            raise EngineError("the int8 graph is discarded", hint="use float32")
        return likewise.load(model, compute=compute)

    monkeypatch.setattr("likewise.training.run.load", load)
    output = tmp_path / "tuned"
    result = command(
        tiny, "--data", pairs_file, "--output", output, "--steps", 2, "--batch", 16,
        "--max-drop", ANY_DROP, "--force",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "int8 cannot be used: the int8 graph is discarded" in result.stderr
    assert likewise.load(output, compute="float32").dimension


@pytest.mark.parametrize("force", [False, True])
def test_the_gate_refuses(tiny: Path, tmp_path: Path, force: bool) -> None:
    rows = make_pairs()
    answers = [row["answer"] for row in rows]
    np.random.default_rng(0).shuffle(answers)
    data = tmp_path / "shuffled.jsonl"
    data.write_text(
        "".join(
            json.dumps({"question": row["question"], "answer": answer}) + "\n"
            for row, answer in zip(rows, answers, strict=True)
        )
    )
    output = tmp_path / "tuned"
    words = ["--steps", 4, "--batch", 16, "--max-drop", ANY_DROP, *(["--force"] if force else [])]
    result = command(tiny, "--data", data, "--output", output, *words)
    if force:
        assert result.exit_code == 0
        assert "did not pass its gate" in (output / "README.md").read_text()
        assert likewise.load(output).dimension == 32
        return
    assert result.exit_code == 1
    assert "not promoted" in result.stderr
    assert "--force" in result.stderr
    assert not output.exists()
    assert likewise.load(tmp_path / "tuned.training" / "candidate").dimension == 32
    forced = command(tiny, "--data", data, "--output", output, *words, "--force")
    assert forced.exit_code == 0, forced.output  # the trained weights are used again
    assert "continuing after step 4" in forced.stderr
    assert output.exists()


class Notes:
    """Collects notes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, _: str, text: str) -> None:
        self.texts.append(text)


class StopError(Exception):
    """Ends a run."""


def test_continued_by_the_same_call(tiny: Path, pairs_file: Path, tmp_path: Path) -> None:
    recipe = Recipe(
        str(tiny), (DataRecipe(str(pairs_file)),), batch=16, steps=6, learning_rate=2e-3,
        dropout=0.1, gate=GateRecipe(ANY_DROP), loss=LossRecipe(stay_close=0.1, matryoshka=(32, 8)),
    )  # fmt: skip
    whole = TrainingRun(recipe, tmp_path / "whole").run()

    notes = Notes()
    run = TrainingRun(recipe, tmp_path / "parts", on_note=notes)
    from likewise.training import progress_log

    original = progress_log.ProgressLog.add

    def stop(self: Any, report: Any, advance: Any) -> None:
        original(self, report, advance)
        if report.step == 3:
            raise StopError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress_log.ProgressLog, "add", stop)
        with pytest.raises(StopError):
            run.run()
    with pytest.raises(InputError, match="other settings"):
        TrainingRun(Recipe(str(tiny), (DataRecipe(str(pairs_file)),)), tmp_path / "parts").run()
    parts = TrainingRun(recipe, tmp_path / "parts", on_note=notes).run()
    assert any("continuing" in text for text in notes.texts)
    assert parts.resumed == 3
    assert parts.fingerprint == whole.fingerprint
    lines = (tmp_path / "parts" / "training" / "steps.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3, 4, 5, 6]


def test_scored_and_labeled_data(tiny: Path, tmp_path: Path) -> None:
    rows = make_pairs()
    scored = tmp_path / "scored.csv"
    lines = [f"{row['question']},{row['answer'].replace(',', '')},5" for row in rows[:100]]
    lines += [f"{row['question']},no such place,0" for row in rows[100:]]
    scored.write_text("\n".join(["sentence1,sentence2,score", *lines]) + "\n")
    labeled = tmp_path / "labeled.tsv"
    lines = [f"{row['question']}\t{row['question'].split()[2]}" for row in rows]
    labeled.write_text("\n".join(["text\tlabel", *lines]) + "\n")
    cases: tuple[tuple[Path, LossChoice, str], ...] = (
        (scored, "auto", "scored pairs"),
        (labeled, "auto", "labeled texts"),
        (labeled, "softmax", "labeled texts"),
    )
    for path, loss, words in cases:
        notes = Notes()
        recipe = Recipe(
            str(tiny), (DataRecipe(str(path)),), batch=16, steps=3, learning_rate=2e-3,
            gate=GateRecipe(ANY_DROP, average=False), loss=LossRecipe(loss),
        )  # fmt: skip
        output = tmp_path / f"{path.stem}-{loss}"
        report = TrainingRun(recipe, output, force=True, on_note=notes).run()
        assert report.output == output
        assert any(words in text for text in notes.texts)
        assert report.verdict.changes[0].items == 20


def test_a_training_that_is_out_of_time_does_a_few_steps(
    tiny: Path, pairs_file: Path, tmp_path: Path
) -> None:
    recipe = Recipe(
        str(tiny), (DataRecipe(str(pairs_file)),), batch=16, max_minutes=1e-3, learning_rate=2e-3,
        gate=GateRecipe(ANY_DROP),
    )  # fmt: skip
    report = TrainingRun(recipe, tmp_path / "tuned", force=True).run()
    assert report.plan.steps == LEAST_STEPS
    assert sum(report.drawn) == LEAST_STEPS * 16


@pytest.mark.parametrize(("weight", "added"), [(None, 4), (2.0, 4), (0.0, 0)])
def test_general_texts_are_in_the_batches(
    tiny: Path, pairs_file: Path, tmp_path: Path, weight: float | None, added: int
) -> None:
    recipe = Recipe(
        str(tiny), (DataRecipe(str(pairs_file)),), batch=16, steps=1, learning_rate=2e-3,
        gate=GateRecipe(ANY_DROP, average=False), loss=LossRecipe(keep_general=weight),
    )  # fmt: skip
    TrainingRun(recipe, tmp_path / "tuned", force=True).run()
    (step,) = (tmp_path / "tuned" / "training" / "steps.jsonl").read_text().splitlines()
    assert json.loads(step)["texts"] == 2 * 16 + added


def test_a_network_that_is_no_sentence_model_is_free_to_change(tiny: Path) -> None:
    assert keep_general(LossRecipe(), likewise.load(tiny)) > 0
    (tiny / "modules.json").unlink()
    with pytest.warns(CheckpointWarning, match="mean pooling is assumed"):
        plain = likewise.load(tiny)
    assert keep_general(LossRecipe(), plain) == 0


def test_unusable_data(tiny: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text('{"question": "a", "answer": "b"}\n' * 3)
    result = command(tiny, "--data", few, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "too few to hold out" in result.stderr
    missing = command(tiny, "--data", tmp_path / "missing.csv", "--output", tmp_path / "out")
    assert missing.exit_code == 1
    assert "missing.csv" in missing.stderr
    nothing = command(tiny, "--output", tmp_path / "out")
    assert "names no data" in nothing.stderr
