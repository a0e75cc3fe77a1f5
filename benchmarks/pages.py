"""Pages with results: the part between the markers is generated from the JSON files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from benchmarks import (
    answers,
    base_models,
    clusters,
    cold_start,
    collections,
    dedupe,
    distillation,
    documents,
    durability,
    edits,
    faithful,
    gpu,
    granularity,
    hybrid,
    keystrokes,
    latency,
    memory,
    mixed_load,
    models,
    mteb_parity,
    peak,
    quality,
    recommend,
    retrieval,
    scale,
    scale_corpus,
    scale_jobs,
    scale_kills,
    scale_plan,
    scale_sizes,
    sentences,
    serving,
    training,
)
from benchmarks.environments import ROOT
from benchmarks.results import FOLDER, Result, read
from benchmarks.summary import CHINESE, ENGLISH, Words, summary

BENCHMARKS: dict[str, ModuleType] = {
    "sentences": sentences,
    "documents": documents,
    "base_models": base_models,
    "models": models,
    "latency": latency,
    "cold_start": cold_start,
    "memory": memory,
    "faithful": faithful,
    "mteb_parity": mteb_parity,
    "peak": peak,
    "collections": collections,
    "durability": durability,
    "scale": scale,
    "scale_kills": scale_kills,
    "scale_jobs": scale_jobs,
    "scale_corpus": scale_corpus,
    "scale_plan": scale_plan,
    "scale_sizes": scale_sizes,
    "quality": quality,
    "dedupe": dedupe,
    "edits": edits,
    "retrieval": retrieval,
    "answers": answers,
    "hybrid": hybrid,
    "keystrokes": keystrokes,
    "recommend": recommend,
    "clusters": clusters,
    "granularity": granularity,
    "serving": serving,
    "mixed_load": mixed_load,
    "training": training,
    "distillation": distillation,
    "gpu": gpu,
}
"""Every benchmark, by name."""

OPEN, CLOSE = "<!-- benchmarks -->", "<!-- /benchmarks -->"


@dataclass(frozen=True)
class Page:
    """A page with a part that is generated.

    Attributes:
        path: path of the page.
        words: the language of its summary; None for the page with every table.
    """

    path: Path
    words: Words | None


PAGES = (
    Page(ROOT / "README.md", ENGLISH),
    Page(ROOT / "README.zh-CN.md", CHINESE),
    Page(ROOT / "benchmarks" / "README.md", None),
)


def results(folder: Path = FOLDER) -> dict[str, Result]:
    """Stored results by benchmark."""
    found = {name: read(name, folder) for name in BENCHMARKS}
    return {name: result for name, result in found.items() if result}


def generated(page: Page, found: Mapping[str, Result]) -> str | None:
    """Text of an up-to-date page; None if the page or its markers are missing."""
    text = page.path.read_text("utf-8") if page.path.exists() else ""
    if OPEN not in text or CLOSE not in text:
        return None
    body = summary(found, page.words) if page.words else details(found)
    marked = re.compile(re.escape(OPEN) + ".*?" + re.escape(CLOSE), re.DOTALL)
    return marked.sub(lambda _: f"{OPEN}\n{body}\n{CLOSE}", text)


def details(found: Mapping[str, Result]) -> str:
    """All tables of all results, with command, machine and versions."""
    parts = []
    for name, result in found.items():
        machine = result.machine
        versions = ", ".join(f"{k} {v}" for k, v in sorted(result.versions.items()))
        parts += [
            f"## {name}",
            BENCHMARKS[name].QUESTION,
            *(table.markdown() for table in BENCHMARKS[name].tables(result)),
            f"`{result.command}`, {result.date[:10]}, on {machine['cores']} cores of "
            f"{machine['processor']} ({', '.join(machine['flags'])}), {machine['memory']} GiB, "
            f"{machine['system']}, Python {machine['python']}. {versions}.",
            *(f"Left out: {note}." for note in result.notes),
        ]
    return "\n\n".join(parts)


def rewrite() -> list[Path]:
    """Regenerate all pages; returns those that changed."""
    found, changed = results(), []
    for page in PAGES:
        text = generated(page, found)
        if text is not None and text != page.path.read_text("utf-8"):
            page.path.write_text(text, "utf-8")
            changed.append(page.path)
    return changed
