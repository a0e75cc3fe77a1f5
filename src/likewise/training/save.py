"""Writes a trained model: a folder of sentence-transformers with a model card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from likewise.errors import OutputError
from likewise.evaluation.contract import TextEncoder, embed
from likewise.training.gate import Change, Verdict
from likewise.training.network import TrainingNetwork, quiet_transformers
from likewise.vectors import similarity_pairwise

LEAST_COSINE = 0.9999
"""Between the vectors of the network in training and of the written model."""


def save_network(network: TrainingNetwork, folder: Path) -> None:
    """Write the network as a checkpoint, replacing what is there.

    Raises:
        OutputError: the folder cannot be written.
    """
    partial = folder.with_name(folder.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        with quiet_transformers():
            network.model.save_pretrained(str(partial), create_model_card=False)
        for weights in partial.rglob("*.safetensors"):  # written for the owner alone
            shutil.copymode(partial / "modules.json", weights)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write {folder}: {error.strerror or error}", hint="free some space"
        ) from error


def check_saved(network: TrainingNetwork, saved: TextEncoder, texts: Sequence[str]) -> None:
    """Compare the vectors of a written model with those of the network in training.

    Raises:
        OutputError: they differ.
    """
    some = list(texts[:32])
    cosines = similarity_pairwise(network.encode(some), embed(saved, some))
    if not np.nanmin(cosines) >= LEAST_COSINE:
        raise OutputError(
            f"the written model gives other vectors (lowest cosine {np.nanmin(cosines):.5f})",
            hint="report this with the name of the model",
        )


def write_card(
    folder: Path,
    *,
    name: str,
    parent: str,
    licence: str,
    data: Sequence[str],
    recipe: dict[str, Any],
    verdict: Verdict,
    facts: Sequence[str],
) -> None:
    """Write `README.md`: what the model was trained on, how, and what it changed.

    Args:
        folder: of the model.
        name: of the model.
        parent: name of the original model.
        licence: of the original model; empty if unknown.
        data: a line for each file.
        recipe: all settings.
        verdict: scores before and after, and the gate's decision.
        facts: more lines.
    """
    head = [
        "---", "library_name: sentence-transformers", "pipeline_tag: sentence-similarity",
        f"base_model: {json.dumps(parent)}",
        *([f"license: {licence.lower()}"] if licence else []),
        "tags:", "- sentence-transformers", "- feature-extraction", "- sentence-similarity", "---",
    ]  # fmt: skip
    state = "" if verdict.promoted else (
        "> **This model did not pass its gate**: " + "; ".join(verdict.reasons)
        + ". It was written on request.\n\n"
    )  # fmt: skip
    scores = "\n".join(_score_line(change) for change in verdict.changes)
    licence_line = licence or "see the original model"
    body = f"""# {name}

{state}{parent}, trained further on your own data with Likewise.

    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer("{name}")

    import likewise
    model = likewise.load("{name}")

## Scores before and after

Points out of 100; the interval is that of the difference on the same items (paired bootstrap, 95%).

| task | metric | items | before | after | difference |
|---|---|---|---|---|---|
{scores}

## Data

{_lines(data)}

## Training

{_lines(facts)}

```json
{json.dumps(recipe, indent=1, ensure_ascii=False)}
```

## Licences

Weights of the original model: {licence_line}. The data has its own licence.
"""
    (folder / "README.md").write_text("\n".join(head) + "\n\n" + body, encoding="utf-8")


def _score_line(change: Change) -> str:
    interval = f"{change.difference:+.1f} ({change.low:+.1f} to {change.high:+.1f})"
    return (
        f"| {change.task} | {change.metric} | {change.items} | {change.before:.1f} | "
        f"{change.after:.1f} | {interval} |"
    )


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
