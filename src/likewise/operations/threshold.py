"""The threshold of near-duplicates: given, a percentile, or learned from answers about pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from likewise.analysis.dedup.duplicates import THRESHOLD
from likewise.analysis.dedup.threshold import (
    QUESTIONS,
    LearnedThreshold,
    ThresholdLearner,
    percentile,
    questions,
)
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.errors import InputError, RecordError
from likewise.operations.session import Ask, Session

SAME: dict[str, bool | None] = {
    "y": True, "yes": True, "n": False, "no": False, "s": None, "skip": None,
}  # fmt: skip
"""Answers, and whether the two texts are the same; None skips the pair."""
STOP = "q"
"""The answer that ends the questions."""


@dataclass(frozen=True)
class ChosenThreshold:
    """A threshold, and its origin.

    Attributes:
        threshold: the least similarity of near-duplicates.
        learned: what was learned from answers, if there were any.
        default: whether it is the default one.
    """

    threshold: float
    learned: LearnedThreshold | None = None
    default: bool = False


def choose_threshold(
    session: Session,
    corpus: EmbeddedCorpus,
    *,
    threshold: float | None,
    percent: float | None,
    tune: bool,
    answers: Path | None,
) -> ChosenThreshold:
    """The threshold of a request.

    Args:
        session: asks the questions.
        corpus: the texts.
        threshold: a similarity.
        percent: a percentile of the similarities of random pairs.
        tune: learn it from answers.
        answers: a file of answers; the session asks if None.

    Raises:
        InputError: more than one way to choose it, or no or unusable answers.
        RecordError: the file of answers cannot be read.
    """
    tune = tune or answers is not None
    if (threshold is not None) + (percent is not None) + tune > 1:
        raise InputError(
            "two thresholds at once", hint="choose one of --threshold, --percentile and --tune"
        )
    if tune:
        learned = _learn(session, corpus, _file_answers(answers) if answers else session.ask)
        return ChosenThreshold(learned.threshold, learned)
    if percent is not None:
        return ChosenThreshold(percentile(corpus.vectors, percent))
    if threshold is not None:
        return ChosenThreshold(threshold)
    return ChosenThreshold(THRESHOLD, default=True)


def _learn(session: Session, corpus: EmbeddedCorpus, ask: Ask | None) -> LearnedThreshold:
    """Ask about pairs until enough is known, or the answers end."""
    if ask is None:
        raise InputError(
            "learning a threshold needs answers about pairs",
            hint="give a file of answers, or a threshold",
        )
    pairs = questions(corpus, progress=session.progress)
    learner = ThresholdLearner([pair.similarity for pair in pairs])
    head = ["do the two texts mean the same? y, n, s to skip, q to stop"]
    for number in range(1, QUESTIONS + 1):
        index = learner.ask()
        if index is None:
            break
        texts = [_one_line(corpus, row) for row in (pairs[index].row, pairs[index].other)]
        lines = [f"{mark:>4} {text}" for mark, text in zip((f"{number}.", ""), texts, strict=True)]
        answer = ask([*head, *lines], (*SAME, STOP))
        if answer is None or answer == STOP:
            break
        learner.answer(index, SAME[answer])
        head = []
    if not learner.result.answers:
        raise InputError("no pair was answered", hint="give a threshold instead")
    return learner.result


def _one_line(corpus: EmbeddedCorpus, row: int) -> str:
    return " ".join(corpus.records[row].text.split())


def _file_answers(file: Path) -> Ask:
    try:
        words = [line.strip().lower() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"cannot read {file}: {error}", hint="check the path") from error
    given = iter(filter(None, words))

    def answer(lines: Sequence[str], choices: Sequence[str]) -> str | None:  # noqa: ARG001 - an Ask
        word = next(given, None)
        if word is not None and word not in choices:
            raise InputError(f"{word!r} is not an answer", hint="y, n, s (skip) or q, one per line")
        return word

    return answer
