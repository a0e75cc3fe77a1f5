"""Scores of MTEB's tasks, by the package `mteb` and by Likewise, on the same texts and vectors.

Each task of `mteb` gets texts of the data folder in place of its own download, so the figures
compare the settings and the metrics of both. Texts whose own data are here are scored whole by
`faithful`.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import likewise
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.tables import Table
from likewise.vectors import Matrix

QUESTION = "Do tasks give the scores that the package mteb gives?"
MODEL = "all-MiniLM-L6-v2"
MOST = 600
"""Most rows of a set: the comparison takes a minute or two."""

Row = dict[str, Any]


class Data(Protocol):
    """The texts of a task, for both."""

    def write(self, folder: Path) -> None:
        """As Likewise reads them."""

    def for_mteb(self) -> Any:
        """As the task of mteb has them once they are downloaded."""


@dataclass(frozen=True)
class Rows:
    """Tables by split.

    Attributes:
        splits: the rows of each.
        subset: name of the language in mteb, where the task has several.
    """

    splits: Mapping[str, Sequence[Row]]
    subset: str = ""

    def write(self, folder: Path) -> None:
        """A file for each split."""
        for split, rows in self.splits.items():
            _write(folder / f"{split}.jsonl", rows)

    def for_mteb(self) -> Any:
        """A `DatasetDict`, by language where there are several."""
        from datasets import Dataset, DatasetDict

        found = DatasetDict({s: Dataset.from_list(list(r)) for s, r in self.splits.items()})
        return {self.subset: found} if self.subset else found


@dataclass(frozen=True)
class Judged:
    """Queries with documents: all of the corpus, or a list of candidates for each.

    Attributes:
        queries: text by id.
        corpus: text by id.
        relevant: by query, relevance by document.
        candidates: by query, the documents to rank; None ranks all.
    """

    queries: dict[str, str]
    corpus: dict[str, str]
    relevant: dict[str, dict[str, int]]
    candidates: dict[str, list[str]] | None = None

    def write(self, folder: Path) -> None:
        """BEIR's layout, or a table of positives and negatives."""
        if self.candidates is None:
            for name, texts in (("corpus", self.corpus), ("queries", self.queries)):
                _write(folder / f"{name}.jsonl", [{"_id": i, "text": t} for i, t in texts.items()])
            lines = ["query-id\tcorpus-id\tscore"]
            lines += [f"{q}\t{d}\t{s}" for q, judged in self.relevant.items()
                      for d, s in judged.items()]  # fmt: skip
            (folder / "qrels").mkdir()
            (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
            return
        rows = [
            {
                "query": self.queries[query],
                "positive": [self.corpus[d] for d in listed if d in self.relevant[query]],
                "negative": [self.corpus[d] for d in listed if d not in self.relevant[query]],
            }
            for query, listed in self.candidates.items()
        ]
        _write(folder / "test.jsonl", rows)

    def for_mteb(self) -> Any:
        """What its loader for retrieval gives."""
        from datasets import Dataset

        split = {
            "corpus": Dataset.from_list([{"id": i, "text": t} for i, t in self.corpus.items()]),
            "queries": Dataset.from_list([{"id": i, "text": t} for i, t in self.queries.items()]),
            "relevant_docs": self.relevant,
            "top_ranked": self.candidates,
        }
        return {"default": {"test": split}}


class Cached:
    """A model that encodes each text once."""

    def __init__(self, model: likewise.Encoder) -> None:
        self.model = model
        self._known: dict[str, Matrix] = {}

    def encode(self, sentences: list[str]) -> Matrix:
        """Vectors of texts: float32 `[n, dimension]`."""
        new = [text for text in dict.fromkeys(sentences) if text not in self._known]
        self._known |= zip(new, self.model.encode(new), strict=True)
        return np.stack([self._known[text] for text in sentences])


def run(options: Options) -> Result:
    """Score each task twice.

    Raises:
        UnavailableError: mteb is not installed.
    """
    try:
        import mteb
    except ImportError as error:
        raise UnavailableError("mteb_parity: mteb is not installed") from error
    from likewise.evaluation.discover import find_tasks
    from likewise.evaluation.mteb_tasks import MtebEncoder

    model = Cached(likewise.load(MODEL, compute="float32"))
    rows: dict[str, Any] = {}
    for name, data in tasks(options.data):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / name
            folder.mkdir()
            data.write(folder)
            (own,) = find_tasks(folder)
            score = 100 * own.run(model).score
        subset = getattr(data, "subset", "")
        theirs = mteb.get_task(name, hf_subsets=[subset] if subset else None)
        theirs.dataset, theirs.data_loaded = data.for_mteb(), True
        found = mteb.evaluate(
            MtebEncoder(model), theirs, cache=None, raise_error=True, show_progress_bar=False
        )
        peer = 100 * found.task_results[0].get_score()
        rows[name] = {"type": own.type, "likewise": score, "mteb": peer}
    return Result("mteb_parity", options.command("mteb_parity"), rows)


def tables(result: Result) -> list[Table]:
    """A row for each task."""
    cells = [
        (name, row["type"], f"{row['mteb']:.2f}", f"{row['likewise']:.2f}",
         f"{abs(row['likewise'] - row['mteb']):.2f}")
        for name, row in result.rows.items()
    ]  # fmt: skip
    head = ("task", "type", "mteb", "likewise", "difference")
    return [Table(f"Main score × 100, {MODEL}", head, tuple(cells))]


def tasks(data: Path) -> Iterator[tuple[str, Data]]:
    """Tasks of every type by their names in MTEB, and texts for them."""
    sts = {
        "STSBenchmark": data / "stsbenchmark" / "test.tsv",
        "STS12": data / "sts12" / "test.tsv",
        "SICK-R": data / "sick_r" / "mteb_test_9927.tsv",
        "STSB": data / "chinese" / "stsb_zh_test.tsv",
    }
    for name, path in sts.items():
        rows = _rated(path)
        yield name, Rows({"validation": rows, "test": rows} if name == "STSB" else {"test": rows})
    yield "STS17", Rows({"test": _rated(sts["STS12"])}, subset="en-en")
    bank = {split: _rows(data / "banking77" / f"{split}.tsv") for split in ("train", "test")}
    few = sorted({row["label"] for row in bank["test"]})[:20]
    small = {split: [row for row in rows if row["label"] in few][: 2 * MOST]
             for split, rows in bank.items()}  # fmt: skip
    for name in ("Banking77Classification", "EmotionClassification"):
        yield name, Rows(small)
    both = small | {"validation": small["test"]}
    yield "AmazonCounterfactualClassification", Rows(both, subset="en")
    titles = [{"sentences": row["text"], "labels": row["label"]}
              for row in _rows(data / "stackoverflow_titles" / "all.tsv")]  # fmt: skip
    yield "StackExchangeClustering.v2", Rows({"test": titles[: 10 * MOST]})
    yield "TwentyNewsgroupsClustering", Rows({"test": _sets(titles[:MOST], 3)})
    pairs = [{"sentence1": row["sentence1"], "sentence2": row["sentence2"],
              "labels": int(row["label"])}
             for row in _rows(data / "chinese" / "lcqmc_test.tsv")]  # fmt: skip
    yield "SprintDuplicateQuestions", Rows({"test": pairs[:MOST]})
    yield "TwitterURLCorpus", Rows({"test": pairs[MOST : 2 * MOST]})
    same = [row for row in _rated(sts["STSBenchmark"]) if row["score"] > 4]
    yield (
        "Tatoeba",
        Rows(
            {"test": [{n: row[n] for n in ("sentence1", "sentence2")} for row in same]},
            subset="deu-eng",
        ),
    )
    yield "SciFact", _scifact(data / "scifact")
    yield "ArguAna", _near_copies([row["sentences"] for row in titles[:MOST]])
    yield "AskUbuntuDupQuestions", _candidates(bank["test"])


def _rated(path: Path) -> list[Row]:
    rows = _rows(path)[: 2 * MOST]
    score = "score" if "score" in rows[0] else "label"
    return [
        {"sentence1": row["sentence1"], "sentence2": row["sentence2"], "score": float(row[score])}
        for row in rows
    ]


def _sets(rows: Sequence[Row], count: int) -> list[Row]:
    """Rows that each have a set of texts, and their labels."""
    return [
        {name: [row[name] for row in rows[start::count]] for name in ("sentences", "labels")}
        for start in range(count)
    ]


def _scifact(folder: Path) -> Judged:
    relevant: dict[str, dict[str, int]] = {}
    for row in _rows(folder / "qrels" / "test.tsv"):
        relevant.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        queries = {row["_id"]: row["text"] for row in map(json.loads, lines)}
    with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
        corpus = {r["_id"]: f"{r['title']} {r['text']}".strip() for r in map(json.loads, lines)}
    judged = {d for each in relevant.values() for d in each}
    others = [d for d in corpus if d not in judged][:MOST]
    return Judged(
        {q: queries[q] for q in relevant}, {d: corpus[d] for d in (*judged, *others)}, relevant
    )


def _near_copies(texts: Sequence[str]) -> Judged:
    """Each text as a query that must not find itself; its neighbor in the list is relevant."""
    corpus = {f"t{n}": text for n, text in enumerate(texts)}
    ids = list(corpus)
    relevant = {a: {b: 1} for a, b in pairwise(ids)}
    return Judged({a: corpus[a] for a in relevant}, corpus, relevant)


def _candidates(rows: Sequence[Row]) -> Judged:
    """Questions with ten candidates each, of which those with the same label are relevant."""
    rng = np.random.default_rng(0)
    corpus = {f"d{n}": row["text"] for n, row in enumerate(rows)}
    candidates: dict[str, list[str]] = {}
    relevant: dict[str, dict[str, int]] = {}
    for n in range(100):
        same = [m for m, row in enumerate(rows) if row["label"] == rows[n]["label"] and m != n]
        other = [m for m, row in enumerate(rows) if row["label"] != rows[n]["label"]]
        chosen = [*rng.choice(same, 3, replace=False), *rng.choice(other, 7, replace=False)]
        candidates[f"q{n}"] = [f"d{m}" for m in chosen]
        relevant[f"q{n}"] = {f"d{m}": 1 for m in chosen[:3]}
    return Judged({f"q{n}": rows[n]["text"] for n in range(100)}, corpus, relevant, candidates)


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [dict(row) for _, row in zip(range(20 * MOST), reader, strict=False)]


def _write(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
