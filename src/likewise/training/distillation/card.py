"""The model card of a student."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from likewise.training.distillation.settings import (
    DistillationReport,
    DistillationSettings,
    kept,
)

_HOW = {
    "static": "A table of token vectors, without a network: their mean over a text is close to the "
    "vector of {teacher}.",
    "layers": "A smaller network that was trained to give the vectors of {teacher}.",
    "cross-encoder": "Trained with the scores of the cross-encoder {teacher} (MarginMSE).",
}


def write_distillation_card(
    folder: Path,
    report: DistillationReport,
    settings: DistillationSettings,
    licence: str,
    files: Sequence[str],
) -> None:
    """Write `README.md`: what the student is, its scores and its speed beside the teacher's.

    Args:
        folder: of the model.
        report: what the distillation gave.
        settings: all settings.
        licence: of the teacher; empty if unknown.
        files: a line for each file of texts.
    """
    name = report.output.name
    head = [
        "---", "library_name: sentence-transformers", "pipeline_tag: sentence-similarity",
        f"base_model: {json.dumps(report.teacher)}",
        *([f"license: {licence.lower()}"] if licence else []),
        "tags:", "- sentence-transformers", "- feature-extraction", "- distillation",
        *(["- model2vec", "- static-embeddings"] if report.kind == "static" else []), "---",
    ]  # fmt: skip
    scores = "\n".join(
        f"| {c.task} | {c.metric} | {c.items} | {c.before:.1f} | {c.after:.1f} | {kept(c):.1%} |"
        for c in report.changes
    )
    speed = report.speed_after / report.speed_before
    plain = json.dumps(settings.to_dict(), indent=1, ensure_ascii=False)
    body = f"""# {name}

{_HOW[report.kind].format(teacher=report.teacher)} Made with Likewise.

    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer("{name}")

    import likewise
    model = likewise.load("{name}")

## Scores

Points out of 100 on the same items.

| task | metric | items | {report.teacher} | {name} | kept |
|---|---|---|---|---|---|
{scores}

## Speed and size

{speed:.1f} times as many sentences per second ({report.speed_before:,.0f} and
{report.speed_after:,.0f} on the machine that made it, in turns), {report.dimension} dimensions,
{report.megabytes_before:.1f} MB of weights before and {report.megabytes_after:.1f} MB after.

## Data

{report.texts:,} texts:

{"".join(f"- {file}{chr(10)}" for file in files) or "- none"}

## Settings

```json
{plain}
```

## Licences

Weights of the original model: {licence or "see the original model"}. The texts have their own.
"""
    (folder / "README.md").write_text("\n".join(head) + "\n\n" + body, encoding="utf-8")
