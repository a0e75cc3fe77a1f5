"""Find hard negatives for pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from likewise.data.records import read_texts
from likewise.data.writers import TABLE_FORMATS, check_target, write_table
from likewise.operations.collection import StoreAddress
from likewise.operations.contract import Field, ModelRequest
from likewise.operations.session import Session
from likewise.training.columns import parse_columns
from likewise.training.mining_settings import MiningSettings, Sampling

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.training.candidate_sources import CandidateSource, PositivePair
    from likewise.training.mining import Mined


@dataclass(frozen=True, kw_only=True)
class MineRequest(ModelRequest):
    """Pairs, and where their negatives are looked for."""

    files: Annotated[
        tuple[str, ...],
        Field("Pairs: a query and a text that answers it.", positional=True, metavar="FILE...",
              local=True),
    ]  # fmt: skip
    collection: Annotated[
        str | None,
        Field("Look in this collection, with its own model.", flag="--from", metavar="NAME"),
    ] = None
    corpus: Annotated[
        tuple[str, ...],
        Field("Look in the texts of this file; by default in those of the pairs.", metavar="FILE",
              local=True),
    ] = ()  # fmt: skip
    columns: Annotated[
        str, Field("Columns by role: anchor=title,positive=body.", metavar="ROLE=COLUMN,...")
    ] = ""
    negatives: Annotated[int, Field("Most negatives of a query.", short="-n", minimum=1)] = 5
    first_rank: Annotated[
        int, Field("Leave out candidates that are nearer than this rank.", minimum=1)
    ] = 1
    last_rank: Annotated[int, Field("The last rank to look at.", minimum=1)] = 100
    margin: Annotated[
        float, Field("Least distance of a negative's score from the best positive's.", minimum=0.0)
    ] = 0.0
    relative_margin: Annotated[
        float,
        Field("The same, as a share of the best positive's score.", minimum=0.0, maximum=1.0),
    ] = 0.05
    max_score: Annotated[float | None, Field("Highest score of a negative.")] = None
    min_score: Annotated[float | None, Field("Lowest score of a negative.")] = None
    rerank: Annotated[
        str | None,
        Field("Score candidates with a cross-encoder; margins are of its scores.", metavar="MODEL"),
    ] = None
    sampling: Annotated[Sampling, Field("The hardest negatives, or any that are left.")] = "hardest"
    seed: Annotated[int, Field("Of random sampling.", minimum=0)] = 0
    output: Annotated[
        Path | None,
        Field("The file, .jsonl; without it the rows are printed.", short="-o", metavar="FILE",
              local=True, output=True),
    ] = None  # fmt: skip
    store: StoreAddress = None


@dataclass(frozen=True)
class MineResult:
    """Rows to train on, and how they were found.

    Attributes:
        mined: the rows and the report.
        model: the model of the similarities.
        output: the file, if one was written.
    """

    mined: Mined
    model: str
    output: str | None

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `model`, `output`, `report` (the fields of `MiningReport`), and `rows` (each with
        `query`, `pos`, `neg`) where they are not in a file.
        """
        plain: dict[str, Any] = {
            "model": self.model,
            "output": self.output,
            "report": asdict(self.mined.report),
        }
        if self.output is None:
            plain["rows"] = [asdict(row) for row in self.mined.rows]
        return plain


def mine(request: MineRequest, session: Session) -> MineResult:
    """Find texts that are near to each query and do not answer it.

    Raises:
        InputError: the files have no pairs, or a setting is unusable.
        RecordError: a file cannot be read.
        CollectionNotFoundError: no collection has this name.
        OutputError: the output cannot be written.
        CheckpointError: the model cannot be used.
    """
    from likewise.training.mining import mine as mine_pairs
    from likewise.training.pair_files import read_pairs

    if request.output is not None:
        check_target(request.output, {"jsonl": TABLE_FORMATS["jsonl"]})
    settings = MiningSettings(
        request.negatives, request.first_rank, request.last_rank, request.margin,
        request.relative_margin, request.max_score, request.min_score, request.sampling,
        request.seed,
    )  # fmt: skip
    pairs = read_pairs(request.files, parse_columns(request.columns))
    reranker = None if request.rerank is None else session.scorer(request.rerank)
    source, model = _source(request, session, pairs)
    with session.progress(len(pairs), title="mining", unit="queries") as progress:
        mined = mine_pairs(pairs, source, settings, reranker=reranker, progress=progress)
    if mined.report.without:
        session.message(
            "without_negatives",
            f"no negative fits {mined.report.without:,} of {mined.report.queries:,} queries; "
            "smaller margins or a larger corpus find more",
            queries=mined.report.without,
        )
    if request.output is not None:
        write_table(request.output, mined.rows)
    return MineResult(mined, model, None if request.output is None else str(request.output))


def _source(
    request: MineRequest, session: Session, pairs: Sequence[PositivePair]
) -> tuple[CandidateSource, str]:
    """Where negatives are looked for, and the name of the model."""
    from likewise.training.candidate_sources import CollectionSource, TextSource

    if request.collection is not None:
        collection = session.collection(request.collection, store=request.store)
        known = collection.manifest
        encoder = session.models.get(known.model, known.compute)
        known.check(request.collection, encoder.name, encoder.fingerprint)
        return CollectionSource(collection, encoder), encoder.name
    encoder = session.encoder(request)
    if request.corpus:
        texts = read_texts(request.corpus, on_message=lambda t: session.message("reading", t))
    else:
        texts = list(chain.from_iterable((*pair.pos, *pair.neg) for pair in pairs))
    count = len(dict.fromkeys(texts))
    with session.progress(count, title="encoding") as progress:
        return TextSource(encoder, texts, progress), encoder.name
