"""Remove exact copies and near-duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from likewise.analysis.dedup.dedupe import dedupe as find_duplicates
from likewise.analysis.dedup.duplicates import (
    THRESHOLD,
    DifferingText,
    Duplicates,
    RemovedText,
)
from likewise.analysis.dedup.exact import Keep
from likewise.analysis.dedup.leaks import leaks
from likewise.analysis.dedup.removal_plan import (
    RemovalPlan,
    apply_plan,
    check_outputs,
    make_plan,
    plan_of,
    planned_removals,
    write_plan,
)
from likewise.analysis.dedup.threshold import LearnedThreshold, borderline, percentile
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.data.records import Record, Skipped
from likewise.errors import InputError
from likewise.executor import Executor
from likewise.operations.contract import Field, JobRequest
from likewise.operations.corpus import Texts, check_sources, embed_given, embed_sources
from likewise.operations.session import Session
from likewise.operations.texts import Column, SkippedRows
from likewise.operations.threshold import ChosenThreshold, choose_threshold
from likewise.wording import counted

BORDERLINE = 3
"""Pairs listed just above the threshold, and just below it."""
MANY = 0.1
"""Share of near-duplicates from which the default threshold is questioned."""
SUGGESTED = 99.99
"""Percentile of random pairs that is suggested then, as `likewise calibrate` does."""


@dataclass(frozen=True, kw_only=True)
class DedupeRequest(JobRequest):
    """Files or texts to remove duplicates from."""

    files: Annotated[
        tuple[str, ...],
        Field(
            "Texts, one per line, or a table; folders too.",
            positional=True, metavar="FILE...", local=True,
        ),
    ] = ()  # fmt: skip
    texts: Texts = ()
    output: Annotated[
        Path | None,
        Field(
            "File of the kept rows; a folder for several files.",
            short="-o",
            local=True,
            output=True,
        ),
    ] = None
    against: Annotated[
        tuple[str, ...],
        Field("Also remove texts that this file contains, such as a test set.", local=True),
    ] = ()
    threshold: Annotated[
        float | None, Field(f"Least similarity of near-duplicates [{THRESHOLD}].")
    ] = None
    percentile: Annotated[
        float | None, Field("The same, as a percentile of random pairs: 99.99.")
    ] = None
    tune: Annotated[
        bool, Field("The same, learned from your answers about pairs.", flag="--tune")
    ] = False
    answers: Annotated[
        Path | None, Field("A file of answers to --tune, y, n or s (skip) per line.", local=True)
    ] = None
    keep: Annotated[Keep, Field("Which text of each group to keep: the longest or the first.")] = (
        "longest"
    )
    remove_differing: Annotated[
        bool,
        Field(
            "Also remove near texts that differ in a number, date, unit, negation or name.",
            flag="--remove-differing",
        ),
    ] = False
    plan: Annotated[
        Path | None,
        Field("Write what would be removed to this .jsonl, to review.", local=True, output=True),
    ] = None
    column: Column = None


@dataclass(frozen=True)
class BorderlinePair:
    """Two texts whose similarity is close to the threshold.

    Attributes:
        similarity: cosine of the two.
        same: whether they count as near-duplicates.
        text: one of them.
        other: the other one.
    """

    similarity: float
    same: bool
    text: str
    other: str


@dataclass(frozen=True)
class DedupeResult:
    """The duplicates of a corpus.

    Attributes:
        model: name of the model.
        duplicates: the texts to remove, in groups.
        plan: the removals with texts, files and lines, and the written files if there is an output.
        learned: the threshold with its interval, if it was learned from answers.
        suggested_threshold: a higher threshold, if the default one removes many texts.
        borderline: pairs just above and below the threshold, if nothing was written.
        skipped: rows that could not be read; they are kept.
        output: the file, or the folder, of the kept rows.
        records: the records that were compared.
        others: the records of the other corpus; the same records without one.
    """

    model: str
    duplicates: Duplicates
    plan: RemovalPlan
    learned: LearnedThreshold | None = None
    suggested_threshold: float | None = None
    borderline: tuple[BorderlinePair, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    output: Path | None = None
    records: Sequence[Record] = field(default=(), repr=False)
    others: Sequence[Record] = field(default=(), repr=False)

    @property
    def texts(self) -> list[str]:
        """The kept texts."""
        return [self.records[row].text for row in self.duplicates.kept]

    def rethreshold(self, threshold: float) -> DedupeResult:
        """The result at another threshold, without encoding or searching again.

        Nothing is written; see `write`.

        Args:
            threshold: not below the one this result was computed with.

        Raises:
            InputError: it is lower, or not a similarity.
        """
        duplicates = self.duplicates.rethreshold(threshold)
        steps = planned_removals(duplicates, self.records, self.others)
        files = tuple(replace(file, kept="", removed="") for file in self.plan.files)
        return replace(
            self, duplicates=duplicates, learned=None, suggested_threshold=None, borderline=(),
            output=None, plan=replace(self.plan, files=files, steps=steps, threshold=threshold),
        )  # fmt: skip

    def write(self, output: str | Path) -> DedupeResult:
        """Write the kept and the removed rows to new files of the same format.

        Args:
            output: file of the kept rows; a folder for several files. The removed rows and the
                plan, with which this can be undone, are written beside it.

        Raises:
            RecordError: an input has changed since it was read.
            InputError: an output would overwrite an input, or has another format.
            OutputError: a file cannot be written.
        """
        return replace(self, plan=apply_plan(self.plan, output), output=Path(output))

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `records`, `kept`, `removed`, `exact`, `near`, `edited` (counts), `groups` (each with
        its `representative` and the `members` that are removed because of it: `text`, `source`,
        `line`, and of members `similarity` and `reason`), `differing` (texts that stay although
        they are near to another: with `similarity`, `representative`, and the `differences`, each
        with `kind`, `left` and `right`), `threshold`, `interval`, `answers`,
        `suggested_threshold`, `borderline`, `keep`, `neighbor_recall`, `skipped`, `files`,
        `output`, `model` and `fingerprint`.
        """
        found = self.duplicates
        return {
            "records": found.count,
            "kept": found.count - len(found.removed),
            "removed": len(found.removed),
            "exact": found.of("exact"),
            "near": found.of("near"),
            "edited": found.of("edited"),
            "groups": [self._group(group) for group in found.groups.values()],
            "differing": [self._differing(near) for near in found.differing],
            "threshold": found.threshold,
            "interval": [self.learned.low, self.learned.high] if self.learned else None,
            "answers": self.learned.answers if self.learned else None,
            "suggested_threshold": self.suggested_threshold,
            "borderline": [asdict(pair) for pair in self.borderline],
            "keep": found.keep,
            "neighbor_recall": found.recall,
            "skipped": [asdict(row) for row in self.skipped],
            "files": [asdict(file) for file in self.plan.files],
            "output": str(self.output) if self.output else None,
            "model": self.model,
            "fingerprint": self.plan.model,
        }

    def _group(self, members: Sequence[RemovedText]) -> dict[str, Any]:
        return {
            "representative": _plain(self.others[members[0].representative]),
            "members": [
                _plain(self.records[member.row])
                | {"similarity": member.similarity, "reason": member.reason}
                for member in members
            ],
        }

    def _differing(self, near: DifferingText) -> dict[str, Any]:
        return _plain(self.records[near.row]) | {
            "similarity": near.similarity,
            "representative": _plain(self.others[near.representative]),
            "differences": [asdict(difference) for difference in near.differences],
        }


def dedupe(request: DedupeRequest, session: Session) -> DedupeResult:
    """Find exact copies and near-duplicates; with an output, write the files without them.

    No input is changed.

    Raises:
        InputError: no texts, an unusable threshold, or an output that would overwrite an input.
        RecordError: a file cannot be read.
        OutputError: a file cannot be written.
        CheckpointError: the model cannot be used.
    """
    _check(request)
    with session.executor(request) as executor:
        return _dedupe(request, session, executor)


def _dedupe(request: DedupeRequest, session: Session, executor: Executor | None) -> DedupeResult:
    skipped = SkippedRows()
    encoder = session.encoder(request)

    def read(files: Sequence[str]) -> EmbeddedCorpus:
        return embed_sources(
            session, encoder, files, request.column, unit="line", skipped=skipped,
            executor=executor,
        )  # fmt: skip

    texts, files = request.texts, request.files
    corpus = embed_given(session, encoder, texts) if texts else read(files)
    if request.output:
        check_outputs(list(dict.fromkeys(r.source for r in corpus.records)), request.output)
    other = read(request.against) if request.against else None
    chosen = choose_threshold(
        session, corpus, threshold=request.threshold, percent=request.percentile,
        tune=request.tune, answers=request.answers,
    )  # fmt: skip
    if other:
        found = leaks(
            corpus, other, chosen.threshold,
            remove_differing=request.remove_differing, progress=session.progress,
        )  # fmt: skip
    else:
        found = find_duplicates(
            corpus, chosen.threshold, keep=request.keep,
            remove_differing=request.remove_differing, progress=session.progress,
        )  # fmt: skip
    others = other.records if other else corpus.records
    result = DedupeResult(
        encoder.name,
        found,
        make_plan(found, corpus.records, encoder.fingerprint, against=others),
        chosen.learned,
        _suggested(corpus, found, chosen),
        skipped=tuple(skipped.rows),
        records=corpus.records,
        others=others,
    )
    if request.plan:
        write_plan(request.plan, result.plan)
    if request.output:
        result = result.write(request.output)
    elif not request.plan and other is None:
        result = replace(result, borderline=_borderline(session, corpus, chosen.threshold))
    skipped.report(session, "kept")
    _report(session, result)
    return result


def _check(request: DedupeRequest) -> None:
    check_sources(request.files, request.texts, command="likewise dedupe")
    if request.texts and (request.output or request.plan):
        raise InputError(
            "texts of the command line cannot be written without their duplicates",
            hint="save them to a file first",
        )
    if "-" in (*request.files, *request.against):
        raise InputError(
            "duplicates cannot be removed from standard input", hint="save it to a file first"
        )


def _plain(record: Record) -> dict[str, Any]:
    return {"text": record.text, "source": record.source, "line": record.line}


def _suggested(corpus: EmbeddedCorpus, found: Duplicates, chosen: ChosenThreshold) -> float | None:
    """A higher threshold, where the default one removes many texts."""
    if not chosen.default or found.of("near") <= MANY * found.count:
        return None
    suggested = percentile(corpus.vectors, SUGGESTED)
    return suggested if suggested > THRESHOLD else None  # a lower one would remove even more


def _borderline(
    session: Session, corpus: EmbeddedCorpus, threshold: float
) -> tuple[BorderlinePair, ...]:
    return tuple(
        BorderlinePair(
            pair.similarity,
            pair.similarity >= threshold,
            corpus.records[pair.row].text,
            corpus.records[pair.other].text,
        )
        for pair in borderline(corpus, threshold, BORDERLINE, progress=session.progress)
    )


def _report(session: Session, result: DedupeResult) -> None:
    found = result.duplicates
    if learned := result.learned:
        session.message(
            "learned_threshold",
            f"threshold {learned.threshold:.3f} from {counted(learned.answers, 'answer')} "
            f"(95% interval {learned.low:.3f} to {learned.high:.3f})",
            **asdict(learned),
        )
    removed, exact, near = len(found.removed), found.of("exact"), found.of("near")
    edited = found.of("edited")
    verb = "is" if 1 in {removed, found.count} else "are"
    session.message(
        "duplicates",
        f"{removed:,} of {counted(found.count, 'text')} {verb} redundant ({exact:,} exact, "
        f"{near:,} near at {found.threshold:.3f} or more, {edited:,} edited), in "
        f"{counted(len(found.groups), 'group')}",
        removed=removed, records=found.count, exact=exact, near=near,
        edited=edited, threshold=found.threshold, groups=len(found.groups),
    )  # fmt: skip
    if found.differing:
        kinds = Counter(near.differences[0].kind for near in found.differing)
        named = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())
        session.message(
            "differing",
            f"{counted(len(found.differing), 'text')} near to another stayed because of what they "
            f"differ in ({named}); --remove-differing removes them too",
            texts=len(found.differing), kinds=dict(kinds),
        )  # fmt: skip
    if result.output:
        session.message(
            "wrote",
            f"wrote the kept rows to {result.output}; {plan_of(result.output)} lists the removed "
            "ones with the reasons",
            output=str(result.output), plan=str(plan_of(result.output)),
        )  # fmt: skip
    if (suggested := result.suggested_threshold) is not None:
        session.message(
            "suggested_threshold",
            f"that is {removed / found.count:.0%} of the texts, at the default threshold of "
            f"{THRESHOLD}; look at the pairs near the threshold before you remove them. "
            f"{SUGGESTED}% of random pairs of this file are below {suggested:.3f}: --percentile "
            f"{SUGGESTED} takes that as the threshold, --tune asks you about pairs",
            share=removed / found.count, default=THRESHOLD, percentile=SUGGESTED,
            suggested=suggested,
        )  # fmt: skip
