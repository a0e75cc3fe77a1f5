"""What is to be removed, in a file that can be read, edited, carried out and undone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from likewise.analysis.dedup.duplicates import Duplicates
from likewise.atomic import atomic
from likewise.data.partition import LINE_KINDS, content_hash, kind, merge_file, partition_file
from likewise.data.readers.formats import PACKED
from likewise.data.records import Record
from likewise.errors import InputError, OutputError, RecordError

MARK = "dedupe plan"


@dataclass(frozen=True)
class PlannedFile:
    """A file that rows are removed from.

    Attributes:
        path: as it was named.
        sha256: of what it holds, unpacked.
        kept: file of the rows that stayed, once the plan was carried out.
        removed: file of those that went.
        encoding: that it was read in, where one was named.
    """

    path: str
    sha256: str
    kept: str = ""
    removed: str = ""
    encoding: str | None = None


@dataclass(frozen=True)
class PlannedRemoval:
    """A row, and why it is to go.

    Attributes:
        remove: whether it goes; set it to false to keep the row.
        file: the file it stands in.
        line: its line there (item of a JSON list, row of a Parquet file), from 1.
        text: what it says.
        group: number of its group.
        reason: `exact` or `near`.
        similarity: cosine to the text that stands for it.
        kept_file: where that one stands.
        kept_line: its line there.
        kept_text: what it says.
    """

    remove: bool
    file: str
    line: int
    text: str
    group: int
    reason: str
    similarity: float
    kept_file: str
    kept_line: int
    kept_text: str


@dataclass(frozen=True)
class RemovalPlan:
    """What is to be removed from which files.

    Attributes:
        files: the files.
        records: texts that were looked at.
        threshold: the least similarity of near-duplicates.
        model: fingerprint of the model.
        steps: the rows that go, largest group first.
    """

    files: tuple[PlannedFile, ...]
    records: int
    threshold: float
    model: str
    steps: tuple[PlannedRemoval, ...] = field(default=(), repr=False)

    def lines(self) -> Mapping[str, set[int]]:
        """Lines that go, by file."""
        lines: dict[str, set[int]] = defaultdict(set)
        for step in self.steps:
            if step.remove:
                lines[step.file].add(step.line)
        return lines


def make_plan(
    found: Duplicates,
    records: Sequence[Record],
    model: str,
    *,
    against: Sequence[Record] | None = None,
    encoding: str | None = None,
) -> RemovalPlan:
    """The plan that removes what was found.

    Args:
        found: the duplicates.
        records: what they were found in.
        model: fingerprint of the encoder.
        against: the other records, where two corpora were compared.
        encoding: that the files were read in, where one was named.
    """
    steps = planned_removals(found, records, records if against is None else against)
    files = tuple(
        PlannedFile(path, content_hash(path), encoding=encoding)
        for path in dict.fromkeys(r.source for r in records if r.source)
    )
    return RemovalPlan(files, found.count, found.threshold, model, steps)


def planned_removals(
    found: Duplicates, records: Sequence[Record], others: Sequence[Record]
) -> tuple[PlannedRemoval, ...]:
    """The texts to remove with their files and lines, largest group first.

    Args:
        found: the duplicates.
        records: what they were found in.
        others: the records of their representatives.
    """
    steps = []
    for removed in sorted(found.removed, key=lambda removed: (removed.group, removed.row)):
        here, there = records[removed.row], others[removed.representative]
        steps.append(
            PlannedRemoval(
                True, here.source, here.line, here.text,
                removed.group, removed.reason, round(removed.similarity, 6),
                there.source, there.line, there.text,
            )
        )  # fmt: skip
    return tuple(steps)


def write_plan(path: str | Path, plan: RemovalPlan) -> Path:
    """Write a plan as JSON Lines: what it is about, then a row for each text that goes.

    Raises:
        OutputError: it cannot be written.
    """
    head = {"likewise": MARK} | {n: v for n, v in asdict(plan).items() if n != "steps"}
    with atomic(path) as file:
        for line in (head, *map(asdict, plan.steps)):
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    return Path(path)


def read_plan(path: str | Path) -> RemovalPlan:
    """Read a plan, as it was written or edited; rows that were taken out stay in their files.

    Raises:
        RecordError: it cannot be read, or is no plan.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        head, *rows = [json.loads(line) for line in lines if line.strip()]
        if head.pop("likewise") != MARK:
            raise KeyError("likewise")
        files = tuple(PlannedFile(**file) for file in head.pop("files"))
        return RemovalPlan(files=files, **head, steps=tuple(PlannedRemoval(**row) for row in rows))
    except OSError as error:
        raise RecordError(
            f"cannot read {path}: {error.strerror or error}", hint="check the path"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(
            f"{path} is no plan of likewise dedupe: {error}",
            hint="set remove to false, or take whole lines out; leave the rest as it is",
        ) from error


def carry_out(plan: RemovalPlan, output: str | Path) -> RemovalPlan:
    """Write what stays and what goes to new files of the same kind; the old ones stay as they are.

    Args:
        plan: what goes.
        output: file for the rows that stay; a folder where the plan is about several files. Those
            that go lie beside it, as `NAME.removed.csv`, and so does the plan, as
            `NAME.plan.jsonl`, with which `undo` gives the original.

    Returns:
        The plan with the files that were written.

    Raises:
        RecordError: a file has changed since the plan was made.
        InputError: an output would overwrite a file of the plan, or is of another kind; or a record
            of a text file has several lines.
        OutputError: a file cannot be written.
    """
    targets = check_outputs([file.path for file in plan.files], output)
    _check_lines(plan)
    for file in plan.files:
        if content_hash(file.path) != file.sha256:
            raise RecordError(
                f"{file.path} has changed since the plan was made", hint="make the plan again"
            )
    lines, written = plan.lines(), []
    for file, kept in zip(plan.files, targets, strict=True):
        removed = beside(kept, "removed")
        partition_file(
            file.path, lines.get(file.path, set()), kept, removed, encoding=file.encoding
        )
        written.append(replace(file, kept=str(kept), removed=str(removed)))
    done = replace(plan, files=tuple(written))
    write_plan(plan_of(output), done)
    return done


def _check_lines(plan: RemovalPlan) -> None:
    """Refuse sections and documents, since rows are removed from text files line by line."""
    for step in plan.steps:
        if step.remove and "\n" in step.text and kind(step.file) in LINE_KINDS:
            raise InputError(
                f"{step.file}, line {step.line}: the record has several lines",
                hint="read text files with unit='line' to remove duplicates from them",
            )


def undo(plan: RemovalPlan, output: str | Path) -> tuple[Path, ...]:
    """Write the files as they were before a plan was carried out.

    Args:
        plan: as `carry_out` left it.
        output: the file to write; a folder where the plan is about several files.

    Returns:
        The files.

    Raises:
        InputError: the plan was not carried out, or an output would overwrite a file of it.
        RecordError: what it left behind was changed since.
        OutputError: a file cannot be written.
    """
    if not all(file.kept for file in plan.files):
        raise InputError(
            "this plan was not carried out, so there is nothing to undo",
            hint="undo takes the NAME.plan.jsonl that lies beside the kept rows",
        )
    targets = check_outputs(
        [file.path for file in plan.files],
        output,
        spare=[path for file in plan.files for path in (file.kept, file.removed)],
    )
    lines = plan.lines()
    for file, target in zip(plan.files, targets, strict=True):
        merge_file(file.kept, file.removed, lines.get(file.path, set()), target)
        if kind(target) not in (".json", ".parquet") and content_hash(target) != file.sha256:
            target.unlink()
            raise RecordError(
                f"{file.kept} and {file.removed} no longer give {file.path}: one was changed",
                hint="undo with the files as dedupe wrote them",
            )
    return targets


def check_outputs(
    sources: Sequence[str], output: str | Path, *, spare: Sequence[str] = ()
) -> tuple[Path, ...]:
    """Where the rows of each file go; refused where that could not be written, or overwrites one.

    Args:
        sources: files.
        output: a file, or a folder where there are several.
        spare: other files that must not be overwritten.

    Raises:
        InputError: an output is a source, or of another kind than its source.
        OutputError: no such folder.
    """
    folder = Path(output)
    if len(sources) == 1 and not folder.is_dir():
        targets = [folder]
    else:
        targets = [folder / Path(source).name for source in sources]
    for source, target in zip(sources, targets, strict=True):
        if not target.parent.is_dir():
            raise OutputError(
                f"cannot write {target}: no folder {target.parent}", hint="make the folder first"
            )
        if kind(target) != kind(source):
            raise InputError(
                f"{target} is of another kind than {source}", hint=f"end its name in {kind(source)}"
            )
    written = [path.resolve() for path in targets]
    written += [beside(path, "removed") for path in written]
    written.append(plan_of(output).resolve())
    taken = {Path(path).resolve() for path in (*sources, *spare)}
    if len(set(written)) < len(written) or taken.intersection(written):
        raise InputError(
            f"writing to {output} would overwrite a file that is read",
            hint="name another file or folder with -o; dedupe never overwrites its input",
        )
    return tuple(targets)


def beside(path: Path, word: str) -> Path:
    """`a.csv.gz` to `a.removed.csv.gz`."""
    name, packing = path.name, ""
    if path.suffix.lower() in PACKED:
        name, packing = path.stem, path.suffix
    return path.with_name(f"{Path(name).stem}.{word}{Path(name).suffix}{packing}")


def plan_of(output: str | Path) -> Path:
    """Where the plan lies that was carried out into `output`."""
    path = Path(output)
    if path.is_dir():
        return path / "dedupe.plan.jsonl"
    name = path.stem if path.suffix.lower() in PACKED else path.name
    return path.with_name(f"{Path(name).stem}.plan.jsonl")
