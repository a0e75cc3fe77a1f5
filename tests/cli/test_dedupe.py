"""`likewise dedupe`, as people use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from likewise.analysis.dedup.removal_plan import read_plan

Run = Callable[..., Any]

ROWS = """id,text
1,How do I get my money back?
2,"Where is my parcel, please?"
3,how do i get  my money back??
4,How do I get my money back??
5,The weather is nice today.
6,"Where is my parcel, pleas?"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text(ROWS)
    return path


def test_first_a_look(likewise: Run, source: Path, tmp_path: Path) -> None:
    result = likewise("dedupe", source)
    assert result.exit_code == 0, result.stderr
    assert "How do I get my money back??" in result.stdout
    assert "3 of 6 texts are redundant (1 exact, 2 near" in result.stderr
    assert "column 'text'" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_json_lists_the_groups(likewise: Run, source: Path) -> None:
    found = json.loads(likewise("dedupe", source, "--json", "--quiet").stdout)
    first, second = found["groups"]
    assert first["representative"] == {
        "text": "How do I get my money back??", "source": str(source), "line": 5,
    }  # fmt: skip
    assert [(m["line"], m["reason"]) for m in first["members"]] == [(2, "near"), (4, "exact")]
    assert first["members"][1]["similarity"] == 1.0
    assert 0.9 <= first["members"][0]["similarity"] < 1
    assert second["members"][0]["text"] == "Where is my parcel, pleas?"
    assert len(found["borderline"]) > 1


def test_an_unknown_choice_names_the_choices(likewise: Run, source: Path) -> None:
    result = likewise("dedupe", source, "--keep", "last")
    assert result.exit_code == 2
    assert "'longest', 'first'" in result.stderr


def test_kept_removed_reasons_and_back_again(likewise: Run, source: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    result = likewise("dedupe", source, "-o", kept, "--json", "--quiet")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert (printed["kept"], printed["removed"], printed["exact"], printed["near"]) == (3, 3, 1, 2)
    assert kept.read_text().splitlines() == [
        "id,text",
        '2,"Where is my parcel, please?"',
        "4,How do I get my money back??",
        "5,The weather is nice today.",
    ]
    assert (tmp_path / "kept.removed.csv").read_text().startswith("id,text\n1,How do I")
    plan = read_plan(tmp_path / "kept.plan.jsonl")
    assert [(s.line, s.kept_line, s.reason, s.group) for s in plan.steps] == [
        (2, 5, "near", 1), (4, 5, "exact", 1), (7, 3, "near", 2),
    ]  # fmt: skip
    back = tmp_path / "back.csv"
    assert likewise("dedupe", "--undo", tmp_path / "kept.plan.jsonl", "-o", back).exit_code == 0
    assert back.read_text() == ROWS == source.read_text()


def test_a_plan_is_reviewed_and_carried_out(likewise: Run, source: Path, tmp_path: Path) -> None:
    plan, kept = tmp_path / "plan.jsonl", tmp_path / "kept.csv"
    assert likewise("dedupe", source, "--plan", plan).exit_code == 0
    assert not kept.exists()
    head, *steps = plan.read_text().splitlines()
    edited = [step.replace('"remove": true', '"remove": false', 1) for step in steps[:1]]
    plan.write_text("\n".join([head, *edited, steps[1]]) + "\n")  # the third is taken out
    assert likewise("dedupe", "--apply", plan, "-o", kept).exit_code == 0
    assert len(kept.read_text().splitlines()) == len(ROWS.splitlines()) - 1
    source.write_text(ROWS + "7,more\n")
    failed = likewise("dedupe", "--apply", plan, "-o", tmp_path / "other.csv")
    assert failed.exit_code == 1
    assert "has changed since the plan was made" in failed.stderr


def test_several_files_into_a_folder(likewise: Run, source: Path, tmp_path: Path) -> None:
    other, out = tmp_path / "b.txt", tmp_path / "out"
    other.write_text("The weather is nice today.\nSomething else entirely.\n")
    out.mkdir()
    result = likewise("dedupe", source, other, "-o", out)
    assert result.exit_code == 0, result.stderr
    names = sorted(path.name for path in out.iterdir())
    assert names == ["a.csv", "a.removed.csv", "b.removed.txt", "b.txt", "dedupe.plan.jsonl"]
    assert (out / "b.txt").read_text() == "Something else entirely.\n"
    back = tmp_path / "back"
    back.mkdir()
    assert likewise("dedupe", "--undo", out / "dedupe.plan.jsonl", "-o", back).exit_code == 0
    assert (back / "b.txt").read_text() == other.read_text()


def test_leaks(likewise: Run, source: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.txt"
    test.write_text("The weather is nice today!\n")
    kept = tmp_path / "kept.csv"
    result = likewise("dedupe", source, "--against", test, "-o", kept)
    assert result.exit_code == 0, result.stderr
    assert kept.read_text() == ROWS.replace("5,The weather is nice today.\n", "")


def test_answers_from_a_pipe_and_from_a_file(likewise: Run, source: Path, tmp_path: Path) -> None:
    piped = likewise("dedupe", source, "--tune", stdin=b"y\ny\ny\nn\n")
    assert piped.exit_code == 0, piped.stderr
    assert "95% interval" in piped.stderr
    answers = tmp_path / "answers"
    answers.write_text("y\ny\ny\nn\n")
    result = likewise("dedupe", source, "--answers", answers, "--json")
    printed = json.loads(result.stdout)
    assert printed["interval"][0] < printed["threshold"] < printed["interval"][1]
    assert f"{printed['threshold']:.3f}" in piped.stderr
    assert "no pair was answered" in likewise("dedupe", source, "--tune", stdin=b"").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{a}", "-o", "{a}"], "would overwrite"),
        (["{a}", "-o", "{folder}/x.jsonl"], "has another format"),
        (["{a}", "-o", "{folder}/none/x.csv"], "no folder"),
        (["{a}", "--threshold", "0.9", "--percentile", "99"], "two thresholds"),
        (["{a}", "--threshold", "0"], "expected a similarity"),
        (["{a}", "--percentile", "0"], "no percentile"),
        (["{a}", "--answers", "{a}"], "is not an answer"),
        ([], "there are no texts"),
        (["-"], "duplicates cannot be removed from standard input"),
        (["--apply", "{a}", "-o", "{folder}/x.csv"], "not a plan of likewise dedupe"),
        (["--undo", "{a}"], "no output"),
        (["{a}", "--apply", "{a}"], "names its files itself"),
        (["{folder}/none.csv"], "error: no such file: {folder}/none.csv"),
        (["{a}", "{folder}/none.csv"], "error: no such file: {folder}/none.csv"),
    ],
)
def test_what_is_refused(
    likewise: Run, source: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    named = [argument.format(a=source, folder=tmp_path) for argument in arguments]
    result = likewise("dedupe", *named)
    assert result.exit_code == 1, result.output
    assert message.format(folder=tmp_path) in result.stderr
    assert source.read_text() == ROWS


def test_rows_that_cannot_be_read_are_told_and_stay(likewise: Run, tmp_path: Path) -> None:
    source, kept = tmp_path / "a.jsonl", tmp_path / "kept.jsonl"
    source.write_text('{"text": "a b c"}\n{"text": 3}\n{"text": "A b c"}\n')
    result = likewise("dedupe", source, "-o", kept)
    assert result.exit_code == 0, result.stderr
    assert "a.jsonl, 2: column 'text': an int" in result.stderr
    assert kept.read_text() == '{"text": 3}\n{"text": "A b c"}\n'


def test_a_default_that_takes_much_is_questioned(likewise: Run, source: Path) -> None:
    """2 of 6 are near-duplicates, so this file's own pairs are looked at."""
    result = likewise("dedupe", source)
    assert result.exit_code == 0, result.stderr
    assert "that is 50% of the texts, at the default threshold of 0.9" in result.stderr
    assert "--percentile 99.99" in result.stderr
    head, *pairs = result.stdout.split("\n\n")[1].splitlines()
    assert head.split()[:3] == ["near", "the", "threshold"]
    assert any(" same " in pair for pair in pairs)
    chosen = likewise("dedupe", source, "--threshold", "0.9")
    assert "default threshold" not in chosen.stderr
    value = json.loads(likewise("dedupe", source, "--json").stdout)["suggested_threshold"]
    assert 0.9 < value <= 1
    used = json.loads(likewise("dedupe", source, "--percentile", "99.99", "--json").stdout)
    assert used["threshold"] == pytest.approx(value)


def test_few_near_duplicates_raise_no_question(likewise: Run, tmp_path: Path) -> None:
    lines = ["A plane takes off.", "The soup is hot.", "Rain in spring.", "Cats sleep all day."]
    (tmp_path / "few.txt").write_text("\n".join(lines) + "\n")
    result = likewise("dedupe", "few.txt")
    assert "default threshold" not in result.stderr
    assert "0 of 4 texts are redundant" in result.stderr
