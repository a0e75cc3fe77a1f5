"""`likewise dedupe`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, cast

import typer

import likewise
from likewise.analysis.dedup.dedupe import THRESHOLD, Duplicates, dedupe, leaks
from likewise.analysis.dedup.exact import Keep
from likewise.analysis.dedup.removal_plan import (
    PlannedRemoval,
    RemovalPlan,
    carry_out,
    check_outputs,
    make_plan,
    plan_of,
    read_plan,
    undo,
    write_plan,
)
from likewise.analysis.dedup.threshold import LearnedThreshold, borderline, percentile
from likewise.analysis.embedded_corpus import EmbeddedCorpus, embed_corpus
from likewise.cli import options
from likewise.cli.printing import note, say, say_json, say_table
from likewise.cli.threshold_prompt import ask
from likewise.errors import InputError
from likewise.hub.catalog import DEFAULT
from likewise.progress import ProgressFactory, bar
from likewise.wording import counted

SHOWN = 10
"""Groups shown."""
BORDERLINE = 3
"""Pairs shown just above the threshold, and just below it."""
MANY = 0.1
"""Share of near-duplicates from which the default threshold is questioned."""
SUGGESTED = 99.99
"""Percentile of random pairs that is suggested then, as `likewise calibrate` does."""
WIDTH = 60
"""Characters of a text that are shown."""


@dataclass(frozen=True)
class Limit:
    """A threshold, and where it comes from.

    Attributes:
        threshold: the least similarity of near-duplicates.
        tuned: the answers it was learned from, where it was.
        chosen: whether it was asked for; else it is the default one.
    """

    threshold: float
    tuned: LearnedThreshold | None = None
    chosen: bool = True


def dedupe_files(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Texts, one a line or a table; folders too."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File for what stays (a folder for several files)."),
    ] = None,
    against: Annotated[
        list[Path] | None, typer.Option(help="Remove what this file has too, such as a test set.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help=f"Least similarity of near-duplicates [{THRESHOLD}].")
    ] = None,
    percent: Annotated[
        float | None,
        typer.Option("--percentile", help="The same, as a percentile of random pairs: 99.99."),
    ] = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="The same, learned from your answers about pairs.")
    ] = False,
    answers: Annotated[
        Path | None, typer.Option(help="A file of answers to --tune, y, n or s (skip) a line.")
    ] = None,
    keep: Annotated[str, typer.Option(help="Of each group keep the longest text or the first.")] = (
        "longest"
    ),
    plan: Annotated[
        Path | None, typer.Option(help="Write what would go to this .jsonl, to be reviewed.")
    ] = None,
    apply: Annotated[Path | None, typer.Option(help="Carry out a plan that was reviewed.")] = None,
    undone: Annotated[
        Path | None, typer.Option("--undo", help="Give back what a plan has removed.")
    ] = None,
    column: options.Column = None,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Find texts that say the same twice, and write the file without them.

    Without -o nothing is written, and the largest groups are shown. What is removed lies beside the
    output, with the reason; no input is ever changed.

    \b
    Example:
      likewise dedupe questions.csv -o clean.csv
      likewise dedupe train.jsonl --against test.jsonl -o clean.jsonl
      likewise dedupe --undo clean.plan.jsonl -o questions-again.csv
    """
    if apply or undone:
        _redo(files, apply, undone, output, as_json=as_json, quiet=quiet)
        return
    if not files:
        raise InputError("no file to look at", hint="likewise dedupe FILE")
    if Path("-") in (*files, *(against or ())):
        raise InputError("standard input cannot be parted", hint="save it to a file, and name that")
    progress = partial(bar, show=False) if quiet else bar
    skipped = options.Skips()
    tell = (lambda _: None) if quiet else (lambda line: note(f"note: {line}"))
    encoder = options.load(model, compute, device, quiet=quiet)
    read = partial(embed_corpus, encoder, column=column, bad=skipped, tell=tell, progress=progress)
    corpus = read(files)
    if output:
        check_outputs(_sources(corpus), output)
    other = read(against) if against else None
    limit = _threshold(corpus, threshold, percent, answers, tune=tune, progress=progress)
    if other:
        found = leaks(corpus, other, limit.threshold, progress=progress)
    else:
        found = dedupe(corpus, limit.threshold, keep=cast(Keep, keep), progress=progress)
    made = make_plan(
        found, corpus.records, encoder.fingerprint, against=other.records if other else None
    )
    if plan:
        write_plan(plan, made)
    if output:
        made = carry_out(made, output)
    suggested = _suggested(corpus, found, limit)
    if as_json:
        summary = _summary(encoder, found, made, limit, skipped)
        say_json(summary | {"suggested_threshold": suggested})
    elif not (output or plan):
        _show(made)
        _show_borderline(corpus if other is None else None, limit.threshold, progress)
    if not quiet:
        _tell(found, limit, skipped, output)
        if suggested is not None:
            _suggest(found, suggested)


def _suggested(corpus: EmbeddedCorpus, found: Duplicates, limit: Limit) -> float | None:
    """Another threshold, where the default one takes much."""
    if limit.chosen or found.of("near") <= MANY * found.count:
        return None
    return percentile(corpus.vectors, SUGGESTED)


def _sources(corpus: EmbeddedCorpus) -> list[str]:
    return list(dict.fromkeys(record.source for record in corpus.records))


def _threshold(
    corpus: EmbeddedCorpus,
    threshold: float | None,
    percent: float | None,
    answers: Path | None,
    *,
    tune: bool,
    progress: ProgressFactory,
) -> Limit:
    tune = tune or answers is not None
    if (threshold is not None) + (percent is not None) + tune > 1:
        raise InputError(
            "two thresholds at once", hint="choose one of --threshold, --percentile and --tune"
        )
    if tune:
        tuned = ask(corpus, answers, progress)
        return Limit(tuned.threshold, tuned)
    if percent is not None:
        return Limit(percentile(corpus.vectors, percent))
    if threshold is not None:
        return Limit(threshold)
    return Limit(THRESHOLD, chosen=False)


def _redo(
    files: list[Path] | None,
    apply: Path | None,
    undone: Path | None,
    output: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Carry out a plan, or undo one."""
    if files or (apply and undone):
        raise InputError(
            "a plan names its files itself", hint="likewise dedupe --apply PLAN -o OUTPUT"
        )
    if output is None:
        raise InputError("no output is named", hint="name one with -o")
    made = read_plan(cast(Path, apply or undone))
    if apply:
        gone = sum(map(len, carry_out(made, output).lines().values()))
        result: dict[str, object] = {"removed": gone, "output": str(output)}
        told = f"removed {counted(gone, 'text')}; the rest is in {output}"
    else:
        back = undo(made, output)
        result = {"restored": [str(path) for path in back]}
        told = f"restored {', '.join(map(str, back))}"
    if as_json:
        say_json(result)
    if not quiet:
        note(told)


def _show(plan: RemovalPlan) -> None:
    """The largest groups, two of each one's texts."""
    groups: dict[int, list[PlannedRemoval]] = {}
    for step in plan.steps:
        groups.setdefault(step.group, []).append(step)
    rows = [
        [
            str(len(steps)),
            f"{min(step.similarity for step in steps):.3f}",
            steps[0].kept_text[:WIDTH],
            min(steps, key=lambda step: step.similarity).text[:WIDTH],
        ]
        for steps in list(groups.values())[:SHOWN]
    ]
    if rows:
        say_table(["copies", "least", "kept", "farthest from it"], rows)


def _show_borderline(
    corpus: EmbeddedCorpus | None, threshold: float, progress: ProgressFactory
) -> None:
    """Pairs of one corpus just above the cut and just below it."""
    if corpus is None:
        return
    texts = corpus.texts
    rows = [
        [
            f"{pair.similarity:.3f}",
            "same" if pair.similarity >= threshold else "different",
            texts[pair.row][:WIDTH],
            texts[pair.other][:WIDTH],
        ]
        for pair in borderline(corpus, threshold, BORDERLINE, progress=progress)
    ]
    if rows:
        say("")
        say_table(["at the cut", "taken as", "one text", "the other"], rows)


def _suggest(found: Duplicates, suggested: float) -> None:
    """Say that the default threshold takes much, and what this file's own pairs suggest."""
    note(
        f"note: that is {len(found.removed) / found.count:.0%} of the texts, at the default "
        f"threshold of {THRESHOLD}; look at the pairs at the cut before you remove them"
    )
    note(
        f"note: {SUGGESTED}% of random pairs of this file are below {suggested:.3f}: "
        f"--percentile {SUGGESTED} takes that as the threshold, --tune asks you about pairs"
    )


def _tell(found: Duplicates, limit: Limit, skipped: options.Skips, output: Path | None) -> None:
    skipped.report("left as it is")
    if limit.tuned:
        tuned = limit.tuned
        note(
            f"note: threshold {tuned.threshold:.3f} from {counted(tuned.answers, 'answer')} "
            f"(95% interval {tuned.low:.3f} to {tuned.high:.3f})"
        )
    gone = len(found.removed)
    verb = "is" if 1 in {gone, found.count} else "are"
    note(
        f"{gone:,} of {counted(found.count, 'text')} {verb} said elsewhere "
        f"({found.of('exact'):,} exactly, {found.of('near'):,} nearly at {found.threshold:.3f} "
        f"or more), in {counted(len(found.groups), 'group')}"
    )
    if output:
        note(f"wrote what stays to {output}; {plan_of(output)} tells what went and why")


def _summary(
    encoder: likewise.Encoder,
    found: Duplicates,
    plan: RemovalPlan,
    limit: Limit,
    skipped: options.Skips,
) -> dict[str, object]:
    return {
        "records": found.count,
        "kept": found.count - len(found.removed),
        "removed": len(found.removed),
        "exact": found.of("exact"),
        "near": found.of("near"),
        "groups": len(found.groups),
        "threshold": found.threshold,
        "interval": [limit.tuned.low, limit.tuned.high] if limit.tuned else None,
        "answers": limit.tuned.answers if limit.tuned else None,
        "keep": found.keep,
        "neighbour_recall": found.recall,
        "skipped": [asdict(bad) for bad in skipped.rows],
        "files": [asdict(file) for file in plan.files],
        "model": encoder.name,
        "fingerprint": encoder.fingerprint,
    }
