"""The number of clusters that is found, on sets of few and of many labels."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from benchmarks.clusters import score
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.tables import Table

QUESTION = "Is the number of clusters found near the number of labels, whatever that is?"
SPLIT = 12345
"""Seed that divides each set into the half used for development and the half that was held out."""

STRANGE = "oos"
"""CLINC150's label of queries outside its 150 intents."""


@dataclass(frozen=True)
class LabelledSet:
    """Texts with one label each, none twice.

    Attributes:
        name: what tables call it.
        texts: n texts.
        labels: n labels.
        seen: half of it was used for development.
    """

    name: str
    texts: list[str]
    labels: list[str]
    seen: bool = True

    def part(self, half: int) -> LabelledSet:
        """Half 0, used for development, or half 1, held out."""
        order = np.random.default_rng(SPLIT).permutation(len(self.texts))
        rows = np.sort(order[half::2]).tolist()
        name = f"{self.name}, {('development', 'held-out')[half]} half"
        return LabelledSet(
            name, [self.texts[i] for i in rows], [self.labels[i] for i in rows], self.seen
        )


def run(options: Options) -> Result:
    """Cluster each set with default settings, and by k-means with the true number.

    Of the sets used for development, also the half that was not used.

    Beside the sets in `../shared/data`, the folder may have `clinc/data_full.json` (CLINC150,
    github.com/clinc/oos-eval), `hwu64/*.json` (HWU64, a file for each intent, from
    github.com/xliuhw/NLU-Evaluation-Data), `gsdmm/Tweet` and `gsdmm/T`
    (github.com/jackyin12/GSDMM),
    and `stc2/Biomedical.txt` with `stc2/Biomedical_gnd.txt` (github.com/jacoxu/STC2).
    """
    from likewise import load

    found = list(labelled_sets(options.data))
    if not found:
        raise UnavailableError("granularity needs labelled sets, such as stackoverflow_titles")
    model = load()
    rows = {}
    for one in found:
        vectors = model.encode(one.texts)
        for part in (one, one.part(1)) if one.seen else (one,):
            place = {text: i for i, text in enumerate(one.texts)}
            rows[part.name] = measured(part, vectors[[place[text] for text in part.texts]])
            print(part.name, rows[part.name], file=sys.stderr)
    packages = {name: version(name) for name in ("likewise", "scikit-learn")}
    return Result("granularity", options.command("granularity"), rows, packages)


def measured(part: LabelledSet, vectors: Any) -> dict[str, float]:
    """Agreement with the labels: default settings, the true number, and k-means with it."""
    from sklearn.cluster import KMeans

    from likewise.analysis.clustering.cluster import ClusterSettings, cluster
    from likewise.analysis.embedded_corpus import EmbeddedCorpus
    from likewise.data.records import Record

    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    records = [Record(text) for text in part.texts]
    corpus = EmbeddedCorpus(records, vectors, "texts", Path(mkdtemp()))
    labels = len(set(part.labels))
    default = cluster(corpus, ClusterSettings(runs=0))
    hierarchy = default.hierarchy.material
    given = hierarchy.merges.cut(labels)[hierarchy.leaves]
    means = KMeans(labels, n_init=3, random_state=0).fit_predict(vectors)
    return {
        "texts": len(part.texts),
        "labels": labels,
        **score(part.labels, default.labels.tolist()),
        "low": default.granularity.low,
        "high": default.granularity.high,
        "given_v": score(part.labels, given.tolist())["v"],
        "kmeans_v": score(part.labels, means.tolist())["v"],
    }


def labelled_sets(data: Path) -> Iterator[LabelledSet]:
    """The sets that a folder has."""
    if (file := data / "stackoverflow_titles" / "all.tsv").exists():
        yield _once("Stack Overflow titles", _tsv(file))
    if (folder := data / "banking77").exists():
        yield _once("Banking77", [*_tsv(folder / "train.tsv"), *_tsv(folder / "test.tsv")])
    if (file := data / "clinc" / "data_full.json").exists():
        splits = json.loads(file.read_text("utf-8"))
        rows = [row for split in ("train", "val", "test") for row in splits[split]]
        yield _once("CLINC150", [(row[0], row[1]) for row in rows if row[1] != STRANGE])
    if files := sorted((data / "hwu64").glob("*.json")):
        yield _once("HWU64", [pair for file in files for pair in _intents(file)])
    for name, title in (("Tweet", "Tweets"), ("T", "News titles")):
        if (file := data / "gsdmm" / name).exists():
            lines = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line]
            pairs = [(line["text"].strip(), str(line["cluster"])) for line in lines]
            yield _once(title, pairs, seen=False)
    if (file := data / "stc2" / "Biomedical.txt").exists():
        texts = file.read_text("utf-8", "replace").splitlines()
        labels = file.with_name("Biomedical_gnd.txt").read_text("utf-8").split()
        yield _once("Biomedical titles", list(zip(texts, labels, strict=True)), seen=False)


def _tsv(file: Path) -> list[tuple[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["text"], row["label"]) for row in rows]


def _intents(file: Path) -> Iterator[tuple[str, str]]:
    for said in json.loads(file.read_text("utf-8")).get("userSays", []):
        yield "".join(part["text"] for part in said["data"]).strip(), file.stem


def _once(name: str, pairs: list[tuple[str, str]], *, seen: bool = True) -> LabelledSet:
    first: dict[str, str] = {}
    for text, label in pairs:
        if text:
            first.setdefault(text, label)
    return LabelledSet(name, list(first), list(first.values()), seen)


def tables(result: Result) -> list[Table]:
    """Number and agreement of the clusters of each set."""
    head = (
        "set", "texts", "labels", "clusters found", "nearly as good", "V-measure",
        "V-measure, number given", "V-measure of k-means, number given", "unclustered",
    )  # fmt: skip
    rows = tuple(
        (
            name,
            f"{row['texts']:,}",
            str(row["labels"]),
            str(row["clusters"]),
            f"{row['low']}–{row['high']}",
            f"{row['v']:.3f}",
            f"{row['given_v']:.3f}",
            f"{row['kmeans_v']:.3f}",
            f"{row['unclustered']:.1%}",
        )
        for name, row in result.rows.items()
    )
    return [Table("Clusters by default settings; unclustered texts count as one", head, rows)]
