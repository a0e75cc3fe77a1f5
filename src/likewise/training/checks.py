"""Checks of the data before a training: leaks, repetitions, cut texts, label noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from likewise.analysis.dedup.exact import normalized
from likewise.analysis.dedup.leaks import leaks
from likewise.encoder import Encoder
from likewise.evaluation.comparison import UNKNOWN
from likewise.training.known_vectors import KnownVectors
from likewise.training.sources import RowTexts, Source
from likewise.wording import counted

CHECKED = 5_000
"""Texts of a file that are encoded for a check, from its beginning."""
NEAR = 0.95
"""Least similarity of near-duplicates in the evaluation."""
MOST_NEAR = 0.3
"""Share of near-duplicates from which the model is taken to be unable to tell texts apart."""
TOKENIZED = 2_000
"""Texts of a file whose tokens are counted."""
SHOWN = 3
"""Examples of a finding."""
NOISE_NEIGHBORS = 5
"""Nearest texts that agree on another label, where a label is doubted."""
CUT_SHARE = 0.05
"""Share of texts over the maximum length from which it is reported."""
UNKNOWN_SHARE = 0.05
"""Share of unknown tokens from which it is reported."""


@dataclass(frozen=True)
class Finding:
    """Something in the data that the user should know.

    Attributes:
        code: stable name: leaks, repeated, identical, cut, unknown_tokens, label_noise.
        text: one sentence without a full stop.
        count: how many rows or texts.
        examples: some of them.
        source: name of the file.
    """

    code: str
    text: str
    count: int
    examples: tuple[str, ...] = ()
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """All attributes."""
        return asdict(self) | {"examples": list(self.examples)}


@dataclass(frozen=True)
class Checked:
    """The findings, and the texts that must not be trained on.

    Attributes:
        findings: what was found.
        leaked: texts of the training data that the evaluation has too.
    """

    findings: tuple[Finding, ...]
    leaked: frozenset[str]


def check(
    sources: Sequence[Source],
    known: KnownVectors,
    evaluation: Sequence[str],
    held_out: Set[str],
    *,
    max_tokens: int,
) -> Checked:
    """Check training data.

    Args:
        sources: the files.
        known: vectors by the model to be trained.
        evaluation: texts of the evaluation, whose copies must not be trained on.
        held_out: texts that are left out anyway.
        max_tokens: length that texts are cut to in training.
    """
    findings: list[Finding] = []
    leaked: set[str] = set()
    for source in sources:
        before = len(findings)
        rows = [row for row in source.groups() if held_out.isdisjoint(row.texts)]
        found = _leaks(source.name, rows, known, evaluation)
        leaked |= set(found.texts)
        findings += found.findings
        findings += _repeated(source.name, rows)
        findings += _identical(source.name, rows)
        findings += _tokens(source.name, rows, known.encoder, max_tokens)
        if source.layout.form == "labeled":
            findings += _label_noise(source.name, rows, known)
        findings[before:] = [replace(each, source=source.name) for each in findings[before:]]
    return Checked(tuple(findings), frozenset(leaked))


@dataclass(frozen=True)
class _Leaked:
    texts: Sequence[str]
    findings: Sequence[Finding]


def _leaks(
    name: str, rows: Sequence[RowTexts], known: KnownVectors, evaluation: Sequence[str]
) -> _Leaked:
    """Copies of every text; near-duplicates of first texts, which are usually short."""
    copied = {normalized(text) for text in evaluation}
    exact = {text for row in rows for text in row.texts if normalized(text) in copied}
    firsts = list(dict.fromkeys(row.anchors[0] for row in rows if row.anchors[0] not in exact))
    near: dict[str, str] = {}
    if firsts and evaluation:
        mine = known.corpus(firsts[:CHECKED])
        short = [text for text in evaluation if len(text) <= 4 * max(map(len, firsts))]
        other = known.corpus(short[:CHECKED] or evaluation[:1])
        for removed in leaks(mine, other, NEAR, progress=known.progress).removed:
            near[firsts[removed.row]] = other.texts[removed.representative]
    if len(near) > MOST_NEAR * len(firsts):  # a model without training finds all texts alike
        near = {}
    texts = [*exact, *near]
    if not texts:
        return _Leaked((), ())
    examples = [f"{text!r} is near {copy!r}" for text, copy in islice(near.items(), SHOWN)]
    finding = Finding(
        "leaks",
        f"{name} shares {counted(len(texts), 'text')} with the evaluation ({len(exact):,} exact, "
        f"{len(near):,} near-duplicates); their rows are left out",
        len(texts),
        tuple(examples),
    )
    return _Leaked(texts, (finding,))


def _repeated(name: str, rows: Sequence[RowTexts]) -> list[Finding]:
    seen = Counter(tuple(normalized(text) for text in row.texts) for row in rows)
    count = sum(seen.values()) - len(seen)
    if not count:
        return []
    text = f"{name} repeats {counted(count, 'row')}"
    examples = tuple(texts[0] for texts, times in seen.most_common(SHOWN) if times > 1)
    return [Finding("repeated", text, count, examples)]


def _identical(name: str, rows: Sequence[RowTexts]) -> list[Finding]:
    same = [r.anchors[0] for r in rows if r.positives and normalized(r.anchors[0]) in
            {normalized(text) for text in r.positives}]  # fmt: skip
    if not same:
        return []
    text = f"{name} has {counted(len(same), 'pair')} of equal texts, which teach nothing"
    return [Finding("identical", text, len(same), tuple(same[:SHOWN]))]


def _tokens(
    name: str, rows: Sequence[RowTexts], encoder: Encoder, max_tokens: int
) -> list[Finding]:
    texts = list(islice((text for row in rows for text in row.texts), TOKENIZED))
    if not texts:
        return []
    counts = [count.seen for count in encoder.count_tokens(texts, exact=False)]
    cut = [text for text, count in zip(texts, counts, strict=True) if count > max_tokens]
    findings = []
    if len(cut) > CUT_SHARE * len(texts):
        longest = int(np.percentile(counts, 95))
        findings.append(
            Finding(
                "cut",
                f"{len(cut) / len(texts):.0%} of the texts of {name} are longer than the "
                f"{max_tokens} tokens that are read (95% have at most {longest})",
                len(cut),
                tuple(text[:80] for text in cut[:SHOWN]),
            )
        )
    some = texts[:200]
    tokens = Counter(token in UNKNOWN for text in some for token in encoder.tokens(text))
    if tokens[True] > UNKNOWN_SHARE * sum(tokens.values()):
        share = tokens[True] / sum(tokens.values())
        unknown = [text for text in some if set(encoder.tokens(text)) & set(UNKNOWN)]
        findings.append(
            Finding(
                "unknown_tokens",
                f"{share:.0%} of the tokens of {name} are unknown to the model: it was not made "
                "for this language or script",
                tokens[True],
                tuple(text[:80] for text in unknown[:SHOWN]),
            )
        )
    return findings


def _label_noise(name: str, rows: Sequence[RowTexts], known: KnownVectors) -> list[Finding]:
    """Texts whose nearest texts all have one other label."""
    rows = rows[:CHECKED]
    if len(rows) <= NOISE_NEIGHBORS:
        return []
    texts = [row.anchors[0] for row in rows]
    vectors = known.of(texts)
    labels = np.array([row.label or 0.0 for row in rows])
    doubted = []
    for start in range(0, len(rows), 1024):
        scores = vectors[start : start + 1024] @ vectors.T
        own = np.arange(len(scores))
        scores[own, own + start] = -np.inf
        nearest = np.argpartition(-scores, NOISE_NEIGHBORS, axis=1)[:, :NOISE_NEIGHBORS]
        theirs = labels[nearest]
        agree = (theirs == theirs[:, :1]).all(axis=1)
        other = theirs[:, 0] != labels[start : start + 1024]
        doubted += (start + np.flatnonzero(agree & other)).tolist()
    if not doubted:
        return []
    text = (
        f"{counted(len(doubted), 'text')} of {name} may have a wrong label: the "
        f"{NOISE_NEIGHBORS} nearest texts agree on another one"
    )
    return [Finding("label_noise", text, len(doubted), tuple(texts[n] for n in doubted[:SHOWN]))]
