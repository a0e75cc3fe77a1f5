"""Index files into a collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

from likewise.analysis.embed_stream import embed_stream
from likewise.collections.contract import IndexChoice, Indexed, Model, Storage
from likewise.collections.index_files import count_records, index_files
from likewise.data.records import Skipped, Unit
from likewise.executor import Executor
from likewise.operations.collection import StoreAddress
from likewise.operations.contract import Field, JobRequest
from likewise.operations.messages import report_cut
from likewise.operations.session import Session
from likewise.results import Encoded

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder

IndexKind = Annotated[IndexChoice | None, Field("Kind of index (auto); later runs use the same.")]
"""Field of requests that build an index."""

Recall = Annotated[
    float | None,
    Field(
        "Share of the nearest that a search has to find (0.97); later runs use the same.",
        minimum=0.5, maximum=1.0,
    ),
]  # fmt: skip
"""Field of requests that build an index."""


@dataclass(frozen=True, kw_only=True)
class IndexRequest(JobRequest):
    """Files, and the collection that they are indexed into."""

    files: Annotated[
        tuple[str, ...],
        Field(
            "Files of texts, folders, patterns or s3://…; - is stdin.",
            positional=True, metavar="FILE...", local=True,
        ),
    ]  # fmt: skip
    into: Annotated[str, Field("The collection.", metavar="NAME")]
    column: Annotated[str | None, Field("The column of the texts; detected if not given.")] = None
    unit: Annotated[Unit, Field("What a record of a text file is.")] = "auto"
    encoding: Annotated[
        str | None, Field("Encoding of the files, such as latin-1; detected if not given.")
    ] = None
    sheet: Annotated[str | None, Field("Sheet of workbooks to read; the first by default.")] = None
    chunk_tokens: Annotated[
        int | None,
        Field("Tokens of a chunk of long texts (128); 0 does not split texts.", minimum=0),
    ] = None
    storage: Annotated[Storage | None, Field("Number format of the stored vectors (float32).")] = (
        None
    )
    kind: IndexKind = None
    recall: Recall = None
    store: StoreAddress = None


@dataclass(frozen=True)
class IndexResult:
    """What indexing changed.

    Attributes:
        collection: name of the collection.
        indexed: what became of the records.
        skipped: rows and files that could not be read.
    """

    collection: str
    indexed: Indexed
    skipped: tuple[Skipped, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `collection`, the fields of `Indexed`, and `skipped` (each with `source`, `line`,
        `reason`, `hint`).
        """
        return {
            "collection": self.collection,
            **asdict(self.indexed),
            "skipped": [asdict(row) for row in self.skipped],
        }


def index(request: IndexRequest, session: Session) -> IndexResult:
    """Bring a collection to what files contain now; it is created if it does not exist.

    On a cluster, texts are encoded by the workers; reading, splitting into chunks and writing are
    done here.

    Raises:
        RecordError: no file can be read.
        InputError: a bad name, or settings that differ from those of the collection.
        FingerprintError: the collection was made with another model.
        CollectionError: another process is writing it, or the disk refuses.
        CheckpointError: the model cannot be used.
    """
    total = count_records(request.files, column=request.column, unit=request.unit)
    encoder = session.encoder(request)
    skipped: list[Skipped] = []
    with (
        session.executor(request) as executor,
        session.progress(total, title="indexing", unit="records") as progress,
    ):
        indexed = index_files(
            request.files, request.into, _on(executor, encoder),
            store=request.store or session.store, column=request.column, unit=request.unit,
            encoding=request.encoding, sheet=request.sheet, storage=request.storage,
            chunk_tokens=request.chunk_tokens, kind=request.kind, target=request.recall,
            on_error=skipped.append, on_message=lambda text: session.message("reading", text),
            passing=session.passing, progress=progress,
        )  # fmt: skip
    if indexed.blank:
        session.message(
            "blank", f"{indexed.blank:,} records without text were left out", records=indexed.blank
        )
    for column, count in indexed.misfits.items():
        session.message(
            "misfits", f"{count:,} values of {column!r} do not fit its type and were left empty",
            column=column, values=count,
        )  # fmt: skip
    report_cut(session, encoder, indexed.cut, indexed.added)
    return IndexResult(request.into, indexed, tuple(skipped))


def _on(executor: Executor | None, encoder: Encoder) -> Model:
    """The model, whose streams of texts are encoded by an executor if there is one."""
    return cast(Model, _Distributed(executor, encoder)) if executor else encoder


class _Distributed:
    """An encoder in all but `encode_stream`, which the workers of an executor do."""

    def __init__(self, executor: Executor, encoder: Encoder) -> None:
        self._executor, self._encoder = executor, encoder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_stream(
        self,
        sentences: Iterable[str],
        prompt_name: str | None = None,
        *,
        seconds: float | None = None,
    ) -> Iterator[Encoded]:
        """Vectors of texts as they come; parts have a number of texts in place of a time."""
        del seconds
        return embed_stream(self._executor, self._encoder, sentences, prompt_name)
