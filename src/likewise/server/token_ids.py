"""Token ids in place of texts: whose vocabulary they are of, and the texts they stand for.

Clients of OpenAI tokenize with OpenAI's vocabulary (`cl100k_base`) before they send a text.
Embedding such ids as if they were of the model's own vocabulary would give meaningless vectors.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from likewise.encoder import Encoder
from likewise.errors import InputError

TokenIds = Literal["auto", "model", "cl100k"]
OPENAI_VOCABULARY = "cl100k_base"
_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"

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
    """OpenAI's vocabulary, from a file of this machine: a request never starts a download."""
    try:
        import tiktoken
    except ImportError:
        vocabulary = None
    else:
        vocabulary = tiktoken.get_encoding(OPENAI_VOCABULARY) if _vocabulary_is_here() else None
    if vocabulary is None:
        raise InputError(
            "token ids of another model's vocabulary cannot be read here",
            hint="send texts (in LangChain: check_embedding_ctx_length=False); or install tiktoken "
            f"on the server, with the file of {OPENAI_VOCABULARY} in TIKTOKEN_CACHE_DIR",
        )
    return vocabulary


def _vocabulary_is_here() -> bool:
    """Whether tiktoken finds the file in its cache, where its name is a hash of its address."""
    named = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    folder = Path(named) if named else Path(tempfile.gettempdir()) / "data-gym-cache"
    name = hashlib.sha1(_ADDRESS.encode(), usedforsecurity=False).hexdigest()
    return (folder / name).is_file()
