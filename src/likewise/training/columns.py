"""Which columns of a table are what: pairs, triplets, sets, scored pairs, labeled texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from likewise.errors import InputError
from likewise.training.examples import Kind

Form = Literal["pairs", "sets", "scored", "labeled"]
"""How a row is written; `sets` are lists of texts of one meaning, of which two are drawn."""

ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "anchor": ("anchor", "query", "question", "title", "sentence1", "sentence_1", "text1",
                   "sentence_a", "premise"),
        "positive": ("positive", "positives", "pos", "answer", "answers", "document", "passage",
                     "sentence2", "sentence_2", "text2", "sentence_b", "hypothesis", "body"),
        "negative": ("negative", "negatives", "neg", "hard_negative", "hard_negatives",
                     "sentence3", "text3"),
        "score": ("score", "similarity", "similarity_score", "rating", "gold"),
        "set": ("set", "texts", "sentences"),
        "text": ("text", "sentence", "content", "question", "query"),
        "label": ("label", "labels", "class", "category", "intent", "topic", "label_text"),
    }
)  # fmt: skip
"""Roles of columns, and the names that each is recognized by, in order."""

KINDS: Mapping[Form, Kind] = MappingProxyType(
    {"pairs": "pairs", "sets": "pairs", "scored": "scored", "labeled": "labeled"}
)


@dataclass(frozen=True)
class Layout:
    """The columns of a table.

    Attributes:
        form: how its rows are written.
        anchor: column of the first text, of the set, or of the labeled text; a position in a row
            that is a list.
        positive: column of the second text.
        negatives: columns of negatives; each has a text or a list of texts.
        label: column of the score or the label.
    """

    form: Form
    anchor: str | int
    positive: str | int | None = None
    negatives: tuple[str | int, ...] = ()
    label: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of its examples."""
        return KINDS[self.form]

    def __str__(self) -> str:
        if isinstance(self.anchor, int):
            return {2: "pairs"}.get(2 + len(self.negatives), "triplets") + " (lists of texts)"
        match self.form:
            case "pairs":
                more = f", negatives {', '.join(map(repr, self.negatives))}"
                return f"pairs: {self.anchor!r} → {self.positive!r}{more if self.negatives else ''}"
            case "sets":
                return f"sets of texts with one meaning: {self.anchor!r}"
            case "scored":
                return f"scored pairs: {self.anchor!r}, {self.positive!r}, score {self.label!r}"
            case "labeled":
                return f"labeled texts: {self.anchor!r}, label {self.label!r}"


def find_layout(row: object, source: str, named: Mapping[str, str] | None = None) -> Layout:
    """The layout of a file, from its first row.

    Args:
        row: the first row: values by column, or a list of texts.
        source: the file, for messages.
        named: columns by role (`ROLES`), as given by the caller.

    Raises:
        InputError: a named column does not exist, or the columns are none that can be trained on.
    """
    if isinstance(row, list):
        return _list_layout(row, source)
    if not isinstance(row, Mapping):
        raise InputError(
            f"{source} has single texts, without answers, scores or labels",
            hint="give a table: question and answer; sentence1, sentence2 and score; or text and "
            "label",
        )
    find = _Finder(row, source, dict(named or {}))
    for form in (find.sets, find.scored, find.pairs, find.labeled):
        if layout := form():
            return layout
    raise InputError(
        f"cannot train on the columns of {source}: {', '.join(map(str, row))}",
        hint="name them with --columns, such as anchor=title,positive=body; roles: "
        + ", ".join(ROLES),
    )


def parse_columns(text: str) -> dict[str, str]:
    """Columns by role from `anchor=title,positive=body`.

    Raises:
        InputError: it is not written so.
    """
    parts = [part.partition("=") for part in text.split(",") if part.strip()]
    if any(not column for _, _, column in parts):
        raise InputError(f"cannot read --columns {text!r}", hint="write anchor=title,positive=body")
    return {role.strip(): column.strip() for role, _, column in parts}


def _list_layout(row: list[Any], source: str) -> Layout:
    if len(row) < 2 or not all(isinstance(text, str) for text in row):
        raise InputError(
            f"{source} has lists that are not two or more texts",
            hint='a pair is ["question", "answer"], a triplet has a negative as its third text',
        )
    return Layout("pairs", 0, 1, tuple(range(2, len(row))))


class _Finder:
    def __init__(self, row: Mapping[str, Any], source: str, named: dict[str, str]) -> None:
        self._row, self._named = row, named
        self._names = {str(name).strip().lower(): str(name) for name in row}
        for role, column in named.items():
            if role not in ROLES:
                raise InputError(f"unknown role {role!r}", hint="one of " + ", ".join(ROLES))
            if column not in row:
                raise InputError(
                    f"{source} has no column {column!r}",
                    hint="its columns: " + ", ".join(map(str, row)),
                )

    def column(self, role: str, but: tuple[str | None, ...] = ()) -> str | None:
        if role in self._named:
            return self._named[role]
        found = (self._names[name] for name in ROLES[role] if name in self._names)
        return next((name for name in found if name not in but), None)

    def sets(self) -> Layout | None:
        column = self.column("set")
        if column is None or not isinstance(self._row[column], list):
            return None
        return Layout("sets", column)

    def scored(self) -> Layout | None:
        anchor, score = self.column("anchor"), self.column("score")
        positive = self.column("positive", (anchor,))
        if None in (anchor, positive, score) or not _is_number(self._row[score or ""]):
            return None
        return Layout("scored", anchor or "", positive, (), score)

    def pairs(self) -> Layout | None:
        anchor = self.column("anchor")
        positive = self.column("positive", (anchor,))
        if anchor is None or positive is None:
            return None
        if "label" in self._named:
            return None
        return Layout("pairs", anchor, positive, self._negatives())

    def _negatives(self) -> tuple[str, ...]:
        if "negative" in self._named:
            return (self._named["negative"],)
        numbered = [f"{name}_{n}" for n in range(20) for name in ("negative", "neg")]
        names = (*ROLES["negative"], *numbered)
        return tuple(self._names[name] for name in names if name in self._names)

    def labeled(self) -> Layout | None:
        text = self.column("text")
        label = self.column("label", (text,))
        if text is None or label is None or not isinstance(self._row[text], str):
            return None
        return Layout("labeled", text, None, (), label)


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
