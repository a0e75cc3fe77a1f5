"""Claim: the encoder reproduces the published MTEB scores of its checkpoint.

Spearman correlation of cosine with human ratings for STS; nDCG@10 as trec_eval and BEIR compute it
for retrieval. A difference above `TOLERANCE` in float32 ends the run with exit status 1.

    python benchmarks/faithful.py [--tasks STSBenchmark STS12] [--computes float32 bfloat16]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

import likewise
from likewise import vectors

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
RESULTS = Path(__file__).parent / "results" / "faithful.json"
MODEL = "all-MiniLM-L6-v2"
TOLERANCE = 0.02


@dataclass(frozen=True)
class Score:
    """One task in one number format.

    Attributes:
        task: its name in MTEB.
        compute: number format of the network.
        score: main score of the task, times 100.
        published: the same, published for this checkpoint.
        texts: number of texts that were encoded.
        seconds: time it took, loading left out.
    """

    task: str
    compute: str
    score: float
    published: float
    texts: int
    seconds: float

    @property
    def difference(self) -> float:
        """Of the score to the published one."""
        return self.score - self.published


@dataclass(frozen=True)
class Outcome:
    """Main score of a task, times 100, and the number of texts it took."""

    score: float
    texts: int


def similarity_task(encoder: likewise.Encoder, file: Path) -> Outcome:
    """Spearman correlation of the cosine of sentence pairs with what people say."""
    header, *lines = file.read_text(encoding="utf-8").rstrip("\n").split("\n")
    column = {name: place for place, name in enumerate(header.split("\t"))}
    rows = [line.split("\t") for line in lines]
    left, right = (
        encoder.encode([row[column[side]] for row in rows]) for side in ("sentence1", "sentence2")
    )
    human = [float(row[column["score"]]) for row in rows]
    cosine = vectors.similarity_pairwise(left, right, "cosine")
    return Outcome(100 * float(spearmanr(human, cosine).statistic), 2 * len(rows))


def retrieval_task(encoder: likewise.Encoder, folder: Path) -> Outcome:
    """NDCG@10 over a folder in BEIR's layout."""
    documents = _records(folder / "corpus.jsonl")
    judged = _judgments(folder / "qrels" / "test.tsv")
    queries = [q for q in _records(folder / "queries.jsonl") if q["_id"] in judged]
    corpus = encoder.encode_document([f"{d['title']} {d['text']}".strip() for d in documents])
    scores = vectors.cosine(encoder.encode_query([q["text"] for q in queries]), corpus)
    best = vectors.top_k(scores, 10).indices
    gains = [
        ndcg([documents[i]["_id"] for i in row], judged[query["_id"]])
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


def _judgments(file: Path) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = {}
    for line in file.read_text(encoding="utf-8").splitlines()[1:]:
        query, document, relevance = line.split("\t")
        judged.setdefault(query, {})[document] = int(relevance)
    return judged


TASKS: Mapping[str, Callable[[likewise.Encoder], Outcome]] = {
    "STSBenchmark": lambda e: similarity_task(e, DATA / "stsbenchmark" / "test.tsv"),
    "STS12": lambda e: similarity_task(e, DATA / "sts12" / "test.tsv"),
    "SICK-R": lambda e: similarity_task(e, DATA / "sick_r" / "mteb_test_9927.tsv"),
    "SciFact": lambda e: retrieval_task(e, DATA / "scifact"),
}


def published_scores() -> dict[str, float]:
    """Published main scores of `MODEL` by task."""
    header, *lines = (DATA / "published.tsv").read_text(encoding="utf-8").splitlines()
    column = header.split("\t").index(MODEL)
    return {row[0]: float(row[column]) for row in (line.split("\t") for line in lines)}


def measure(task: str, encoder: likewise.Encoder) -> Score:
    """Run one task."""
    started = time.perf_counter()
    outcome = TASKS[task](encoder)
    seconds = time.perf_counter() - started
    published = published_scores()[task]
    return Score(
        task, encoder.compute, round(outcome.score, 3), published, outcome.texts, round(seconds, 1)
    )


def main() -> int:
    """Measure, print a table, rewrite the results."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    arguments.add_argument("--computes", nargs="+", default=["float32", "bfloat16"])
    arguments.add_argument("--output", type=Path, default=RESULTS)
    chosen = arguments.parse_args()
    scores = []
    print(f"{'task':14} {'compute':10} {'score':>7} {'published':>10} {'difference':>11}")
    for compute in chosen.computes:
        encoder = likewise.load(MODEL, compute=compute)
        for task in chosen.tasks:
            score = measure(task, encoder)
            scores.append(score)
            print(
                f"{task:14} {compute:10} {score.score:7.2f} {score.published:10.2f} "
                f"{score.difference:+11.3f}",
                flush=True,
            )
    save(scores, chosen.output)
    exact = [s for s in scores if s.compute == "float32"]
    return int(any(abs(s.difference) > TOLERANCE for s in exact))


def save(scores: list[Score], file: Path) -> None:
    """Write scores as JSON."""
    file.write_text(json.dumps([asdict(s) for s in scores], indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
