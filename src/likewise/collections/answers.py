"""Questions answered out of a collection: the sentences that answer, and where they are from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.collections.calibration import Calibration
from likewise.collections.contract import Hit, Model
from likewise.collections.manifest import Manifest
from likewise.collections.off_topic import Language, language_of
from likewise.collections.off_topic_calibration import calibrate, sample_texts
from likewise.collections.quotes import Quote, best_quotes
from likewise.collections.relevance import (
    Candidate,
    relevance,
    sentence_texts,
    shortlist,
    with_title,
)
from likewise.collections.words import DocumentFrequencies, WeightedWords, content_words

if TYPE_CHECKING:
    from lancedb.table import Table

FALSE_ALARMS = 0.01
"""Share of off-topic questions that may be answered."""

STALE = 0.2
"""Of a collection's chunks, the share that may change before its calibration is measured again."""


@dataclass(frozen=True)
class Document:
    """The chunks of one record, best first.

    Attributes:
        record: its id.
        title: its title; may be empty.
        source: the file.
        line: in the file.
        chunks: its chunks that were found.
    """

    record: str
    title: str
    source: str
    line: int
    chunks: tuple[Hit, ...]


@dataclass(frozen=True)
class Answer:
    """The answer of a collection to a question.

    Attributes:
        question: as it was asked.
        answerable: whether anything found is relevant enough to be an answer.
        false_alarm_rate: estimated share of off-topic questions whose best chunk is at least as
            relevant; None where nothing was found.
        false_alarms: the share up to which it counts as an answer.
        refused: estimated share of the answerable questions that are refused at this limit; None
            where the texts are too short to estimate it.
        quotes: the best sentences, best first; none where it is not answerable.
        documents: what was found, by record, best first; also where it is not answerable.
    """

    question: str
    answerable: bool
    false_alarm_rate: float | None
    false_alarms: float
    refused: float | None
    quotes: tuple[Quote, ...]
    documents: tuple[Document, ...]

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values.

        Keys: `question`, `answerable`, `false_alarm_rate` (or null), `false_alarms`, `refused` (or
        null), `quotes` (each with `text`, `score`, `hit`), `documents` (each with `record`,
        `title`, `source`, `line`, `chunks`); hits as in `Hit.to_dict`.
        """
        return {
            "question": self.question,
            "answerable": self.answerable,
            "false_alarm_rate": self.false_alarm_rate,
            "false_alarms": self.false_alarms,
            "refused": self.refused,
            "quotes": [
                {"text": quote.text, "score": quote.score, "hit": quote.hit.to_dict()}
                for quote in self.quotes
            ],
            "documents": [
                {
                    "record": document.record,
                    "title": document.title,
                    "source": document.source,
                    "line": document.line,
                    "chunks": [hit.to_dict() for hit in document.chunks],
                }
                for document in self.documents
            ],
        }


class AnswerFinder:
    """Answers questions out of one version of a collection.

    What it measures of the collection is cached for further questions.
    """

    def __init__(self, table: Table, manifest: Manifest, model: Model) -> None:
        self._table, self._manifest, self._model = table, manifest, model
        self._measured: dict[Language, Calibration] = {}

    def answer(
        self,
        question: str,
        query: NDArray[np.float32],
        hits: Sequence[Hit],
        nearest: Sequence[Hit],
        *,
        false_alarms: float = FALSE_ALARMS,
        quotes: int = 3,
    ) -> Answer:
        """The answer to a question.

        Args:
            question: as it was asked.
            query: its vector, float32 `[d]`.
            hits: what a search found, which is quoted.
            nearest: the `DEPTH` nearest chunks, which decide whether there is an answer.
            false_alarms: share of off-topic questions that may be answered.
            quotes: how many sentences to give at most.
        """
        if not nearest:
            return Answer(question, False, None, false_alarms, None, (), _documents(hits))
        calibration = self._calibration(language_of(question))
        words = self._frequencies.weighted(question)
        chosen = shortlist([_candidate(hit, words) for hit in nearest], calibration.spread)
        scores = self._sentence_scores(query, [*(c.text for c in chosen), *(h.text for h in hits)])
        found = relevance(calibration, chosen, scores)
        threshold = calibration.threshold(false_alarms)
        answerable = bool(hits) and found >= threshold
        best: list[Quote] = []
        if answerable:
            first, *others = best_quotes(question, hits, scores, words, calibration.spread)
            best = [first]
            for quote in others:
                if relevance(calibration, [_candidate(quote.hit, words)], scores) >= threshold:
                    best.append(quote)
        return Answer(
            question, answerable, calibration.false_alarm_rate(found), false_alarms,
            calibration.refused(false_alarms), tuple(best[:quotes]), _documents(hits),
        )  # fmt: skip

    @cached_property
    def _sample(self) -> list[str]:
        return sample_texts(self._table)

    @cached_property
    def _frequencies(self) -> DocumentFrequencies:
        return DocumentFrequencies.of(self._sample)

    def _calibration(self, language: Language) -> Calibration:
        """The stored calibration, or one that is measured now."""
        stored = self._manifest.calibrations.get(language)
        if stored is not None and stored.changed <= STALE * stored.chunks:
            return stored
        if language not in self._measured:
            measure = self._manifest.similarity
            self._measured[language] = calibrate(
                self._table, self._model, measure, language, self._sample
            )
        return self._measured[language]

    def _sentence_scores(
        self, query: NDArray[np.float32], chunks: Sequence[str]
    ) -> dict[str, float]:
        texts = list(dict.fromkeys(text for chunk in chunks for text in sentence_texts(chunk)))
        if not texts:
            return {}
        encoded = self._model.encode_document(texts)
        scores = vectors.similarity(query[np.newaxis], encoded, self._manifest.similarity)[0]
        return dict(zip(texts, scores.tolist(), strict=True))


def _candidate(hit: Hit, words: WeightedWords) -> Candidate:
    coverage = words.coverage(content_words(with_title(hit.text, hit.title)))
    return Candidate(hit.text, hit.similarity or 0.0, coverage)


def _documents(hits: Sequence[Hit]) -> tuple[Document, ...]:
    together: dict[str, list[Hit]] = {}
    for hit in hits:
        together.setdefault(hit.record, []).append(hit)
    return tuple(
        Document(record, parts[0].title, parts[0].source, parts[0].line, tuple(parts))
        for record, parts in together.items()
    )
