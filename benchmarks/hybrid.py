"""Hybrid search against its two parts, on queries that chose its weights and on others."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

import likewise
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.retrieval import known_document, medquad_answers, scifact_documents
from benchmarks.tables import Table
from likewise.collections.collection import Collection
from likewise.collections.contract import MODES
from likewise.collections.open_collection import open_collection
from likewise.data import Record, read_records
from likewise.errors import MissingExtraError
from likewise.evaluation.metrics.ranking import ndcg_at

QUESTION = "Does hybrid search beat search by meaning and by words, on queries not tuned on?"
DEPTH = 50
"""Chunks that are looked at for ten documents."""

QUERIES = 300
"""Of each half."""

HALVES = ("development", "held_out")


@dataclass(frozen=True)
class Query:
    """A query, and the ids of the documents that answer it."""

    text: str
    relevant: frozenset[str]


@dataclass(frozen=True)
class Task:
    """Documents, each with its id in the field `document`, and queries by half."""

    documents: Sequence[Record]
    queries: Mapping[str, Sequence[Query]]


def scifact(data: Path) -> Task:
    """Claims: all abstracts of the test claims and of 500 training claims, and 700 others."""
    folder = data / "scifact"
    texts = {str(r.fields["_id"]): r.text for r in read_records(folder / "queries.jsonl")}
    halves = {}
    for half, split in zip(HALVES, ("train", "test"), strict=True):
        found: dict[str, set[str]] = {}
        for row in read_records(folder / "qrels" / f"{split}.tsv", column="query-id"):
            if int(row.fields["score"]) > 0:
                found.setdefault(row.text, set()).add(str(row.fields["corpus-id"]))
        halves[half] = [Query(texts[name], frozenset(ids)) for name, ids in found.items()]
    chosen = [*halves["held_out"], *halves["development"][:500]]
    needed = {name for query in chosen for name in query.relevant}
    every = scifact_documents(data)
    others = [r for r in every if r.fields["document"] not in needed]
    drawn = np.random.default_rng(1).permutation(len(others))[:700].tolist()
    documents = [r for r in every if r.fields["document"] in needed]
    return Task([*documents, *(others[n] for n in drawn)], halves)


def medquad(data: Path) -> Task:
    """Questions on health: 1,400 of the answers."""
    documents, answers = medquad_answers(data)
    order = np.random.default_rng(7).permutation(len(documents))[:1400].tolist()
    documents = [documents[n] for n in order]
    there = {str(record.fields["document"]) for record in documents}
    queries = [Query(text, frozenset(ids)) for text, ids in sorted(answers.items()) if ids <= there]
    drawn = [queries[n] for n in np.random.default_rng(3).permutation(len(queries)).tolist()]
    middle = len(drawn) // 2
    return Task(documents, dict(zip(HALVES, (drawn[:middle], drawn[middle:]), strict=True)))


def xquad(data: Path) -> Task:
    """Questions on 240 paragraphs of an encyclopedia, English; every second article is held out.

    The file is `xquad.en.json` of google-deepmind/xquad, as `xquad/en.json`.
    """
    articles = json.loads((data / "xquad" / "en.json").read_text("utf-8"))["data"]
    documents: list[Record] = []
    halves: dict[str, list[Query]] = {half: [] for half in HALVES}
    for number, article in enumerate(articles):
        for paragraph in article["paragraphs"]:
            name = str(len(documents))
            documents.append(known_document(Record(paragraph["context"]), name))
            halves[HALVES[number % 2]] += [
                Query(qa["question"], frozenset({name})) for qa in paragraph["qas"]
            ]
    return Task(documents, halves)


TASKS: Mapping[str, Callable[[Path], Task]] = MappingProxyType(
    {"SciFact": scifact, "MedQuAD": medquad, "XQuAD paragraphs": xquad}
)


def run(options: Options) -> Result:
    """nDCG@10 of each mode on each half, times 100."""
    model = likewise.load()
    rows: dict[str, dict[str, Any]] = {mode: {} for mode in MODES}
    notes: list[str] = []
    for name, read in TASKS.items():
        try:
            task = read(options.data)
        except FileNotFoundError:
            notes.append(f"{name}: not in {options.data.name}; see `benchmarks/hybrid.py`")
            continue
        with tempfile.TemporaryDirectory() as folder:
            collection = indexed(folder, task, model)
            for mode in MODES:
                rows[mode][name] = {
                    half: scored(collection, mode, queries)
                    for half, queries in task.queries.items()
                }
                print(name, mode, rows[mode][name], file=sys.stderr)
    versions = {"likewise": likewise.__version__}
    return Result("hybrid", options.command("hybrid"), rows, versions, notes)


def indexed(folder: str, task: Task, model: likewise.Encoder) -> Collection:
    """A collection of the task's documents."""
    try:
        collection = open_collection("documents", store=folder, model=model, create=True)
    except MissingExtraError as error:
        raise UnavailableError(f"hybrid: {error}") from error
    collection.add(task.documents)
    return collection


def scored(collection: Collection, mode: Any, queries: Iterable[Query]) -> float:
    """Mean nDCG@10 over the first queries whose documents are all there, times 100."""
    rows = collection.search("text", len(collection))
    there = {str(hit.fields["document"]) for hit in rows}
    found = []
    for query in islice((query for query in queries if query.relevant <= there), QUERIES):
        hits = collection.search(query.text, DEPTH, mode=mode)
        order = dict.fromkeys(str(hit.fields["document"]) for hit in hits)
        relevance = [int(name in query.relevant) for name in order]
        found.append(ndcg_at(relevance, [1] * len(query.relevant), 10))
    return round(100 * float(np.mean(found)), 2)


def tables(result: Result) -> list[Table]:
    """One table: a column for each half of each task."""
    tasks = [task for task in TASKS if any(task in row for row in result.rows.values())]
    return [
        Table(
            title="nDCG@10, × 100",
            head=("mode", *(f"{task}, {half}" for task in tasks for half in ("dev", "held out"))),
            rows=tuple(
                (mode, *(f"{row[task][half]:.2f}" for task in tasks for half in HALVES))
                for mode, row in result.rows.items()
            ),
        )
    ]
