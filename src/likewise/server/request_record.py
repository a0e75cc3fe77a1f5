"""What is logged of the request that is being answered."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class RequestRecord:
    """One request.

    Attributes:
        id: of the client, or made by the server.
        log_texts: whether its texts are logged.
        texts: how many texts were encoded.
        tokens: how many tokens they have.
        content: the texts, where they are logged.
    """

    id: str
    log_texts: bool = False
    texts: int = 0
    tokens: int = 0
    content: Sequence[str] = ()


current: ContextVar[RequestRecord | None] = ContextVar("current", default=None)
"""The record of the request that a task answers; None outside of requests."""


def record_usage(texts: Sequence[str], tokens: int) -> None:
    """Note texts that were encoded for the current request, for its line of the log.

    Args:
        texts: the texts, of which the number is logged.
        tokens: their tokens.
    """
    record = current.get()
    if record is not None:
        record.texts += len(texts)
        record.tokens += tokens
        if record.log_texts:
            record.content = [*record.content, *texts]
