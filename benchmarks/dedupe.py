"""Duplicates among many sentences: what it costs beyond encoding, and whether any is missed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import texts
from benchmarks.environments import ROOT, environment, variables
from benchmarks.finders import ENVIRONMENT, FINDERS
from benchmarks.options import Options
from benchmarks.perturb import PERTURBATIONS
from benchmarks.results import Result, UnavailableError
from benchmarks.tables import Table

QUESTION = "What does removing near-duplicates cost beyond encoding, and are all of them found?"
COUNT, PLANTED = 200_000, 2_000
THRESHOLD = 0.9
SAMPLE = 2_000
"""Kept texts that are compared with all other kept ones."""
_BLOCK = 256


@dataclass(frozen=True)
class Planted:
    """Sentences with near-duplicates among them.

    Attributes:
        texts: all of them, shuffled.
        pairs: `[p, 2]` places of a sentence and of what was made of it.
    """

    texts: list[str]
    pairs: np.ndarray


def plant(sentences: list[str], count: int, seed: int = 0) -> Planted:
    """Put as many near-duplicates among sentences, each of another one."""
    chance = random.Random(seed)
    kinds = list(PERTURBATIONS.values())
    chosen = chance.sample(range(len(sentences)), count)
    made = [kinds[i % len(kinds)](sentences[row], chance) for i, row in enumerate(chosen)]
    everything = sentences + made
    order = list(range(len(everything)))
    chance.shuffle(order)
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    pairs = np.stack([place[chosen], place[len(sentences) + np.arange(count)]], axis=1)
    return Planted([everything[i] for i in order], pairs)


def run(options: Options) -> Result:
    """All finders on the same texts and the same vectors, one after the other."""
    if not texts.sentences_file(options.data).exists():
        raise UnavailableError("dedupe needs speed/sentences.txt")
    sentences = texts.sentences(options.data, COUNT - PLANTED)
    planted = plant(sentences, PLANTED * len(sentences) // (COUNT - PLANTED))
    rows: dict[str, Any] = {}
    versions: dict[str, str] = {}
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "texts.json").write_text(json.dumps(planted.texts), "utf-8")
        for name in FINDERS:
            place = environment(ENVIRONMENT[name])
            if not place.ready:
                notes.append(f"{name} (set it up with --peers)")
                continue
            command = [str(place.python), "-m", "benchmarks.finders", name]
            subprocess.run(
                [*command, str(folder), str(THRESHOLD)],
                check=True, cwd=ROOT, env=variables() | {"LIKEWISE_CACHE": str(folder / "cache")},
                stdout=sys.stderr,
            )  # fmt: skip
            found = json.loads((folder / f"{name}.json").read_text("utf-8"))
            versions[name] = found.pop("version")
            rows[name] = judge(found, np.load(folder / "vectors.npy", mmap_mode="r"), planted)
            print(name, rows[name], file=sys.stderr)
    return Result("dedupe", options.command("dedupe"), rows, versions, notes)


def judge(found: dict[str, Any], vectors: np.ndarray, planted: Planted) -> dict[str, Any]:
    """Figures of one finder; its list of kept rows is taken out."""
    kept = np.asarray(found.pop("kept"))
    stays = np.zeros(len(vectors), bool)
    stays[kept] = True
    left, right = planted.pairs.T
    near = np.einsum("ij,ij->i", vectors[left], vectors[right]) >= THRESHOLD + 1e-5
    missed = stays[left] & stays[right]
    sample = np.sort(np.random.default_rng(0).choice(kept, min(SAMPLE, len(kept)), replace=False))
    return found | {
        "texts": len(vectors),
        "removed": len(vectors) - len(kept),
        "planted": len(left),
        "planted near": int(near.sum()),
        "planted found": int((near & ~missed).sum()),
        "removed near kept": _with_neighbour(vectors, np.flatnonzero(~stays), kept),
        "kept near kept": _with_neighbour(vectors, sample, kept),
    }


def _with_neighbour(vectors: np.ndarray, rows: np.ndarray, kept: np.ndarray) -> float:
    """Share of rows with another text at or over the threshold among the kept ones."""
    best = np.full(len(rows), -1.0)
    for start in range(0, len(kept), 16_384):
        some = kept[start : start + 16_384]
        block = vectors[some].T
        for first in range(0, len(rows), _BLOCK):
            part = rows[first : first + _BLOCK]
            scores = vectors[part] @ block
            scores[part[:, None] == some[None, :]] = -1
            best[first : first + _BLOCK] = np.maximum(best[first : first + _BLOCK], scores.max(1))
    return float((best >= THRESHOLD - 1e-5).mean()) if len(rows) else 1.0


def tables(result: Result) -> list[Table]:
    """Cost and faithfulness of each finder."""
    any_row = next(iter(result.rows.values()))
    encoding = result.rows["likewise"]["encoding"]
    title = (
        f"Duplicates among {any_row['texts']:,} sentences at {THRESHOLD}, on the same vectors "
        f"(encoding alone: {encoding:.0f} s; {any_row['planted near']:,} of "
        f"{any_row['planted']:,} planted ones are that near)"
    )
    head = (
        "finder", "seconds beyond encoding", "× encoding, all in", "peak MiB", "removed",
        "planted found", "removed that have a near text kept", "kept that still have one",
    )  # fmt: skip
    return [Table(title, head, tuple(_row(name, result.rows) for name in result.rows))]


def _row(name: str, rows: dict[str, Any]) -> tuple[str, ...]:
    row, encoding = rows[name], rows["likewise"]["encoding"]
    prepared = row.get("prepared", encoding)
    return (
        name,
        f"{prepared - encoding + row['seconds']:.1f}",
        f"{(prepared + row['seconds']) / encoding:.2f}×",
        f"{row['peak']:,.0f}",
        f"{row['removed']:,}",
        f"{row['planted found'] / max(row['planted near'], 1):.2%}",
        f"{row['removed near kept']:.2%}",
        f"{row['kept near kept']:.2%}",
    )
