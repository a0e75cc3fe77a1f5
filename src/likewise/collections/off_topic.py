"""Questions on many everyday topics, to measure how near questions without an answer come."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from likewise.atomic import atomic
from likewise.cache import cache_folder
from likewise.collections.contract import Model
from likewise.collections.words import HAN
from likewise.errors import OutputError
from likewise.progress import ProgressFactory, no_progress

Language = Literal["en", "zh"]

PART = 64
"""Questions that are encoded between two steps of the progress."""

_log = logging.getLogger("likewise")


@cache
def off_topic_questions(language: Language) -> tuple[str, ...]:
    """The questions of a language."""
    return tuple(text for questions in _by_topic(language).values() for text in questions)


@cache
def topics(language: Language) -> tuple[str, ...]:
    """The topic of each question."""
    return tuple(topic for topic, texts in _by_topic(language).items() for _ in texts)


@cache
def _by_topic(language: Language) -> dict[str, list[str]]:
    file = Path(__file__).parent / "offtopic" / f"{language}.txt"
    found: dict[str, list[str]] = {}
    for line in filter(None, file.read_text("utf-8").splitlines()):
        if line.startswith("#"):
            topic = found.setdefault(line.removeprefix("#").strip(), [])
        else:
            topic.append(line)
    return found


def language_of(text: str) -> Language:
    """Which of the two lists is nearer to a text: the Chinese one if a third of it is Chinese."""
    letters = sum(character.isalpha() for character in text)
    return "zh" if letters and sum(map(len, HAN.findall(text))) * 3 >= letters else "en"


def question_vectors(
    model: Model, language: Language, progress: ProgressFactory = no_progress
) -> NDArray[np.float32]:
    """The vectors of the questions, float32 `[n, d]`; encoded once per model, then cached."""
    texts = off_topic_questions(language)
    file = cache_folder() / "off-topic" / f"{model.fingerprint[:16]}-{_digest(texts)}.npy"
    try:
        cached: NDArray[np.float32] = np.load(file)
        if cached.shape == (len(texts), model.dimension):
            return cached
    except (OSError, ValueError, EOFError):
        pass  # not there yet, or damaged: encoded below
    parts = []
    with progress(len(texts), title="measuring random pairs") as advance:
        for start in range(0, len(texts), PART):
            part = texts[start : start + PART]
            parts.append(np.asarray(model.encode_query(list(part)), np.float32))
            advance(len(part))
    encoded = np.concatenate(parts)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic(file) as target:
            np.save(target, encoded)
    except (OSError, OutputError) as error:
        _log.info("vectors of off-topic questions are not cached: %s", error)
    return encoded


def _digest(texts: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()
