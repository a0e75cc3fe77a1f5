"""Settings of tasks: those of the task with the same name in MTEB, unless the caller gives others.

`mteb_settings.json` has MTEB's settings where they are not the defaults here; they were read from
mteb 2.26 (Apache 2.0) by `scripts/mteb_settings.py`.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class TaskSettings:
    """How a task is scored; the defaults are MTEB's. None leaves it to the task.

    Attributes:
        split: which tables or relevance judgements, such as `test` or `dev`.
        languages: rows of these languages only, where a table has a column of languages; empty
            takes all.
        samples: classification: training texts per class in a run.
        runs: classification and clustering: number of runs, over which scores are averaged.
        sample: clustering: texts of a run, drawn with replacement.
        fraction: clustering: share of the texts that is used.
        most: clustering: number of texts that is used at most.
        by_set: clustering: cluster each set of texts once, in place of random samples.
        skip_same_id: retrieval: leave out the document with the id of the query.
    """

    split: str | None = None
    languages: tuple[str, ...] = ()
    samples: int | None = None
    runs: int | None = None
    sample: int | None = None
    fraction: float | None = None
    most: int | None = None
    by_set: bool | None = None
    skip_same_id: bool | None = None

    def over(self, other: TaskSettings) -> TaskSettings:
        """These settings, and those of `other` where none is given here."""
        given = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return replace(other, **given)


def mteb_settings(name: str) -> TaskSettings:
    """The settings of a task in MTEB.

    Args:
        name: as in MTEB, or without the type at its end: `Banking77Classification`, `banking77`;
            case, spaces and punctuation do not matter.

    Returns:
        The defaults where MTEB has no such task.
    """
    return _by_name().get(_plain(name), TaskSettings())


@cache
def _by_name() -> dict[str, TaskSettings]:
    text = files("likewise.evaluation").joinpath("mteb_settings.json").read_text(encoding="utf-8")
    tasks: dict[str, TaskSettings] = {}
    for name, settings in json.loads(text).items():
        found = TaskSettings(**settings)
        tasks[_plain(name)] = found
        tasks.setdefault(_plain(re.sub(_TYPE, "", name)), found)
    return tasks


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_TYPE = r"(Classification|Retrieval|Reranking|BitextMining|PairClassification)$"
