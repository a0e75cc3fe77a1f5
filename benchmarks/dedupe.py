"""Near-duplicates among many sentences: cost beyond encoding, and share found."""

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
"""Number of kept texts that are compared with all other kept texts."""
_BLOCK = 256


@dataclass(frozen=True)
class Planted:
    """Sentences with planted near-duplicates.

    Attributes:
        texts: all of them, shuffled.
        pairs: `[p, 2]` rows of a sentence and of its near-duplicate.
    """

    texts: list[str]
    pairs: np.ndarray


def plant(sentences: list[str], count: int, seed: int = 0) -> Planted:
    """Add `count` near-duplicates, each of a different sentence, and shuffle."""
    rng = random.Random(seed)
    kinds = list(PERTURBATIONS.values())
    chosen = rng.sample(range(len(sentences)), count)
    made = [kinds[i % len(kinds)](sentences[row], rng) for i, row in enumerate(chosen)]
    everything = sentences + made
    order = list(range(len(everything)))
    rng.shuffle(order)
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    pairs = np.stack([place[chosen], place[len(sentences) + np.arange(count)]], axis=1)
    return Planted([everything[i] for i in order], pairs)


def run(options: Options) -> Result:
    """Run each finder on the same texts and vectors, one after the other."""
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
                notes.append(f"{name} (set up with --peers)")
                continue
            command = [str(place.python), "-m", "benchmarks.finders", name]
            subprocess.run(
                [*command, str(folder), str(THRESHOLD)],
                check=True, cwd=ROOT, env=variables() | {"LIKEWISE_CACHE": str(folder / "cache")},
                stdout=sys.stderr,
            )  # fmt: skip
            found = json.loads((folder / f"{name}.json").read_text("utf-8"))
            versions[name] = found.pop("version")
            rows[name] = score(found, np.load(folder / "vectors.npy", mmap_mode="r"), planted)
            print(name, rows[name], file=sys.stderr)
    return Result("dedupe", options.command("dedupe"), rows, versions, notes)


def score(found: dict[str, Any], vectors: np.ndarray, planted: Planted) -> dict[str, Any]:
    """Metrics of one finder, without its list of kept rows."""
    kept = np.asarray(found.pop("kept"))
    is_kept = np.zeros(len(vectors), bool)
    is_kept[kept] = True
    left, right = planted.pairs.T
    near = np.einsum("ij,ij->i", vectors[left], vectors[right]) >= THRESHOLD + 1e-5
    missed = is_kept[left] & is_kept[right]
    sample = np.sort(np.random.default_rng(0).choice(kept, min(SAMPLE, len(kept)), replace=False))
    return found | {
        "texts": len(vectors),
        "removed": len(vectors) - len(kept),
        "planted": len(left),
        "planted above threshold": int(near.sum()),
        "planted found": int((near & ~missed).sum()),
        "removed with near-duplicate kept": _share_with_neighbor(
            vectors, np.flatnonzero(~is_kept), kept
        ),
        "kept with near-duplicate kept": _share_with_neighbor(vectors, sample, kept),
    }


def _share_with_neighbor(vectors: np.ndarray, rows: np.ndarray, kept: np.ndarray) -> float:
    """Share of rows that have another kept row at or above the threshold."""
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
    """Cost and accuracy of each finder."""
    any_row = next(iter(result.rows.values()))
    encoding = result.rows["likewise"]["encoding"]
    title = (
        f"Duplicates among {any_row['texts']:,} sentences at {THRESHOLD}, on the same vectors "
        f"(encoding alone: {encoding:.0f} s; {any_row['planted above threshold']:,} of "
        f"{any_row['planted']:,} planted pairs are above it)"
    )
    head = (
        "finder", "seconds beyond encoding", "× encoding, in total", "peak MiB", "removed",
        "planted found", "removed with a near-duplicate kept", "kept with a near-duplicate kept",
    )  # fmt: skip
    return [Table(title, head, tuple(_row(name, result.rows) for name in result.rows))]


def _row(name: str, rows: dict[str, Any]) -> tuple[str, ...]:
    row, encoding = rows[name], rows["likewise"]["encoding"]
    prepared = row.get("encoding to disk", encoding)
    return (
        name,
        f"{prepared - encoding + row['seconds']:.1f}",
        f"{(prepared + row['seconds']) / encoding:.2f}×",
        f"{row['peak']:,.0f}",
        f"{row['removed']:,}",
        f"{row['planted found'] / max(row['planted above threshold'], 1):.2%}",
        f"{row['removed with near-duplicate kept']:.2%}",
        f"{row['kept with near-duplicate kept']:.2%}",
    )
