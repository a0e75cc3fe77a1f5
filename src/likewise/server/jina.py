"""What Jina's embeddings have beside OpenAI's: `task`, `embedding_type`, `normalized`, `truncate`.

Source: Jina's API reference, "Embeddings". Reranking at `/v1/rerank` is in `cohere.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import orjson

from likewise.encoder import Encoder
from likewise.server.embedding import Embeddings, EmbedOptions, Role
from likewise.server.http import BadRequestError, Dialect
from likewise.server.quantization import EmbeddingType, formatted

ROLES: dict[str, Role] = {
    "retrieval.query": "query",
    "retrieval.passage": "document",
    "code.query": "query",
    "code.passage": "document",
    "nl2code.query": "query",
    "nl2code.passage": "document",
}
"""Tasks that are roles; others name a prompt, where the model has it."""


class JinaFields(msgspec.Struct):
    """Fields of `POST /v1/embeddings` that only Jina has."""

    task: str | None = None
    embedding_type: EmbeddingType | list[EmbeddingType] | None = None
    normalized: bool | None = None
    truncate: bool | None = None
    late_chunking: bool | None = None

    @property
    def is_jina(self) -> bool:
        """Whether the client speaks this dialect."""
        return any(getattr(self, name) is not None for name in JinaFields.__struct_fields__)

    def role(self) -> Role | None:
        """The role that the task stands for."""
        return ROLES.get(self.task or "")

    def prompt_name(self, encoder: Encoder) -> str | None:
        """The model's prompt for the task, such as `clustering`, where it has one."""
        return self.task if self.task in encoder.prompts else None

    def options(self, options: EmbedOptions) -> EmbedOptions:
        """The options of a request.

        Raises:
            BadRequestError: late chunking.
        """
        if self.late_chunking:
            raise BadRequestError(
                "late_chunking is not supported",
                hint="leave it out; X-Likewise-Truncation: chunk reads all of long texts",
            )
        if self.truncate is not None:
            options = replace(options, truncation="cut" if self.truncate else "error")
        return replace(options, normalize=bool(self.normalized))


def error_form(status: int, message: str, hint: str = "", error: object = None) -> bytes:  # noqa: ARG001
    """An error as Jina writes it."""
    return orjson.dumps({"detail": f"{message} ({hint})" if hint else message})


DIALECT = Dialect(error_form)


def answer(found: Embeddings, kinds: EmbeddingType | list[EmbeddingType]) -> bytes:
    """The body of an answer with vectors of one type, or of several."""
    names: list[EmbeddingType] = [kinds] if isinstance(kinds, str) else kinds
    columns = {name: formatted(found.vectors, name) for name in names}
    rows: list[Any] = []
    for index in range(len(found.vectors)):
        row = {name: column[index] for name, column in columns.items()}
        vector = row[kinds] if isinstance(kinds, str) else row
        rows.append({"object": "embedding", "index": index, "embedding": vector})
    body = {
        "model": found.target.name,
        "object": "list",
        "usage": {"total_tokens": found.tokens, "prompt_tokens": found.tokens},
        "data": rows,
    }
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
