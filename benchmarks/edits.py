"""Edited copies that dedupe finds, by kind of edit; and how often what it removes is the same."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from benchmarks.options import Options
from benchmarks.perturb import PERTURBATIONS
from benchmarks.results import Result
from benchmarks.tables import Table
from likewise import Encoder, __version__, load
from likewise.analysis.dedup.dedupe import CorpusPairs, dedupe
from likewise.analysis.dedup.duplicates import Duplicates
from likewise.analysis.embedded_corpus import EmbeddedCorpus, embed_records
from likewise.data.records import Record

QUESTION = "Which kinds of edited copies does dedupe find, and are the texts it removes the same?"
PLANTED = 100
"""Copies of each kind in each set."""
THRESHOLD = 0.9
SAME = 4.0
"""Rating of STSBenchmark, 0 to 5, from which two texts mean the same."""
BEFORE, AFTER = "vectors alone", "dedupe"


@dataclass(frozen=True)
class LabelledTexts:
    """Texts, with their classes where there are any."""

    texts: Sequence[str]
    labels: Sequence[str]


def banking77(options: Options) -> LabelledTexts:
    """A quarter of the bank questions."""
    folder = options.data / "banking77"
    lines = [line.split("\t") for name in ("train.tsv", "test.tsv")
             for line in (folder / name).read_text("utf-8").splitlines()[1:]]  # fmt: skip
    found = {text: label for label, text in lines}
    return LabelledTexts(list(found)[1::4], list(found.values())[1::4])


def stackoverflow(options: Options) -> LabelledTexts:
    """A fifth of the titles; their labels are topics, so that they say nothing of duplicates."""
    path = options.data / "stackoverflow_titles" / "all.tsv"
    lines = [line.split("\t")[1] for line in path.read_text("utf-8").splitlines()[1:]]
    return LabelledTexts(list(dict.fromkeys(lines))[1::5], ())


def rated_pairs(options: Options) -> list[tuple[float, str, str]]:
    """The pairs of STSBenchmark, dev and test, with their ratings."""
    lines: list[list[str]] = []
    for name in ("dev.tsv", "test.tsv"):
        text = (options.data / "stsbenchmark" / name).read_text("utf-8")
        lines += [line.split("	") for line in text.splitlines()[1:]]
    return [(float(score), first, second) for _, score, first, second, *_ in lines]


def run(options: Options) -> Result:
    """Plant copies in each set, and remove duplicates by vectors alone and as `dedupe` does."""
    model = load()
    rows: dict[str, Any] = {}
    for name, texts in {
        "banking77": banking77(options), "stackoverflow_titles": stackoverflow(options),
    }.items():  # fmt: skip
        rows[name] = planted(model, texts)
        print(name, rows[name], file=sys.stderr)
    rows["stsbenchmark"] = rated(model, rated_pairs(options))
    print("stsbenchmark", rows["stsbenchmark"], file=sys.stderr)
    return Result("edits", options.command("edits"), rows, {"likewise": __version__})


def planted(model: Encoder, texts: LabelledTexts) -> dict[str, Any]:
    """Share of planted copies that are found, and of removed texts of the same class."""
    rng = random.Random(1)
    chosen = rng.sample(range(len(texts.texts)), PLANTED * len(PERTURBATIONS))
    kinds = list(PERTURBATIONS)
    copies = [PERTURBATIONS[kinds[i % len(kinds)]](texts.texts[row], rng)
              for i, row in enumerate(chosen)]  # fmt: skip
    corpus = embed_records(model, [Record(text) for text in (*texts.texts, *copies)])
    return {
        "texts": len(corpus),
        **{
            way: {
                "found": _found(found, chosen, len(texts.texts)),
                "removed": len(found.removed),
                "same class": _same_class(found, texts.labels),
            }
            for way, found in both(corpus).items()
        },
    }


def both(corpus: EmbeddedCorpus) -> dict[str, Duplicates]:
    """The duplicates by similarity of the vectors alone, and those of `dedupe`."""
    found = dedupe(corpus, THRESHOLD)
    pairs = found.source
    assert isinstance(pairs, CorpusPairs)
    assert pairs.edited is not None
    none = replace(pairs.edited, pairs=pairs.edited.pairs[:0], least=pairs.edited.least[:0])
    alone = replace(pairs, edited=none, remove_differing=True)
    return {BEFORE: alone.at(THRESHOLD), AFTER: found}


def _found(found: Duplicates, chosen: Sequence[int], first: int) -> dict[str, float]:
    """Share of copies of each kind of which the original or the copy was removed."""
    removed = {text.row for text in found.removed}
    kinds = list(PERTURBATIONS)
    counts: Counter[str] = Counter()
    for i, row in enumerate(chosen):
        counts[kinds[i % len(kinds)]] += row in removed or first + i in removed
    return {kind: counts[kind] / PLANTED for kind in kinds}


def _same_class(found: Duplicates, labels: Sequence[str]) -> float | None:
    """Share of removed texts, not planted ones, that have the class of the text that stays."""
    same = [labels[text.row] == labels[text.representative] for text in found.removed
            if max(text.row, text.representative) < len(labels)]  # fmt: skip
    return sum(same) / len(same) if same else None


def rated(model: Encoder, pairs: Sequence[tuple[float, str, str]]) -> dict[str, Any]:
    """Of the pairs that are taken as duplicates, the share that people rate as the same."""
    texts = list(dict.fromkeys(chain.from_iterable((first, second) for _, first, second in pairs)))
    corpus = embed_records(model, [Record(text) for text in texts])
    row = {text: number for number, text in enumerate(texts)}
    source = dedupe(corpus, THRESHOLD).source
    assert isinstance(source, CorpusPairs)
    assert source.edited is not None
    position = source.texts.positions
    copies = {
        frozenset(pair)
        for pair, least in zip(source.edited.pairs.tolist(), source.edited.least, strict=True)
        if not least
    }
    ratings: dict[str, list[float]] = {BEFORE: [], AFTER: [], "differ": []}
    for score, first, second in pairs:
        one, other = row[first], row[second]
        ends = int(position[one]), int(position[other])
        near = float(corpus.vectors[one] @ corpus.vectors[other]) >= THRESHOLD
        apart = ends[0] != ends[1] and source.edited.comparer.compare(*ends).differences
        if near:
            ratings[BEFORE].append(score)
        if near and apart:
            ratings["differ"].append(score)
        if (near and not apart) or frozenset(ends) in copies:
            ratings[AFTER].append(score)
    return {
        way: {"pairs": len(found), "same": sum(s >= SAME for s in found) / max(len(found), 1)}
        for way, found in ratings.items()
    }


def tables(result: Result) -> list[Table]:
    """Found copies by kind, and the precision of what is removed."""
    rows: Mapping[str, Any] = result.rows
    sets = [name for name in rows if name != "stsbenchmark"]
    head = ("kind of edit", *(f"{name}, {way}" for name in sets for way in (BEFORE, AFTER)))
    kinds = tuple(
        (
            kind,
            *(f"{rows[name][way]['found'][kind]:.0%}" for name in sets for way in (BEFORE, AFTER)),
        )
        for kind in PERTURBATIONS
    )
    removed = [
        (f"{name}: removed texts of the same class", *(_share(rows[name][w]["same class"])
                                                     for w in (BEFORE, AFTER)))
        for name in sets if rows[name][AFTER]["same class"] is not None
    ]  # fmt: skip
    pairs = rows["stsbenchmark"]
    removed.append(
        ("STSBenchmark: pairs taken as duplicates that are rated 4 or more",
         *(f"{pairs[w]['same']:.1%} of {pairs[w]['pairs']}" for w in (BEFORE, AFTER)))
    )  # fmt: skip
    removed.append(
        ("STSBenchmark: near pairs that stay because they differ, rated 4 or more", "",
         f"{pairs['differ']['same']:.1%} of {pairs['differ']['pairs']}")
    )  # fmt: skip
    return [
        Table(f"Share of {PLANTED} planted copies of each kind that are found", head, kinds),
        Table("Precision", ("texts", BEFORE, AFTER), tuple(removed)),
    ]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
