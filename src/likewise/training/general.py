"""The general set: sentence pairs and paraphrases of every subject, which must not get worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from likewise.errors import DamagedFileError
from likewise.evaluation.contract import Task
from likewise.evaluation.rated import RATED_PAIRS
from likewise.evaluation.task_schemas import retrieval_from_pairs
from likewise.evaluation.tasks import Retrieval, Sts

FILE = "general.tsv"


@dataclass(frozen=True)
class Group:
    """A sentence with a paraphrase and a related sentence; written for this project.

    Attributes:
        sentence: the sentence.
        paraphrase: says the same.
        related: about the same subject, but says something else.
        close: rating of the paraphrase, 0 to 5.
        far: rating of the related sentence.
    """

    sentence: str
    paraphrase: str
    related: str
    close: float
    far: float


@cache
def groups() -> tuple[Group, ...]:
    """The groups of the set.

    Raises:
        DamagedFileError: the file of the package is damaged.
    """
    text = resources.files("likewise.training").joinpath(FILE).read_text("utf-8")
    found = []
    for line in text.splitlines()[1:]:
        cells = line.split("\t")
        if len(cells) != 5:
            raise DamagedFileError(f"{FILE} is damaged", hint="install likewise again")
        found.append(Group(cells[0], cells[1], cells[2], float(cells[3]), float(cells[4])))
    return tuple(found)


def general_tasks() -> Sequence[Task]:
    """Rated pairs, and finding the paraphrase of a sentence among all sentences."""
    every = groups()
    pairs = [(p.first, p.second, p.rating) for p in RATED_PAIRS]
    pairs += [(g.sentence, g.paraphrase, g.close) for g in every]
    pairs += [(g.sentence, g.related, g.far) for g in every]
    ahead = [*every[7:], *every[:7]]  # lines that stand close together have similar subjects
    pairs += [(g.sentence, o.related, 0.0) for g, o in zip(every, ahead, strict=True)]
    firsts, seconds, ratings = zip(*pairs, strict=True)
    rated = Sts("general pairs", firsts, seconds, ratings, "general")
    found = retrieval_from_pairs(
        "general paraphrases", "general",
        [g.sentence for g in every], [[g.paraphrase] for g in every],
    )  # fmt: skip
    corpus = dict(found.corpus)
    for group in every:
        corpus[f"d{len(corpus)}"] = group.related
    search = Retrieval(found.name, found.queries, corpus, found.relevant, found.split)
    return (rated, search)
