"""Where a long text can be cut so that the tokens before the cut stay what they are.

A model reads a fixed number of tokens. Of a text of many megabytes it is enough to tokenize the
beginning, provided that the cut changes no token before it. Whether a place is safe depends on the
tokenizer: no token may span it, and nothing after it may decide how the text before it is split.
Tokenizers whose parts are not all known here give no such place, and are given the whole text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import tokenizers

_LOCAL = frozenset((
    "BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents", "Strip",
    "Precompiled", "Prepend",
))  # fmt: skip
"""Normalizers that treat the text before a lone blank by itself."""

_SPLITS = frozenset(("BertPreTokenizer", "Whitespace", "WhitespaceSplit", "ByteLevel", "Metaspace"))
"""Pre-tokenizers after which no token spans a blank between two characters of `_SOLID`."""

_FINER = _SPLITS | {"Punctuation", "Digits"}
"""Pre-tokenizers that only split further what one of `_SPLITS` has split."""

_SOLID = r"[!-~]|[^\W_\u0d4e\U00010000-\U0010ffff]"
"""Characters that neither are blank nor combine with a neighbour in any normalization: printable
ASCII and letters and digits of the basic plane (without U+0D4E, which joins the one after it)."""

_BLANK = re.compile(rf"(?<={_SOLID}) (?={_SOLID})")

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


class Fronts:
    """Beginnings of long texts.

    Args:
        backend: the tokenizer.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._place = _places(backend)

    def of(self, text: str, size: int) -> Iterator[str]:
        """Longer and longer beginnings, each cut at a safe place; the whole text comes last.

        Args:
            text: any text.
            size: characters that the first one has at least; each later one has four times more.
        """
        while self._place and size < len(text):
            place = self._place.search(text, size)
            if place is None:
                break
            yield text[: place.start()]
            size = 4 * max(1, place.start())
        yield text


def _places(backend: tokenizers.Tokenizer) -> re.Pattern[str] | None:
    """A pattern that begins at places where a text can be cut; None where none is known to be."""
    normalizers, splitters = _parts(backend.normalizer), _parts(backend.pre_tokenizer)
    added = [token.content for token in backend.get_added_tokens_decoder().values()]
    inside = {char for content in added for char in content[1:] + content[1:].lower()}
    if [each["type"] for each in (*normalizers, *splitters)] == [
        "BertNormalizer", "BertPreTokenizer",
    ]:  # fmt: skip
        return _between_words(normalizers[0], inside)
    if not splitters or splitters[0]["type"] not in _SPLITS:
        return None
    if any(re.search(r"\S\s", content) for content in added):
        return None
    known = all(map(_is_local, normalizers)) and all(map(_is_finer, splitters))
    return _BLANK if known else None


def _between_words(normalizer: dict[str, Any], inside: set[str]) -> re.Pattern[str] | None:
    """Where BERT's own tokenizer ends a word, whatever follows.

    It splits at blanks and around ASCII punctuation, and around each Chinese character where it
    handles those. A character that added tokens have inside may be part of one.
    """
    marks = "".join(mark for mark in " \n\t" + _PUNCTUATION if mark not in inside)
    chinese = normalizer.get("handle_chinese_chars") and not any(
        "\u4e00" <= char <= "\u9fff" for char in inside
    )
    allowed = re.escape(marks) + ("\u4e00-\u9fff" if chinese else "")
    return re.compile(f"[{allowed}]") if allowed else None


def _parts(component: Any) -> list[dict[str, Any]]:
    """Settings of a tokenizer's component, those of a sequence one by one."""
    if component is None:
        return []
    settings = json.loads(component.__getstate__())
    if settings["type"] != "Sequence":
        return [settings]
    return list(settings.get("normalizers") or settings.get("pretokenizers") or [])


def _is_local(settings: dict[str, Any]) -> bool:
    """Whether a normalizer treats the text before a lone blank by itself."""
    if settings["type"] != "Replace":
        return settings["type"] in _LOCAL
    pattern = settings["pattern"]
    if pattern == {"Regex": " {2,}"}:
        return True
    return not re.search(r"\s|^$", pattern.get("String", ""))


def _is_finer(settings: dict[str, Any]) -> bool:
    """Whether a pre-tokenizer splits at blanks, or only splits further."""
    whole = settings.get("use_regex", True) is False or settings.get("split", True) is False
    return settings["type"] in _FINER and not whole
