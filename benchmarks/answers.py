"""Questions that a collection answers, and questions that it does not.

Besides the folders of the other benchmarks, `DATA` holds `xquad/en.json` (google-deepmind/xquad)
and `clinc/data_full.json` (clinc/oos-eval).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import likewise
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.retrieval import medquad
from benchmarks.tables import Table
from likewise.collections.collection import Collection
from likewise.collections.open_collection import open_collection
from likewise.data import Record, read_records
from likewise.errors import MissingExtraError

QUESTION = "How many questions are answered, with the answer in the first quote, and how many not?"
ASKED = 300
"""Questions of each kind, drawn once; XQuAD's halves are asked whole."""

DOCUMENTS = 150
"""Questions of MedQuAD whose answers are indexed, drawn once."""


@dataclass(frozen=True)
class AnswerTask:
    """Texts, and questions on them.

    Attributes:
        records: the texts.
        questions: each with the wordings of its answer, where they are known.
        off_topic: sets of questions on other topics, by name.
    """

    records: Sequence[Record]
    questions: Mapping[str, Sequence[str]]
    off_topic: Mapping[str, Sequence[str]]


class CachingModel:
    """A model that encodes no sentence twice: questions have many of them in common."""

    def __init__(self, model: likewise.Encoder) -> None:
        self._model = model
        self._known: dict[str, NDArray[np.float32]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode_document(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of texts, float32 `[n, d]`."""
        missing = [text for text in dict.fromkeys(sentences) if text not in self._known]
        if missing:
            encoded = self._model.encode_document(missing)
            self._known.update(zip(missing, encoded, strict=True))
        return np.stack([self._known[text] for text in sentences])


def xquad(data: Path, part: Callable[[int], bool], language: str = "en") -> AnswerTask:
    """Paragraphs of some of the articles, and their questions with the spans that answer."""
    records, questions = [], {}
    articles = json.loads((data / "xquad" / f"{language}.json").read_text("utf-8"))["data"]
    for number, article in enumerate(articles):
        if not part(number):
            continue
        for paragraph in article["paragraphs"]:
            records.append(Record(paragraph["context"]))
            for entry in paragraph["qas"]:
                answers = [answer["text"] for answer in entry["answers"]]
                questions[entry["question"]] = answers
    return AnswerTask(records, questions, {"CLINC": clinc(data), "BANKING77": banking(data)})


def medical(data: Path) -> AnswerTask:
    """Answers of MedQuAD with their questions."""
    task = medquad(data)
    chosen = _drawn(list(task.queries), DOCUMENTS)
    documents = {name for query in chosen for name in task.relevant[query]}
    records = [r for r in task.documents if str(r.fields["document"]) in documents]
    questions: dict[str, Sequence[str]] = {task.queries[query]: () for query in chosen}
    off_topic = {"CLINC": clinc(data), "XQuAD": _xquad_questions(data)}
    return AnswerTask(records, questions, off_topic)


def clinc(data: Path) -> Sequence[str]:
    """Questions outside of all intents of CLINC150: on anything."""
    sets = json.loads((data / "clinc" / "data_full.json").read_text("utf-8"))
    return _drawn([text for name in ("oos_train", "oos_val", "oos_test") for text, _ in sets[name]])


def banking(data: Path) -> Sequence[str]:
    """Questions to a bank."""
    rows = read_records(data / "banking77" / "test.tsv", column="text")
    return _drawn([row.text for row in rows])


def _xquad_questions(data: Path) -> Sequence[str]:
    return _drawn(list(xquad(data, lambda _: True).questions))


def _drawn(texts: Sequence[str], count: int = ASKED) -> list[str]:
    order = np.random.default_rng(0).permutation(len(texts))[:count]
    return [texts[n] for n in order.tolist()]


TASKS: Mapping[str, Callable[[Path], AnswerTask]] = MappingProxyType(
    {
        "XQuAD, even articles (held out)": lambda data: xquad(data, lambda n: n % 2 == 1),
        "XQuAD, 4 articles (held out)": lambda data: xquad(data, lambda n: n in {1, 13, 25, 37}),
        "MedQuAD, 150 answers (held out)": medical,
        "XQuAD, odd articles (development)": lambda data: xquad(data, lambda n: n % 2 == 0),
    }
)


def run(options: Options) -> Result:
    """Every task, in percent."""
    for file in ("xquad/en.json", "clinc/data_full.json"):
        if not (options.data / file).exists():
            raise UnavailableError(f"answers: {options.data} has no {file}")
    model = CachingModel(likewise.load())
    rows: dict[str, dict[str, Any]] = {}
    for name, read in TASKS.items():
        task = read(options.data)
        with tempfile.TemporaryDirectory() as folder:
            rows[name] = measured(task, _indexed(folder, task, model))
        print(name, rows[name], file=sys.stderr)
    versions = {"likewise": likewise.__version__}
    return Result("answers", options.command("answers"), rows, versions, [])


def _indexed(folder: str, task: AnswerTask, model: Any) -> Collection:
    try:
        collection = open_collection("documents", store=folder, model=model, create=True)
    except MissingExtraError as error:
        raise UnavailableError(f"answers: {error}") from error
    collection.add(task.records)
    return collection


def measured(task: AnswerTask, collection: Collection) -> dict[str, Any]:
    """Shares of the questions, in percent; `holds` counts refused questions too, as if answered."""
    answered, holds = [], []
    refused: float | None = None
    for question, wordings in task.questions.items():
        answer = collection.ask(question)
        answered.append(answer.answerable)
        refused = answer.refused
        if wordings:
            quotes = answer.quotes or collection.ask(question, false_alarms=1).quotes
            text = quotes[0].text.casefold()
            holds.append(any(wording.casefold() in text for wording in wordings))
    return {
        "chunks": len(collection),
        "questions": len(answered),
        "answered": _percent(answered),
        "holds": _percent(holds) if holds else None,
        "estimated_refused": None if refused is None else round(100 * refused, 1),
        "off_topic": {
            name: _percent(collection.ask(question).answerable for question in questions)
            for name, questions in task.off_topic.items()
        },
    }


def _percent(values: Iterable[bool]) -> float:
    return round(100 * float(np.mean(list(values))), 2)


def tables(result: Result) -> list[Table]:
    """One row a collection."""
    return [
        Table(
            title="Asked at a false-alarm rate of 1%: questions in percent",
            head=(
                "collection", "chunks", "answered", "first quote holds the answer",
                "off-topic answered",
            ),
            rows=tuple(
                (
                    name,
                    f"{row['chunks']:,}",
                    f"{row['answered']:.1f} of {row['questions']}",
                    "" if row["holds"] is None else f"{row['holds']:.1f}",
                    ", ".join(f"{of} {share:.2f}" for of, share in row["off_topic"].items()),
                )
                for name, row in result.rows.items()
            ),
        )
    ]  # fmt: skip
