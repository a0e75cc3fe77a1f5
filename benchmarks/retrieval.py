"""Finding documents: by meaning, by words and by both, through a collection as people search it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

import likewise
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.tables import Table
from likewise.collections.collection import Collection
from likewise.collections.open_collection import open_collection
from likewise.data import Record, read_records
from likewise.errors import MissingExtraError
from likewise.evaluation.metrics.ranking import ndcg_at, recall_at

QUESTION = "What does a collection find by meaning, by words and by both, in passages and in texts?"
DEPTH = 300
"""Passages that are looked at, for 100 documents."""

QUESTIONS = 2000
"""Of MedQuAD's 16,407, drawn once."""

Search = Callable[[str], list[str]]
"""A query to ids of documents, best first."""


@dataclass(frozen=True)
class Task:
    """Documents, queries, and which documents answer which query.

    Attributes:
        documents: records, each with its id in the field `document`.
        queries: by id.
        relevant: ids of documents with their relevance, by query id.
    """

    documents: list[Record]
    queries: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Method:
    """A row of the table.

    Attributes:
        name: as it is shown.
        mode: of the search; None for the peer.
        passage: tokens of a passage; 0 keeps texts whole, of which the model reads the beginning.
    """

    name: str
    mode: Any
    passage: int | None = None


METHODS = (
    Method("Likewise, semantic", "semantic"),
    Method("Likewise, keyword", "keyword"),
    Method("Likewise, hybrid", "hybrid"),
    Method("Likewise, semantic, texts whole (256 tokens)", "semantic", 0),
    Method("Likewise, keyword, texts whole", "keyword", 0),
    Method("Likewise, hybrid, texts whole (256 tokens)", "hybrid", 0),
    Method("bm25s, texts whole", None, 0),
)


def scifact_documents(data: Path) -> list[Record]:
    """The abstracts."""
    records = read_records(data / "scifact" / "corpus.jsonl")
    return [known_document(record, str(record.fields["_id"])) for record in records]


def scifact(data: Path) -> Task:
    """Claims, and the abstracts that support or contradict them; BEIR's test split."""
    folder = data / "scifact"
    documents = scifact_documents(data)
    queries = {str(r.fields["_id"]): r.text for r in read_records(folder / "queries.jsonl")}
    relevant: dict[str, dict[str, int]] = {}
    for row in read_records(folder / "qrels" / "test.tsv", column="query-id"):
        judged = relevant.setdefault(row.text, {})
        judged[str(row.fields["corpus-id"])] = int(row.fields["score"])
    return Task(documents, {query: queries[query] for query in relevant}, relevant)


def medquad_answers(data: Path) -> tuple[list[Record], dict[str, set[str]]]:
    """Answers on health, each once, and the ids of the answers to each question."""
    ids: dict[str, str] = {}
    answers: dict[str, set[str]] = {}
    documents: list[Record] = []
    for record in read_records(data / "medquad" / "pairs.jsonl", column="answer"):
        if record.text not in ids:
            ids[record.text] = str(len(ids))
            documents.append(known_document(record, ids[record.text]))
        answers.setdefault(str(record.fields["question"]), set()).add(ids[record.text])
    return documents, answers


def medquad(data: Path) -> Task:
    """Questions on health, and their answers; the same answer is one document."""
    documents, answers = medquad_answers(data)
    chance = np.random.default_rng(0)
    chosen = sorted(chance.choice(sorted(answers), min(QUESTIONS, len(answers)), replace=False))
    queries = {str(n): str(question) for n, question in enumerate(chosen)}
    relevant = {n: dict.fromkeys(answers[question], 1) for n, question in queries.items()}
    return Task(documents, queries, relevant)


def known_document(record: Record, document: str) -> Record:
    """The record with the id of its document as its only column."""
    return Record(record.text, MappingProxyType({"document": document}), title=record.title)


MEASURES: Mapping[str, str] = MappingProxyType(
    {"ndcg_at_10": "nDCG@10", "recall_at_10": "recall@10", "recall_at_100": "recall@100"}
)
"""Headings by the names in the results."""

TASKS: Mapping[str, Callable[[Path], Task]] = MappingProxyType(
    {"SciFact": scifact, "MedQuAD": medquad}
)


def run(options: Options) -> Result:
    """Every method on every task, times 100."""
    tasks = {name: read(options.data) for name, read in TASKS.items()}
    model = likewise.load()
    rows: dict[str, dict[str, Any]] = {method.name: {} for method in METHODS}
    versions = {"likewise": likewise.__version__}
    notes: list[str] = []
    for name, task in tasks.items():
        for passage in (None, 0):
            methods = [m for m in METHODS if m.passage == passage]
            with tempfile.TemporaryDirectory() as folder:
                collection = _indexed(folder, task, model, passage)
                for method in methods:
                    search = _search(method, collection, task, versions, notes)
                    if search is not None:
                        rows[method.name][name] = scored(task, search)
                        print(name, method.name, rows[method.name][name], file=sys.stderr)
    rows = {name: row for name, row in rows.items() if row}
    return Result("retrieval", options.command("retrieval"), rows, versions, notes)


def _indexed(folder: str, task: Task, model: likewise.Encoder, passage: int | None) -> Collection:
    try:
        collection = open_collection(
            "documents", store=folder, model=model, create=True, chunk_tokens=passage
        )
    except MissingExtraError as error:
        raise UnavailableError(f"retrieval: {error}") from error
    collection.add(task.documents)
    return collection


def _search(
    method: Method,
    collection: Collection,
    task: Task,
    versions: dict[str, str],
    notes: list[str],
) -> Search | None:
    if method.mode is not None:
        return lambda query: _distinct(
            str(hit.fields["document"]) for hit in collection.search(query, DEPTH, mode=method.mode)
        )
    try:
        search = bm25s_search(task.documents)
    except ImportError:
        note = "bm25s is not installed (pip install -c constraints.txt bm25s)"
        if note not in notes:
            notes.append(note)
        return None
    versions["bm25s"] = version("bm25s")
    return search


def bm25s_search(documents: list[Record]) -> Search:
    """The peer for words, as its own guide has it; English stop words."""
    import bm25s

    texts = [f"{record.title} {record.text}".strip() for record in documents]
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    ids = [str(record.fields["document"]) for record in documents]

    def search(query: str) -> list[str]:
        asked = bm25s.tokenize([query], stopwords="en", show_progress=False)
        found, scores = index.retrieve(asked, k=min(100, len(ids)), show_progress=False)
        return [ids[n] for n, score in zip(found[0], scores[0], strict=True) if score > 0]

    return search


def _distinct(ids: Iterable[str]) -> list[str]:
    """Documents in the order of their best passages."""
    return list(dict.fromkeys(ids))


def scored(task: Task, search: Search) -> dict[str, float]:
    """Means over the queries, times 100."""
    found: dict[str, list[float]] = {name: [] for name in MEASURES}
    for query, text in task.queries.items():
        judged = task.relevant[query]
        relevance = [judged.get(document, 0) for document in search(text)]
        every = list(judged.values())
        found["ndcg_at_10"].append(ndcg_at(relevance, every, 10))
        found["recall_at_10"].append(recall_at(relevance, every, 10))
        found["recall_at_100"].append(recall_at(relevance, every, 100))
    return {name: round(100 * float(np.mean(values)), 2) for name, values in found.items()}


def tables(result: Result) -> list[Table]:
    """A table for each task."""
    return [
        Table(
            title=f"{task}, × 100",
            head=("method", *MEASURES.values()),
            rows=tuple(
                (
                    name,
                    *(f"{row[task][measure]:.2f}" for measure in MEASURES),
                )
                for name, row in result.rows.items()
                if task in row
            ),
        )
        for task in TASKS
    ]
