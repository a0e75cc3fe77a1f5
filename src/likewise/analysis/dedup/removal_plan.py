"""Plans of removals: files that can be reviewed, edited, applied and undone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from likewise.analysis.dedup.duplicates import Duplicates
from likewise.atomic import atomic
from likewise.data.object_writer import check_disk
from likewise.data.partition import LINE_KINDS, content_hash, kind, merge_file, partition_file
from likewise.data.readers.formats import COMPRESSED
from likewise.data.records import Record
from likewise.errors import InputError, OutputError, RecordError

MARK = "dedupe plan"


@dataclass(frozen=True)
class PlannedFile:
    """A file that rows are removed from.

    Attributes:
        path: of the file, as it was given.
        sha256: of its content, decompressed.
        kept: file of the kept rows, after the plan was applied.
        removed: file of the removed rows, after the plan was applied.
        encoding: of the file, if it was given.
    """

    path: str
    sha256: str
    kept: str = ""
    removed: str = ""
    encoding: str | None = None


@dataclass(frozen=True)
class PlannedRemoval:
    """A row to remove, and the reason.

    Attributes:
        remove: whether to remove the row; set it to false to keep the row.
        file: the file of the row.
        line: its line (item of a JSON list, row of a Parquet file), from 1.
        text: its text.
        group: number of its group; 0 if it stays, and nothing else is removed for its twin.
        reason: `exact`, `near` or `edited`; `differs` for a row that stays although it is near.
        similarity: cosine to the representative of the group.
        kept_file: the file of the representative.
        kept_line: the line of the representative.
        kept_text: the text of the representative.
        differs: what the two differ in, such as `number: 10 / 12`.
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
    differs: str = ""


@dataclass(frozen=True)
class RemovalPlan:
    """The rows to remove from files.

    Attributes:
        files: the files.
        records: number of texts that were compared.
        threshold: the least similarity of near-duplicates.
        model: fingerprint of the model.
        steps: the rows to remove, largest group first, and rows that stay because they differ.
    """

    files: tuple[PlannedFile, ...]
    records: int
    threshold: float
    model: str
    steps: tuple[PlannedRemoval, ...] = field(default=(), repr=False)

    def lines(self) -> Mapping[str, set[int]]:
        """The lines to remove, by file."""
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
    """Make the plan that removes duplicates.

    Args:
        found: the duplicates.
        records: the records that were compared.
        model: fingerprint of the encoder.
        against: the records of the other corpus, if two were compared.
        encoding: of the files, if it was given.
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
    """The rows to remove, largest group first; then those that stay because they differ.

    Args:
        found: the duplicates.
        records: the records that were compared.
        others: the records of their representatives.
    """
    steps = []
    for removed in sorted(found.removed, key=lambda removed: (removed.group, removed.row)):
        row, kept = records[removed.row], others[removed.representative]
        steps.append(
            PlannedRemoval(
                True, row.source, row.line, row.text,
                removed.group, removed.reason, round(removed.similarity, 6),
                kept.source, kept.line, kept.text,
            )
        )  # fmt: skip
    groups = {removed.representative: removed.group for removed in found.removed}
    for near in found.differing:
        row, kept = records[near.row], others[near.representative]
        steps.append(
            PlannedRemoval(
                False, row.source, row.line, row.text,
                groups.get(near.representative, 0), "differs", round(near.similarity, 6),
                kept.source, kept.line, kept.text, "; ".join(map(str, near.differences)),
            )
        )  # fmt: skip
    return tuple(steps)


def write_plan(path: str | Path, plan: RemovalPlan) -> Path:
    """Write a plan as JSON Lines: its settings, then one line per removal.

    Raises:
        OutputError: the file cannot be written.
    """
    head = {"likewise": MARK} | {n: v for n, v in asdict(plan).items() if n != "steps"}
    with atomic(path) as file:
        for line in (head, *map(asdict, plan.steps)):
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    return Path(path)


def read_plan(path: str | Path) -> RemovalPlan:
    """Read a plan as written or edited; rows whose lines were deleted are kept.

    Raises:
        RecordError: the file cannot be read, or is not a plan.
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
            f"{path} is not a plan of likewise dedupe: {error}",
            hint="to edit a plan, set remove to false, or delete whole lines",
        ) from error


def apply_plan(plan: RemovalPlan, output: str | Path) -> RemovalPlan:
    """Write the kept and the removed rows to new files of the same format; inputs do not change.

    Args:
        plan: the plan.
        output: file of the kept rows; a folder for several files. The removed rows are written
            beside it as `NAME.removed.csv`, and the plan as `NAME.plan.jsonl`, for `undo`.

    Returns:
        The plan with the files that were written.

    Raises:
        RecordError: a file has changed since the plan was made.
        InputError: an output would overwrite a file of the plan, or has another format, or a
            record of a text file has several lines.
        OutputError: a file cannot be written.
    """
    targets = check_outputs([file.path for file in plan.files], output)
    _check_lines(plan)
    for file in plan.files:
        if content_hash(file.path) != file.sha256:
            raise RecordError(
                f"{file.path} has changed since the plan was made", hint="run dedupe again"
            )
    lines, written = plan.lines(), []
    for file, kept in zip(plan.files, targets, strict=True):
        removed = beside(kept, "removed")
        partition_file(
            file.path, lines.get(file.path, set()), kept, removed, encoding=file.encoding
        )
        written.append(replace(file, kept=str(kept), removed=str(removed)))
    applied = replace(plan, files=tuple(written))
    write_plan(plan_of(output), applied)
    return applied


def _check_lines(plan: RemovalPlan) -> None:
    """Check that every record of a text file is one line, since rows are removed by line."""
    for step in plan.steps:
        if step.remove and "\n" in step.text and kind(step.file) in LINE_KINDS:
            raise InputError(
                f"{step.file}, line {step.line}: the record has several lines",
                hint="read text files with unit='line' to remove duplicates from them",
            )


def undo(plan: RemovalPlan, output: str | Path) -> tuple[Path, ...]:
    """Write the files as they were before a plan was applied.

    Args:
        plan: as returned by `apply_plan`.
        output: the file to write; a folder for several files.

    Returns:
        The files.

    Raises:
        InputError: the plan was not applied, or an output would overwrite a file of it.
        RecordError: a file that the plan wrote has changed since.
        OutputError: a file cannot be written.
    """
    if not all(file.kept for file in plan.files):
        raise InputError(
            "this plan was not applied, so there is nothing to undo",
            hint="give the NAME.plan.jsonl that is beside the kept rows",
        )
    targets = check_outputs(
        [file.path for file in plan.files],
        output,
        protected=[path for file in plan.files for path in (file.kept, file.removed)],
    )
    lines = plan.lines()
    for file, target in zip(plan.files, targets, strict=True):
        merge_file(file.kept, file.removed, lines.get(file.path, set()), target)
        if kind(target) not in (".json", ".parquet") and content_hash(target) != file.sha256:
            target.unlink()
            raise RecordError(
                f"{file.path} cannot be restored: {file.kept} or {file.removed} has changed",
                hint="undo needs these files as dedupe wrote them",
            )
    return targets


def check_outputs(
    sources: Sequence[str], output: str | Path, *, protected: Sequence[str] = ()
) -> tuple[Path, ...]:
    """The output of each file; checks that it can be written, and overwrites no input.

    Args:
        sources: the files.
        output: a file, or a folder for several files.
        protected: other files that must not be overwritten.

    Raises:
        InputError: an output is an input, or has another format than its input.
        OutputError: a folder does not exist.
    """
    check_disk(output)
    folder = Path(output)
    if len(sources) == 1 and not folder.is_dir():
        targets = [folder]
    else:
        targets = [folder / Path(source).name for source in sources]
    for source, target in zip(sources, targets, strict=True):
        if not target.parent.is_dir():
            raise OutputError(
                f"cannot write {target}: no folder {target.parent}", hint="create the folder first"
            )
        if kind(target) != kind(source):
            raise InputError(
                f"{target} has another format than {source}", hint=f"end its name in {kind(source)}"
            )
    written = [path.resolve() for path in targets]
    written += [beside(path, "removed") for path in written]
    written.append(plan_of(output).resolve())
    inputs = {Path(path).resolve() for path in (*sources, *protected)}
    if len(set(written)) < len(written) or inputs.intersection(written):
        raise InputError(
            f"writing to {output} would overwrite an input",
            hint="name another file or folder with -o; dedupe never overwrites its input",
        )
    return tuple(targets)


def beside(path: Path, word: str) -> Path:
    """`a.csv.gz` to `a.removed.csv.gz`."""
    name, compression = path.name, ""
    if path.suffix.lower() in COMPRESSED:
        name, compression = path.stem, path.suffix
    return path.with_name(f"{Path(name).stem}.{word}{Path(name).suffix}{compression}")


def plan_of(output: str | Path) -> Path:
    """The path of the plan that was applied to `output`."""
    path = Path(output)
    if path.is_dir():
        return path / "dedupe.plan.jsonl"
    name = path.stem if path.suffix.lower() in COMPRESSED else path.name
    return path.with_name(f"{Path(name).stem}.plan.jsonl")
