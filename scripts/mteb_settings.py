"""Writes MTEB's own settings of its text tasks, where they are not the defaults, as JSON.

python scripts/mteb_settings.py > src/likewise/evaluation/mteb_settings.json
"""

from __future__ import annotations

import json
from typing import Any

import mteb
from mteb.abstasks import AbsTaskClassification, AbsTaskClustering, AbsTaskRetrieval
from mteb.abstasks.clustering_legacy import AbsTaskClusteringLegacy

TYPES: Any = [
    "BitextMining", "Classification", "Clustering", "PairClassification", "Reranking", "Retrieval",
    "STS",
]  # fmt: skip


def settings(task: Any) -> dict[str, Any]:
    """What differs from the defaults of `likewise.evaluation.task_settings.TaskSettings`."""
    found: dict[str, Any] = {}
    if "test" not in task.metadata.eval_splits:
        found["split"] = task.metadata.eval_splits[0]
    if isinstance(task, AbsTaskClassification):
        found |= {"samples": task.samples_per_label, "runs": task.n_experiments}
    elif isinstance(task, AbsTaskClustering):
        found |= {
            "runs": task.n_clusters,
            "fraction": task.max_fraction_of_documents_to_embed,
            "most": task.max_document_to_embed,
            "sample": task.max_documents_per_cluster,
        }
    elif isinstance(task, AbsTaskClusteringLegacy):
        found["by_set"] = True
    elif isinstance(task, AbsTaskRetrieval):
        found["skip_same_id"] = task.ignore_identical_ids
    return {name: value for name, value in found.items() if value not in DEFAULTS[name]}


DEFAULTS: dict[str, tuple[Any, ...]] = {
    "split": ("test",), "samples": (8, None), "runs": (10, None), "fraction": (None,),
    "most": (None,), "sample": (16_384,), "by_set": (), "skip_same_id": (False,),
}  # fmt: skip


def main() -> None:
    """Print the settings by the name of the task."""
    tasks = mteb.get_tasks(task_types=TYPES, modalities=["text"], exclude_superseded=False)
    found = {task.metadata.name: settings(task) for task in tasks}
    lines = (f"{json.dumps(n)}: {json.dumps(s)}" for n, s in sorted(found.items()) if s)
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
