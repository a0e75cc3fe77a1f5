"""What every dialect does: find the model and the role, encode in a batch, report truncation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.encoder import Encoder
from likewise.errors import InputError, TooLongError
from likewise.server.batch_queue import Lane, Priority, Timing
from likewise.server.batching import Batcher
from likewise.server.models import ServedModels
from likewise.server.request_record import record_usage
from likewise.server.token_ids import TokenIds, decode_token_ids
from likewise.server.truncation import keep_end
from likewise.tokenization.valid_texts import check_text

Role = Literal["query", "document"]
Policy = Literal["cut", "error", "chunk"]


class NamedRole(NamedTuple):
    """A model's name, and the role in it."""

    name: str
    role: Role | None


@dataclass(frozen=True)
class Target:
    """A model as a client names it.

    Attributes:
        name: the name in the request, with its role.
        encoder: the model.
        prefix: the prompt that is put before each text.
        role_missing: whether the model has prompts for roles and the request names none.
    """

    name: str
    encoder: Encoder
    prefix: str
    role_missing: bool = False


@dataclass(frozen=True)
class Embeddings:
    """The vectors of a request, and how much of each text was read.

    Attributes:
        target: the model.
        vectors: float32 `[n, dimension]`.
        seen: int64 `[n]`, tokens each text has, special ones and the prompt included.
        read: int64 `[n]`, tokens of it that were read.
        timing: how long it waited, and how long it took.
    """

    target: Target
    vectors: NDArray[np.float32]
    seen: NDArray[np.int64]
    read: NDArray[np.int64]
    timing: Timing

    @property
    def tokens(self) -> int:
        """Tokens read of all texts."""
        return int(self.read.sum())

    @property
    def truncated(self) -> int:
        """Texts that were truncated."""
        return int((self.read < self.seen).sum())

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The truncation receipt, and a warning where a role is missing."""
        encoder = self.target.encoder
        found = [
            (b"x-likewise-tokens-seen", b"%d" % int(self.seen.sum())),
            (b"x-likewise-tokens-read", b"%d" % self.tokens),
            (b"x-likewise-token-limit", b"%d" % encoder.max_seq_length),
            (b"x-likewise-truncated", b"%d" % self.truncated),
        ]
        if self.target.role_missing:
            warning = f"{encoder.name} has prompts; name a role: {self.target.name}#query"
            found.append((b"x-likewise-warning", warning.encode("ascii", "replace")))
        return found


@dataclass(frozen=True)
class EmbedOptions:
    """How texts are encoded.

    Attributes:
        dimensions: truncate to this many dimensions and normalize again; None keeps all.
        truncation: `cut`, `error` or `chunk` for texts over the model's limit.
        keep: the part of a truncated text that is read.
        normalize: scale vectors to length 1, also where the model does not.
        priority: `interactive` or `bulk`; by the size of the request when None.
    """

    dimensions: int | None = None
    truncation: Policy = "cut"
    keep: Literal["start", "end"] = "start"
    normalize: bool = False
    priority: Priority | None = None


@dataclass
class EmbeddingService:
    """The engine behind all dialects.

    Attributes:
        models: the models that are served.
        batcher: encodes the texts of all requests.
        default_model: the model of requests that name none.
        aliases: names that clients use, such as `text-embedding-3-small`, and the models meant.
        any_dimensions: truncate vectors of models that were not trained for it, too.
        token_ids: vocabulary of token ids in requests.
    """

    models: ServedModels
    batcher: Batcher
    default_model: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    any_dimensions: bool = False
    token_ids: TokenIds = "auto"

    async def target(
        self, name: str | None = None, role: Role | None = None, *, prompt_name: str | None = None
    ) -> Target:
        """The model of a name such as `all-MiniLM-L6-v2` or `NAME#query`.

        Args:
            name: a name, with or without a role; the default model when not given.
            role: the role where the name has none.
            prompt_name: one of the model's prompts, in place of a role.

        Raises:
            ModelNotFoundError: the model is not served.
            InputError: an unknown role or prompt.
        """
        name = name or self.default_model
        base, own_role = split_role(name)
        role = own_role or role
        encoder = await self.models.get(self.aliases.get(base, base))
        if prompt_name is None and role:
            prompt_name = encoder.role_prompt(role)
        prefix = encoder.prompt_text(prompt_name)
        roles = encoder.role_prompt("query") or encoder.role_prompt("document")
        missing = bool(roles) and not (role or prompt_name or encoder.default_prompt_name)
        return Target(name, encoder, prefix, missing)

    async def embed(
        self, target: Target, texts: Sequence[str], options: EmbedOptions | None = None
    ) -> Embeddings:
        """Encode texts in batches with those of other requests.

        Raises:
            TextError: a text is not valid Unicode.
            TooLongError: a text is over the limit and `truncation` is `error`.
            InputError: dimensions that the model does not have.
            OverloadedError: too much is waiting.
        """
        options = options or EmbedOptions()
        encoder = target.encoder
        for index, text in enumerate(texts):
            if not text.isascii():
                check_text(text, index)
        self._check_dimensions(encoder, options.dimensions)
        mode: Literal["cut", "chunk"] = "chunk" if options.truncation == "chunk" else "cut"
        dropped: NDArray[np.int64] | int = 0
        if options.keep == "end" and options.truncation == "cut":
            texts, dropped = await asyncio.to_thread(keep_end, encoder, target.prefix, texts)
        result = await self.batcher.submit(
            Lane(encoder, target.prefix, mode), texts, priority=options.priority
        )
        if options.truncation == "error":
            refuse_truncated(result.seen, result.read, encoder.max_seq_length)
        matrix = result.vectors
        if options.dimensions and options.dimensions < encoder.dimension:
            matrix = vectors.truncate(matrix, options.dimensions)
        elif options.normalize and not encoder.is_normalized:
            matrix = vectors.normalize(matrix)
        record_usage(texts, int(result.read.sum()))
        return Embeddings(target, matrix, result.seen + dropped, result.read, result.timing)

    async def names(self) -> list[str]:
        """Names that clients can use: models and aliases."""
        return [*await asyncio.to_thread(self.models.listed), *sorted(self.aliases)]

    async def texts_of(self, target: Target, rows: Sequence[Sequence[int]]) -> list[str]:
        """The texts of token ids, of the model's own vocabulary or of OpenAI's.

        Raises:
            InputError: ids of an unknown vocabulary.
        """
        return await asyncio.to_thread(decode_token_ids, target.encoder, rows, self.token_ids)

    def _check_dimensions(self, encoder: Encoder, dimensions: int | None) -> None:
        if dimensions is None or dimensions == encoder.dimension:
            return
        if not 1 <= dimensions <= encoder.dimension:
            raise InputError(
                f"{encoder.name} has {encoder.dimension} dimensions, not {dimensions}",
                hint=f"ask for 1 to {encoder.dimension}",
            )
        if not (self.any_dimensions or encoder.matryoshka):
            raise InputError(
                f"{encoder.name} was not trained for fewer than {encoder.dimension} dimensions",
                hint="leave out dimensions, or start the server with --any-dimensions",
            )


def split_role(name: str) -> NamedRole:
    """A name such as `NAME#query` taken apart.

    Raises:
        InputError: an unknown role.
    """
    base, _, suffix = name.partition("#")
    if suffix not in ("", "query", "document"):
        raise InputError(f"unknown role {suffix!r} in {name!r}", hint="one of query, document")
    return NamedRole(base, cast(Role, suffix) if suffix else None)


def refuse_truncated(seen: NDArray[np.int64], read: NDArray[np.int64], limit: int) -> None:
    """Refuse texts that would be truncated.

    Args:
        seen: int64 `[n]`, tokens each text has.
        read: int64 `[n]`, tokens of it that would be read.
        limit: tokens that the model reads.

    Raises:
        TooLongError: one of them has more.
    """
    over = np.flatnonzero(read < seen)
    if len(over):
        index = int(over[0])
        raise TooLongError(
            f"text {index} has {seen[index]} tokens, the model reads {limit}",
            hint="shorten it, or allow truncation",
            index=index,
        )
