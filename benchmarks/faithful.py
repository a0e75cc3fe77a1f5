"""The published MTEB scores of the checkpoint, reproduced on the labeled data sets.

Spearman correlation of cosine with human ratings for STS, by SciPy; nDCG@10 as trec_eval and BEIR
compute it for retrieval.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

import likewise
from benchmarks.contenders import CONTENDERS
from benchmarks.options import Options
from benchmarks.results import Result, read
from benchmarks.tables import Table
from likewise import vectors

QUESTION = "Does it give the checkpoint's published scores?"
MODEL = "all-MiniLM-L6-v2"
TOLERANCE = 0.02


@dataclass(frozen=True)
class Outcome:
    """Main score of a task × 100, and the number of encoded texts."""

    score: float
    texts: int


def similarity_task(model: likewise.Encoder, file: Path) -> Outcome:
    """Spearman correlation of the cosine of sentence pairs with human ratings."""
    header, *lines = file.read_text(encoding="utf-8").rstrip("\n").split("\n")
    column = {name: place for place, name in enumerate(header.split("\t"))}
    rows = [line.split("\t") for line in lines]
    left, right = (
        model.encode([row[column[side]] for row in rows]) for side in ("sentence1", "sentence2")
    )
    human = [float(row[column["score"]]) for row in rows]
    cosine = vectors.similarity_pairwise(left, right, "cosine")
    return Outcome(100 * float(spearmanr(human, cosine).statistic), 2 * len(rows))


def retrieval_task(model: likewise.Encoder, folder: Path) -> Outcome:
    """nDCG@10 over a folder in BEIR's layout."""
    documents = _records(folder / "corpus.jsonl")
    relevant = _relevance(folder / "qrels" / "test.tsv")
    queries = [q for q in _records(folder / "queries.jsonl") if q["_id"] in relevant]
    corpus = model.encode_document([f"{d['title']} {d['text']}".strip() for d in documents])
    scores = vectors.cosine(model.encode_query([q["text"] for q in queries]), corpus)
    best = vectors.top_k(scores, 10).indices
    gains = [
        ndcg([documents[i]["_id"] for i in row], relevant[query["_id"]])
        for query, row in zip(queries, best, strict=True)
    ]
    return Outcome(100 * float(np.mean(gains)), len(documents) + len(queries))


def ndcg(ranked: list[str], relevance: Mapping[str, int]) -> float:
    """Discounted gain of a ranking, linear in relevance, over that of the best possible one."""
    discount = 1 / np.log2(np.arange(2, len(ranked) + 2))
    ideal = sorted(relevance.values(), reverse=True)[: len(ranked)]
    gain = [relevance.get(document, 0) for document in ranked]
    return float(gain @ discount / (ideal @ discount[: len(ideal)]))


def _records(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _relevance(file: Path) -> dict[str, dict[str, int]]:
    relevant: dict[str, dict[str, int]] = {}
    for line in file.read_text(encoding="utf-8").splitlines()[1:]:
        query, document, relevance = line.split("\t")
        relevant.setdefault(query, {})[document] = int(relevance)
    return relevant


TASKS: Mapping[str, Callable[[likewise.Encoder, Path], Outcome]] = {
    "STSBenchmark": lambda model, data: similarity_task(model, data / "stsbenchmark" / "test.tsv"),
    "STS12": lambda model, data: similarity_task(model, data / "sts12" / "test.tsv"),
    "SICK-R": lambda model, data: similarity_task(model, data / "sick_r" / "mteb_test_9927.tsv"),
    "SciFact": lambda model, data: retrieval_task(model, data / "scifact"),
}


def published(data: Path) -> dict[str, float]:
    """Published main scores of `MODEL` by task."""
    header, *lines = (data / "published.tsv").read_text(encoding="utf-8").splitlines()
    column = header.split("\t").index(MODEL)
    return {row[0]: float(row[column]) for row in (line.split("\t") for line in lines)}


def run(options: Options) -> Result:
    """Each of our contenders on each task. Rows of other contenders are preserved."""
    before = read("faithful")
    rows = dict(before.rows) if before else {}
    notes: list[str] = []
    expected = published(options.data)
    for contender in options.chosen(c for c in CONTENDERS if c.ours):
        try:
            model = likewise.load(MODEL, compute=contender.preset)
        except likewise.LikewiseError as error:
            notes.append(f"{contender.name}: {error.message}")
            continue
        rows[contender.name] = {}
        for task, measure in TASKS.items():
            outcome = measure(model, options.data)
            found = {
                "compute": model.compute,
                "score": round(outcome.score, 3),
                "published": expected[task],
                "texts": outcome.texts,
            }
            rows[contender.name][task] = found
            print(contender.name, task, found, file=sys.stderr)
    packages = ("likewise", "numpy", "openvino", "scipy", "tokenizers")
    versions = {package: version(package) for package in packages}
    return Result("faithful", options.command("faithful"), rows, versions, notes)


def tables(result: Result) -> list[Table]:
    """Scores by contender, beside the published ones."""
    names = list(result.rows)
    return (
        [
            Table(
                title="Main score × 100, and its difference to the published one",
                head=("task", "published", *names),
                rows=tuple(
                    (
                        task,
                        f"{result.rows[names[0]][task]['published']:.2f}",
                        *(_shown(result.rows[name][task]) for name in names),
                    )
                    for task in TASKS
                ),
            )
        ]
        if names
        else []
    )


def _shown(found: Mapping[str, float]) -> str:
    return f"{found['score']:.2f} ({found['score'] - found['published']:+.2f})"
