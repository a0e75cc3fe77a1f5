"""Measure how relevant a collection's chunks are to questions that it does not answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.collections import flat_search
from likewise.collections.calibration import LEVELS, Calibration, fitted, own_topics
from likewise.collections.contract import Model
from likewise.collections.off_topic import Language, off_topic_questions, question_vectors, topics
from likewise.collections.relevance import (
    DEPTH,
    Candidate,
    relevance,
    sentence_texts,
    shortlist,
    with_title,
)
from likewise.collections.sentence_split import sentences
from likewise.collections.words import DocumentFrequencies, content_words

if TYPE_CHECKING:
    from lancedb.table import Table

SAMPLE = 2000
"""Chunks from which document frequencies and pseudo-questions are taken."""

PSEUDO_QUESTIONS = 32

KEPT_WORDS = 0.5
"""Share of a sentence's words that make up a pseudo-question."""


def sample_texts(table: Table, seed: int = 0) -> list[str]:
    """Chunks drawn at random, each with its title."""
    rows = table.count_rows()
    drawn = np.random.default_rng(seed).choice(rows, min(SAMPLE, rows), replace=False)
    taken = table.take_offsets(np.sort(drawn).tolist()).select(["text", "title"]).to_arrow()
    return [
        with_title(text, title)
        for text, title in zip(taken["text"].to_pylist(), taken["title"].to_pylist(), strict=True)
    ]


def calibrate(
    table: Table, model: Model, measure: str, language: Language, sample: Sequence[str]
) -> Calibration:
    """The calibration of a collection that has at least one chunk.

    Args:
        table: its rows.
        model: the one that made its vectors.
        measure: how they are compared.
        language: of the off-topic questions.
        sample: chunks of it, from `sample_texts`.
    """
    frequencies = DocumentFrequencies.of(sample)
    pseudo = pseudo_questions(sample)
    questions = [*off_topic_questions(language), *pseudo]
    queries = question_vectors(model, language)
    count = len(queries)
    if pseudo:
        queries = np.concatenate([queries, np.asarray(model.encode_query(pseudo), np.float32)])
    found = _candidates(table, questions, queries, measure, frequencies)

    labels = topics(language)
    asked = found[:count]
    own = own_topics(_cheap(asked, *_scale(asked)), np.array(labels))
    off_topic = [n for n in range(count) if labels[n] not in own]
    center, spread = _scale([found[n] for n in off_topic])
    best = _cheap([found[n] for n in off_topic], center, spread)
    # only the tail is fitted, with some more in case sentences change the order
    size = math.ceil(2 * (1 - LEVELS[0]) * len(off_topic))
    tail = [off_topic[n] for n in np.argsort(best)[-size:].tolist()]
    read = [*tail, *range(count, len(questions))]
    shortlists = {n: shortlist(found[n], spread) for n in read}
    texts = list(
        dict.fromkeys(
            text
            for chosen in shortlists.values()
            for c in chosen
            for text in sentence_texts(c.text)
        )
    )
    encoded = np.asarray(model.encode_document(texts), np.float32) if texts else None
    unfitted = Calibration(center, spread, 0.0, 1.0, len(off_topic))
    relevances = {
        n: relevance(
            unfitted,
            shortlists[n],
            _sentence_scores(queries[n], texts, encoded, shortlists[n], measure),
        )
        for n in read
    }
    location, scale = fitted([relevances[n] for n in tail], len(off_topic))
    answerable = sorted(round(relevances[n], 3) for n in range(count, len(questions)))
    return Calibration(
        round(center, 6), round(spread, 6), round(location, 4), round(scale, 4), len(off_topic),
        tuple(own), tuple(answerable), table.count_rows(),
    )  # fmt: skip


def _scale(found: Sequence[Sequence[Candidate]]) -> tuple[float, float]:
    """Median and spread of the similarity of the nearest chunks."""
    nearest = [candidates[0].similarity for candidates in found]
    low, center, high = np.quantile(nearest, [0.16, 0.5, 0.84]).tolist()
    return center, max((high - low) / 2, 1e-6)


def _cheap(
    found: Sequence[Sequence[Candidate]], center: float, spread: float
) -> NDArray[np.float64]:
    """The relevance of the best chunks, without looking at their sentences."""
    unfitted = Calibration(center, spread, 0.0, 1.0, len(found))
    return np.array(
        [
            max(unfitted.relevance(c.similarity, c.similarity, c.coverage) for c in candidates)
            for candidates in found
        ]
    )


def pseudo_questions(
    sample: Sequence[str], seed: int = 0, count: int = PSEUDO_QUESTIONS
) -> list[str]:
    """Questions that a collection answers: sentences of which a share of the words is left."""
    random = np.random.default_rng(seed)
    made: list[str] = []
    for n in random.permutation(len(sample)).tolist():
        parts = [text for text in _sentences(sample[n]) if len(set(content_words(text))) >= 5]
        if parts and len(made) < count:
            made.append(_shortened(parts[int(random.integers(len(parts)))], random))
    return made


def _shortened(sentence: str, random: np.random.Generator) -> str:
    units = sentence.split() if " " in sentence else list(sentence)
    kept = random.random(len(units)) < KEPT_WORDS
    kept[int(random.integers(len(units)))] = True
    joint = " " if " " in sentence else ""
    return (
        joint.join(unit for unit, keep in zip(units, kept, strict=True) if keep).rstrip(".。") + "?"
    )


def _sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


def _candidates(
    table: Table,
    questions: Sequence[str],
    queries: NDArray[np.float32],
    measure: str,
    frequencies: DocumentFrequencies,
) -> list[list[Candidate]]:
    """The nearest chunks of each question, nearest first."""
    near = flat_search.nearest(flat_search.blocks(table), queries, DEPTH, measure)
    unique = np.unique(near.row_ids).tolist()
    rows = table.take_row_ids(unique).select(["text", "title"]).with_row_id().to_arrow()
    chunks = {
        row_id: (text, frozenset(content_words(with_title(text, title))))
        for row_id, text, title in zip(
            rows["_rowid"].to_pylist(), rows["text"].to_pylist(), rows["title"].to_pylist(),
            strict=True,
        )
    }  # fmt: skip
    found = []
    for question, row_ids, scores in zip(questions, near.row_ids, near.scores, strict=True):
        words = frequencies.weighted(question)
        found.append(
            [
                Candidate(chunks[row_id][0], score, words.coverage(chunks[row_id][1]))
                for row_id, score in zip(row_ids.tolist(), scores.tolist(), strict=True)
            ]
        )
    return found


def _sentence_scores(
    query: NDArray[np.float32],
    texts: Sequence[str],
    encoded: NDArray[np.float32] | None,
    candidates: Sequence[Candidate],
    measure: str,
) -> dict[str, float]:
    if encoded is None:
        return {}
    place = {text: n for n, text in enumerate(texts)}
    needed = list(dict.fromkeys(t for c in candidates for t in sentence_texts(c.text)))
    if not needed:
        return {}
    matrix = encoded[[place[text] for text in needed]]
    scores = vectors.similarity(query[np.newaxis], matrix, measure)[0]
    return dict(zip(needed, scores.tolist(), strict=True))
