"""A path to tasks: a BEIR folder, a table, a folder of tables with splits, or many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from likewise.data.table import is_table, read_rows, read_table, unpacked_name
from likewise.errors import RecordError
from likewise.evaluation.contract import Task
from likewise.evaluation.task_schemas import Columns, schema_of
from likewise.evaluation.tasks import Retrieval

TEST, DEV, TRAIN = ("test",), ("dev", "validation", "valid", "val"), ("train", "training")


@dataclass(frozen=True)
class Reading:
    """How tables are to be read, where that is not left to be found out.

    Attributes:
        columns: column by role (see `kinds.ROLES`).
        type: kind of task.
    """

    columns: Mapping[str, str]
    type: str | None = None


def find_tasks(path: str | Path, reading: Reading | None = None) -> list[Task]:
    """The tasks at a path.

    A folder with `corpus.jsonl`, `queries.jsonl` and `qrels/` is retrieval in BEIR's layout. In a
    folder of tables the `test` files are the tasks (else `dev`, else every one), and a `train` file
    beside a single one is what a classifier learns from. Any other folder is searched one level
    down; what makes no task is passed over there.

    Args:
        path: file or folder.
        reading: columns and kind, where they are not to be found out.

    Raises:
        RecordError: nothing there makes a task, or a file cannot be read.
    """
    place, reading = Path(path).expanduser(), reading or Reading({})
    if not place.exists():
        raise RecordError(f"no such file or folder: {place}", hint="check the path")
    if place.is_file():
        return [_table_task(_title(unpacked_name(place).stem), "test", place, None, reading)]
    tasks = _in_folder(place, reading, strict=True)
    if not tasks:
        for folder in sorted(p for p in place.iterdir() if p.is_dir()):
            tasks += _in_folder(folder, reading, strict=False)
    if not tasks:
        raise RecordError(
            f"nothing in {place} makes a task",
            hint="a task is a BEIR folder, or a table with columns such as sentence1, sentence2, "
            "score; text, label; query, positive",
        )
    return tasks


def _in_folder(folder: Path, reading: Reading, *, strict: bool) -> list[Task]:
    if (folder / "corpus.jsonl").exists() and (folder / "qrels").is_dir():
        return [read_beir(folder)]
    files = sorted(p for p in folder.iterdir() if is_table(p))
    tests = next((found for names in (TEST, DEV) if (found := _named(files, names))), files)
    trains = [p for p in _named(files, TRAIN) if p not in tests]
    train = trains[0] if len(trains) == 1 and len(tests) == 1 else None
    tasks: list[Task] = []
    for file in tests:
        name = folder.resolve().name if len(tests) == 1 else _title(unpacked_name(file).stem)
        split = "dev" if file in _named(files, DEV) else "test"
        try:
            tasks.append(_table_task(name, split, file, train, reading))
        except RecordError:
            if strict:
                raise
    return tasks


def _named(files: list[Path], names: tuple[str, ...]) -> list[Path]:
    return [
        p
        for p in files
        if set(unpacked_name(p).stem.lower().replace("-", "_").split("_")) & set(names)
    ]


def _title(stem: str) -> str:
    """A file's name without the word that names its split."""
    words = [w for w in stem.split("_") if w.lower() not in (*TEST, *DEV, *TRAIN)]
    return "_".join(words) or stem


def _table_task(name: str, split: str, file: Path, train: Path | None, reading: Reading) -> Task:
    test = Columns(read_table(file), reading.columns)
    learn = Columns(read_table(train), reading.columns) if train else None
    kind = schema_of(test, learn, reading.type)
    if kind is None:
        raise RecordError(
            f"the columns of {file} make no task: {', '.join(test.table.columns)}",
            hint="name them with --columns, such as first=left,second=right,rating=stars",
        )
    return kind.make(name, split, test, learn)


def read_beir(folder: Path, split: str = "test") -> Retrieval:
    """A retrieval task in BEIR's layout; a document is its title and its text.

    Args:
        folder: where `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv` lie.
        split: which judgements; where they are not there, the only ones that are.

    Raises:
        RecordError: a file is missing or cannot be read.
    """
    judgements = folder / "qrels" / f"{split}.tsv"
    if not judgements.exists():
        others = sorted((folder / "qrels").glob("*.tsv"))
        if len(others) != 1:
            raise RecordError(f"no judgements at {judgements}", hint="put qrels there")
        judgements, split = others[0], others[0].stem
    columns = read_table(judgements).columns
    missing = {"query-id", "corpus-id", "score"} - set(columns)
    if missing:
        raise RecordError(
            f"{judgements} lacks {', '.join(sorted(missing))}",
            hint="its header is query-id, corpus-id, score",
        )
    relevant: dict[str, dict[str, int]] = {}
    for query, document, score in zip(
        columns["query-id"], columns["corpus-id"], columns["score"], strict=True
    ):
        relevant.setdefault(query, {})[document] = int(float(score))
    queries = _beir_texts(folder / "queries.jsonl")
    corpus = _beir_texts(folder / "corpus.jsonl")
    return Retrieval(folder.resolve().name, queries, corpus, relevant, split)


def _beir_texts(path: Path) -> dict[str, str]:
    if not path.exists():
        raise RecordError(f"no such file: {path}", hint="a BEIR folder has it")
    try:
        return {
            str(row["_id"]): f"{row.get('title') or ''} {row['text']}".strip()
            for row in read_rows(path)
        }
    except KeyError as error:
        raise RecordError(
            f"a line of {path} has no {error.args[0]!r}", hint="each needs _id and text"
        ) from error
