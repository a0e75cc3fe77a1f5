"""Token ids in place of texts: whose vocabulary they are of, and the texts they stand for.

Clients of OpenAI tokenize with OpenAI's vocabulary (`cl100k_base`) before they send a text.
Embedding such ids as if they were of the model's own vocabulary would give meaningless vectors.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from likewise.encoder import Encoder
from likewise.errors import InputError

TokenIds = Literal["auto", "model", "cl100k"]
OPENAI_VOCABULARY = "cl100k_base"

_CONTINUATION = bytes(range(0x80, 0xC0))
"""Bytes of UTF-8 that begin no character."""


def decode_token_ids(
    encoder: Encoder, rows: Sequence[Sequence[int]], vocabulary: TokenIds = "auto"
) -> list[str]:
    """The texts of token ids.

    Args:
        encoder: the model.
        rows: token ids of each text.
        vocabulary: `model` for the model's own, `cl100k` for OpenAI's; `auto` takes ids between
            the model's own special tokens (such as [CLS] and [SEP]) for the model's, others for
            OpenAI's.

    Raises:
        InputError: ids that the vocabulary does not have, or OpenAI's vocabulary is not here.
    """
    return [_decode(encoder, row, vocabulary) for row in rows]


def _decode(encoder: Encoder, row: Sequence[int], vocabulary: TokenIds) -> str:
    if vocabulary == "model" or (vocabulary == "auto" and encoder.has_special_tokens(row)):
        return encoder.decode_tokens(row)
    try:
        text = _text(_openai().decode_bytes(list(row)))
    except (KeyError, OverflowError, UnicodeDecodeError) as error:
        raise _not_openais() from error
    if not text:
        raise _not_openais()
    return text


def _text(data: bytes) -> str:
    """The characters that are complete: clients split long texts also within a character."""
    cut_off = min(len(data) - len(data.lstrip(_CONTINUATION)), 3)
    return codecs.getincrementaldecoder("utf-8")().decode(data[cut_off:])


def _not_openais() -> InputError:
    return InputError(
        f"these are no token ids of {OPENAI_VOCABULARY}",
        hint="send texts; in LangChain: check_embedding_ctx_length=False",
    )


@cache
def _openai() -> Any:
    try:
        import tiktoken

        return tiktoken.get_encoding(OPENAI_VOCABULARY)
    except Exception as error:  # it is not installed, or cannot download its vocabulary
        raise InputError(
            "token ids of another model's vocabulary cannot be read here",
            hint="send texts (in LangChain: check_embedding_ctx_length=False); or install tiktoken "
            f"on the server, with the file of {OPENAI_VOCABULARY} in TIKTOKEN_CACHE_DIR",
        ) from error
