"""Questions about pairs of texts, and their answers from a terminal, a pipe or a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from likewise.analysis.dedup.threshold import (
    QUESTIONS,
    LearnedThreshold,
    ThresholdLearner,
    questions,
)
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.cli.printing import note
from likewise.errors import InputError, RecordError
from likewise.progress import ProgressFactory

_ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "s": None, "skip": None}


def ask(
    corpus: EmbeddedCorpus, answers: Path | None, progress: ProgressFactory
) -> LearnedThreshold:
    """Ask about pairs until enough is known, or the answers end.

    Args:
        corpus: whose texts are asked about.
        answers: a file of answers, one a line; standard input where there is none.
        progress: opens a bar for each stage.

    Raises:
        InputError: there is nothing to ask, no answer at all, or one that is none.
        RecordError: the answers cannot be read.
    """
    pairs = questions(corpus, progress=progress)
    tuner = ThresholdLearner([pair.similarity for pair in pairs])
    given = _given(answers)
    note("do the two say the same? y, n, s to skip, q when it is enough")
    for number in range(1, QUESTIONS + 1):
        place = tuner.ask()
        if place is None:
            break
        pair = pairs[place]
        for mark, row in ((f"{number}.", pair.row), ("", pair.other)):
            note(f"{mark:>4} {' '.join(corpus.records[row].text.split())}")
        answer = _next(given)
        if answer == "q":
            break
        tuner.answer(place, _ANSWERS[answer])
    if not tuner.result.answers:
        raise InputError("no pair was answered", hint="give a threshold instead")
    return tuner.result


def _given(answers: Path | None) -> Iterator[str]:
    if answers is None:
        return iter(sys.stdin.readline, "")
    try:
        return iter(answers.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"cannot read {answers}: {error}", hint="check the path") from error


def _next(given: Iterator[str]) -> str:
    """The next answer; `q` where they end."""
    for line in given:
        word = line.strip().lower()
        if not word:
            continue
        if word in _ANSWERS or word == "q":
            return word
        if sys.stdin.isatty():
            note("y, n, s or q")
            continue
        raise InputError(f"{word!r} is no answer", hint="y, n, s (skip) or q a line")
    return "q"
