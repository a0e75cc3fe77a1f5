"""The texts among which the nearest to a query are shown."""

from __future__ import annotations

from likewise.evaluation.task_schemas import retrieval_from_pairs
from likewise.training.query_examples import SEARCHED, SEARCHED_CHARACTERS, QuerySearch


def searched(answers: list[str]) -> tuple[str, ...]:
    questions = [f"question {n}" for n in range(len(answers))]
    task = retrieval_from_pairs("mine", "dev", questions, [[answer] for answer in answers])
    return QuerySearch.of((), task, ()).texts


def test_long_texts_are_fewer() -> None:
    short = [f"answer {n}" for n in range(SEARCHED + 100)]
    assert searched(short) == tuple(short[:SEARCHED])
    long = [f"{n} " + "long " * 2000 for n in range(100)]
    found = searched(long)
    assert found == tuple(long[: len(found)])
    assert SEARCHED_CHARACTERS <= sum(map(len, found)) < SEARCHED_CHARACTERS + len(long[-1])
