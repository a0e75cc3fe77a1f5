"""The operation `dedupe`: results that can be tried again, questions, and its JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from likewise.analysis.dedup.removal_plan import read_plan
from likewise.errors import InputError
from likewise.operations.dedupe import DedupeRequest, dedupe
from likewise.operations.removal_plan import (
    ApplyPlanRequest,
    UndoPlanRequest,
    apply_plan,
    undo_plan,
)
from likewise.operations.session import Message, Session

LINES = (
    "How do I get my money back?",
    "Where is my parcel, please?",
    "how do i get  my money back?",
    "How do I get my money back from you?",
    "The weather is nice today.",
    "Where is my parcel, pleas?",
)


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(LINES) + "\n")
    return str(path)


def test_another_threshold_is_a_new_run_without_its_cost(source: str) -> None:
    result = dedupe(DedupeRequest(files=(source,), threshold=0.7), Session())
    for threshold in (0.8, 0.92, 1.0, 2.0):
        again = result.rethreshold(threshold)
        fresh = dedupe(DedupeRequest(files=(source,), threshold=threshold), Session())
        assert again.duplicates == fresh.duplicates
        assert again.plan == fresh.plan
        assert again.to_dict()["groups"] == fresh.to_dict()["groups"]
        assert again.texts == fresh.texts
    with pytest.raises(InputError, match="needs more pairs"):
        result.rethreshold(0.5)


def test_the_result_is_written_after_another_threshold(source: str, tmp_path: Path) -> None:
    output = tmp_path / "clean.txt"
    result = dedupe(DedupeRequest(files=(source,), threshold=0.7), Session())
    written = result.rethreshold(2.0).write(output)
    assert (
        output.read_text().splitlines()
        == written.texts
        == [text for text in LINES if not text.startswith("how")]
    )
    assert written.to_dict()["output"] == str(output)
    assert written.rethreshold(2.0).output is None


def test_a_plan_is_applied_and_undone(source: str, tmp_path: Path) -> None:
    plan, output, back = tmp_path / "plan.jsonl", tmp_path / "clean.txt", tmp_path / "back.txt"
    messages: list[Message] = []
    session = Session(on_message=messages.append)
    result = dedupe(DedupeRequest(files=(source,), plan=plan), session)
    assert result.borderline == ()
    applied = apply_plan(ApplyPlanRequest(plan, output), session)
    assert applied.to_dict() == {
        "removed": len(result.duplicates.removed), "output": str(output),
    }  # fmt: skip
    restored = undo_plan(UndoPlanRequest(tmp_path / "clean.plan.jsonl", back), session)
    assert restored.to_dict() == {"restored": [str(back)]}
    assert back.read_text() == Path(source).read_text()
    assert [m.code for m in messages][-2:] == ["applied", "restored"]


def test_the_threshold_is_learned_from_a_person(source: str) -> None:
    asked: list[Sequence[str]] = []

    def ask(lines: Sequence[str], choices: Sequence[str]) -> str | None:
        asked.append(lines)
        assert "y" in choices
        return "y" if len(asked) < 3 else None

    result = dedupe(DedupeRequest(files=(source,), tune=True), Session(ask=ask))
    assert result.learned is not None
    assert result.learned.answers == 2
    assert result.duplicates.threshold == result.learned.threshold
    assert any("parcel" in line or "money" in line for line in asked[0])
    with pytest.raises(InputError, match="needs answers about pairs"):
        dedupe(DedupeRequest(files=(source,), tune=True), Session())


def test_json_of_leaks_names_both_files(source: str, tmp_path: Path) -> None:
    test = tmp_path / "test.txt"
    test.write_text("Something else.\nthe weather is NICE today.\n")
    result = dedupe(DedupeRequest(files=(source,), against=(str(test),)), Session())
    [group] = json.loads(json.dumps(result.to_dict()))["groups"]
    assert group == {
        "representative": {"text": "the weather is NICE today.", "source": str(test), "line": 2},
        "members": [{
            "text": "The weather is nice today.", "source": source, "line": 5,
            "similarity": 1.0, "reason": "exact",
        }],
    }  # fmt: skip


TIMERS = (
    "Set a timer for 10 minutes, please",
    "set a timer for ten minuts",
    "Set a timer for 12 minutes, please",
    "Set a timer for 10 seconds, please",
    "How do I open an account?",
    "How do i opne an acount?",
)


@pytest.fixture
def timers(tmp_path: Path) -> str:
    path = tmp_path / "timers.txt"
    path.write_text("\n".join(TIMERS) + "\n")
    return str(path)


def test_texts_that_differ_stay_and_edited_copies_go(timers: str, tmp_path: Path) -> None:
    messages: list[Message] = []
    session = Session(on_message=messages.append)
    plan = tmp_path / "plan.jsonl"
    result = dedupe(DedupeRequest(files=(timers,), plan=plan), session)
    assert result.texts == [TIMERS[0], TIMERS[2], TIMERS[3], TIMERS[4]]
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["edited"] + plain["near"] == 2
    assert plain["edited"] > 0
    found = {text["text"]: text for text in plain["differing"]}
    assert set(found) <= set(TIMERS[:1] + TIMERS[2:4])
    assert len(found) == 2  # the third is the one that the others are near to
    kinds = {difference["kind"] for text in found.values() for difference in text["differences"]}
    assert kinds == {"number", "unit"}
    kept = [step for step in read_plan(plan).steps if not step.remove]
    assert {step.text for step in kept} == set(found)
    assert all(step.reason == "differs" and ": " in step.differs for step in kept)
    assert next(m for m in messages if m.code == "differing").values["texts"] == 2
    for threshold in (0.95, 1.0):
        again = dedupe(DedupeRequest(files=(timers,), threshold=threshold), Session())
        assert result.rethreshold(threshold).plan == again.plan
        assert TIMERS[5] not in again.texts  # an edited copy at any threshold
    without = dedupe(DedupeRequest(files=(timers,), remove_differing=True), Session())
    assert without.duplicates.differing == ()
    assert len(without.texts) == 2


def test_leaks_by_words_and_leaks_that_differ(timers: str, tmp_path: Path) -> None:
    test = tmp_path / "test.txt"
    test.write_text("set a tmier for 10 minutes\nWhat is the weather?\n")
    request = DedupeRequest(files=(timers,), against=(str(test),))
    result = dedupe(request, Session())
    assert result.texts == list(TIMERS[2:])
    assert {TIMERS[near.row] for near in result.duplicates.differing} <= set(TIMERS[2:4])
    for threshold in (0.95, 1.0):
        again = dedupe(
            DedupeRequest(files=(timers,), against=(str(test),), threshold=threshold), Session()
        )
        assert result.rethreshold(threshold).duplicates == again.duplicates
