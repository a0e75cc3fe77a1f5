"""Finds tasks: in a BEIR folder, a table, a folder of tables with splits, or subfolders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from likewise.data.readers import is_folder, located, object_address
from likewise.data.readers.formats import COMPRESSED
from likewise.data.readers.object_store import downloaded
from likewise.data.table import Table, is_table, read_rows, read_table, uncompressed_name
from likewise.errors import RecordError
from likewise.evaluation.contract import Task
from likewise.evaluation.task_schemas import Columns, TaskTables, schema_of
from likewise.evaluation.task_settings import TaskSettings, mteb_settings
from likewise.evaluation.tasks import Retrieval

LANGUAGE_COLUMNS = ("language", "lang", "locale", "subset")
TEST, DEV, TRAIN = ("test",), ("dev", "validation", "valid", "val"), ("train", "training")


@dataclass(frozen=True)
class Reading:
    """How to read tables; what is not given is detected.

    Attributes:
        columns: column by role (see `task_schemas.ROLES`).
        type: kind of task.
        encoding: of text files.
        settings: how tasks are scored, in place of MTEB's settings for the task of this name.
    """

    columns: Mapping[str, str]
    type: str | None = None
    encoding: str | None = None
    settings: TaskSettings = field(default_factory=TaskSettings)


def find_tasks(path: str | Path, reading: Reading | None = None) -> list[Task]:
    """The tasks at a path.

    A folder with `corpus.jsonl`, `queries.jsonl` and `qrels/` is a retrieval task in BEIR's layout;
    the files may be compressed (`.gz`, `.zst`). In a folder of tables the tasks are the `test`
    files, else the `dev` files, else all files; if there is one task, a classifier is trained on
    the `train` file. In any other folder the subfolders are searched; those without a task are
    skipped.

    Args:
        path: file or folder; or an object, or the prefix of a folder's objects, such as
            `s3://bucket/tasks/`, which are copied for as long as they are read.
        reading: how to read tables.

    Raises:
        RecordError: there is no task, or a file cannot be read.
    """
    if (address := object_address(path)) and is_folder(path):
        with downloaded(address) as folder:
            try:
                return find_tasks(folder, reading)
            except RecordError as error:
                message = error.message.replace(str(folder), str(address).rstrip("/"))
                raise RecordError(message, hint=error.hint) from error
    place, reading = Path(path).expanduser(), reading or Reading({})
    if not address and not place.exists():
        raise RecordError(f"no such file or folder: {place}", hint="check the path")
    if address or place.is_file():
        return [_table_task(_title(uncompressed_name(place).stem), "test", place, None, reading)]
    tasks = _in_folder(place, reading, strict=True)
    if not tasks:
        for folder in sorted(p for p in place.iterdir() if p.is_dir()):
            tasks += _in_folder(folder, reading, strict=False)
    if not tasks:
        split = f" with the split {reading.settings.split!r}" if reading.settings.split else ""
        raise RecordError(
            f"{place} contains no task{split}",
            hint="a task is a BEIR folder, or a table with columns such as sentence1, sentence2, "
            "score; text, label; query, positive",
        )
    return tasks


def _in_folder(folder: Path, reading: Reading, *, strict: bool) -> list[Task]:
    if _find_file(folder, "corpus.jsonl") and (folder / "qrels").is_dir():
        return [_beir_task(folder, reading)]
    files = sorted(p for p in folder.iterdir() if is_table(p))
    tests = _tests(folder, files, reading)
    trains = [p for p in _named(files, TRAIN) if p not in tests]
    train = trains[0] if len(trains) == 1 and len(tests) == 1 else None
    tasks: list[Task] = []
    for file in tests:
        name = folder.resolve().name if len(tests) == 1 else _title(uncompressed_name(file).stem)
        split = reading.settings.split or ("dev" if file in _named(files, DEV) else "test")
        try:
            tasks.append(_table_task(name, split, file, train, reading))
        except RecordError:
            if strict:
                raise
    return tasks


def _tests(folder: Path, files: list[Path], reading: Reading) -> list[Path]:
    """The tables that are scored: of the given split, else of MTEB's, else of the usual one."""
    if wanted := reading.settings.split:
        return _named(files, _names_of(wanted))
    usual = mteb_settings(folder.resolve().name).split
    choices = (*([_names_of(usual)] if usual else []), TEST, DEV)
    return next((found for names in choices if (found := _named(files, names))), files)


def _names_of(split: str) -> tuple[str, ...]:
    return next((names for names in (TEST, DEV, TRAIN) if split.lower() in names), (split.lower(),))


def _named(files: list[Path], names: tuple[str, ...]) -> list[Path]:
    return [
        p
        for p in files
        if set(uncompressed_name(p).stem.lower().replace("-", "_").split("_")) & set(names)
    ]


def _title(stem: str) -> str:
    """The name of a file without the name of its split."""
    words = [w for w in stem.split("_") if w.lower() not in (*TEST, *DEV, *TRAIN)]
    return "_".join(words) or stem


def _table_task(name: str, split: str, file: Path, train: Path | None, reading: Reading) -> Task:
    settings = reading.settings.over(mteb_settings(name))
    test = _columns(file, reading)
    learn = _columns(train, reading) if train else None
    schema = schema_of(test, learn, reading.type)
    if schema is None:
        raise RecordError(
            f"no task has the columns of {located(file)}: {', '.join(test.table.columns)}",
            hint="name them with --columns, such as first=left,second=right,rating=stars",
        )
    return schema.make(TaskTables(name, split, test, learn, settings))


def _columns(file: Path, reading: Reading) -> Columns:
    table = read_table(file, reading.encoding)
    if languages := reading.settings.languages:
        table = _in_languages(table, languages)
    return Columns(table, reading.columns)


def _in_languages(table: Table, languages: tuple[str, ...]) -> Table:
    """The rows of these languages; a table without a column of languages stays as it is."""
    name = next((n for n in table.columns if n.strip().lower() in LANGUAGE_COLUMNS), None)
    if name is None:
        return table
    wanted = {language.lower() for language in languages}
    values = [str(value).lower() for value in table.columns[name]]
    rows = [i for i, v in enumerate(values) if v in wanted or re.split("[-_]", v)[0] in wanted]
    if not rows:
        raise RecordError(
            f"{located(table.path)} has no rows of the language {', '.join(languages)}",
            hint=f"its column {name!r} has {', '.join(sorted(set(values))[:10])}",
        )
    columns = {n: [column[i] for i in rows] for n, column in table.columns.items()}
    return replace(table, columns=columns)


def _beir_task(folder: Path, reading: Reading) -> Retrieval:
    settings = reading.settings.over(mteb_settings(folder.resolve().name))
    task = read_beir(folder, settings.split or "test", encoding=reading.encoding)
    return replace(task, skip_same_id=bool(settings.skip_same_id))


def read_beir(folder: Path, split: str = "test", *, encoding: str | None = None) -> Retrieval:
    """Read a retrieval task in BEIR's layout; a document is its title followed by its text.

    Args:
        folder: contains `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv`, each also `.gz`
            or `.zst`.
        split: which relevance judgements; if they are missing and there is one other file in
            `qrels/`, that one.
        encoding: of the files; detected when not given.

    Raises:
        RecordError: a file is missing or cannot be read.
    """
    qrels = folder / "qrels"
    judgements = _find_file(qrels, f"{split}.tsv")
    if judgements is None:
        others = sorted(p for p in qrels.iterdir() if uncompressed_name(p).suffix.lower() == ".tsv")
        if len(others) != 1:
            raise RecordError(
                f"no relevance judgements for {split!r} in {qrels}",
                hint=f"a BEIR folder has them in qrels/{split}.tsv",
            )
        (judgements,) = others
        split = uncompressed_name(judgements).stem
    columns = read_table(judgements, encoding).columns
    missing = {"query-id", "corpus-id", "score"} - set(columns)
    if missing:
        raise RecordError(
            f"{judgements} lacks {', '.join(sorted(missing))}",
            hint="its columns are query-id, corpus-id and score",
        )
    relevant: dict[str, dict[str, int]] = {}
    for query, document, score in zip(
        columns["query-id"], columns["corpus-id"], columns["score"], strict=True
    ):
        relevant.setdefault(query, {})[document] = int(float(score))
    queries = _beir_texts(folder, "queries.jsonl", encoding)
    corpus = _beir_texts(folder, "corpus.jsonl", encoding)
    return Retrieval(folder.resolve().name, queries, corpus, relevant, split)


def _beir_texts(folder: Path, name: str, encoding: str | None) -> dict[str, str]:
    path = _find_file(folder, name)
    if path is None:
        raise RecordError(f"no such file: {folder / name}", hint="a BEIR folder has it")
    try:
        return {
            str(row["_id"]): f"{row.get('title') or ''} {row['text']}".strip()
            for row in read_rows(path, encoding)
        }
    except KeyError as error:
        raise RecordError(
            f"a line of {path} has no {error.args[0]!r}", hint="each line needs _id and text"
        ) from error


def _find_file(folder: Path, name: str) -> Path | None:
    """A file of a folder, plain or compressed; None if it is missing."""
    files = (folder / f"{name}{suffix}" for suffix in ("", *COMPRESSED))
    return next((file for file in files if file.is_file()), None)
