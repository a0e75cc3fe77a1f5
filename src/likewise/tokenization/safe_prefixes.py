"""Prefixes of a long text whose tokens are also the first tokens of the whole text.

A model reads a limited number of tokens, so the beginning of a text of many megabytes is enough. A
text can be cut safely where no token spans the cut and no later character changes how the text
before it is split. Which positions are safe depends on the tokenizer. For a tokenizer with unknown
components no position is known to be safe, and the whole text is tokenized.
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
"""Normalizers that do not change text across a single space."""

_SPLITS = frozenset(("BertPreTokenizer", "Whitespace", "WhitespaceSplit", "ByteLevel", "Metaspace"))
"""Pre-tokenizers after which no token spans a space between two characters of `_SOLID`."""

_FINER = _SPLITS | {"Punctuation", "Digits"}
"""`_SPLITS`, and pre-tokenizers that only split further."""

_SOLID = r"[!-~]|[^\W_\u0d4e\U00010000-\U0010ffff]"
"""Characters that are not whitespace and never combine with a neighbour: printable ASCII, and
letters and digits of the basic multilingual plane except U+0D4E, which combines with the next."""

_SPACE = re.compile(rf"(?<={_SOLID}) (?={_SOLID})")

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


class SafePrefixes:
    """Cuts texts where their first tokens do not change.

    Args:
        backend: the tokenizer.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._cut = _cut_pattern(backend)

    def of(self, text: str, size: int) -> Iterator[str]:
        """Prefixes of increasing length, each cut at a safe position; the last is the whole text.

        Args:
            text: any text.
            size: minimum number of characters of the first prefix; each later one has four times
                as many.
        """
        while self._cut and size < len(text):
            match = self._cut.search(text, size)
            if match is None:
                break
            yield text[: match.start()]
            size = 4 * max(1, match.start())
        yield text


def _cut_pattern(backend: tokenizers.Tokenizer) -> re.Pattern[str] | None:
    """A pattern whose matches begin at safe positions; None if no position is known to be safe."""
    normalizers = _components(backend.normalizer)
    pre_tokenizers = _components(backend.pre_tokenizer)
    added = [token.content for token in backend.get_added_tokens_decoder().values()]
    added_characters = {char for token in added for char in token[1:] + token[1:].lower()}
    if [each["type"] for each in (*normalizers, *pre_tokenizers)] == [
        "BertNormalizer", "BertPreTokenizer",
    ]:  # fmt: skip
        return _bert_word_boundary(normalizers[0], added_characters)
    if not pre_tokenizers or pre_tokenizers[0]["type"] not in _SPLITS:
        return None
    if any(re.search(r"\S\s", token) for token in added):
        return None
    known = all(map(_is_local, normalizers)) and all(map(_only_splits, pre_tokenizers))
    return _SPACE if known else None


def _bert_word_boundary(
    normalizer: dict[str, Any], added_characters: set[str]
) -> re.Pattern[str] | None:
    """Characters that always end a word in BERT's tokenizer.

    It splits at whitespace and around ASCII punctuation, and around each Chinese character if its
    normalizer handles those. A character of `added_characters` may be part of an added token.
    """
    marks = "".join(mark for mark in " \n\t" + _PUNCTUATION if mark not in added_characters)
    chinese = normalizer.get("handle_chinese_chars") and not any(
        "\u4e00" <= char <= "\u9fff" for char in added_characters
    )
    allowed = re.escape(marks) + ("\u4e00-\u9fff" if chinese else "")
    return re.compile(f"[{allowed}]") if allowed else None


def _components(component: Any) -> list[dict[str, Any]]:
    """Settings of a normalizer or pre-tokenizer, as a list; a sequence has several."""
    if component is None:
        return []
    settings = json.loads(component.__getstate__())
    if settings["type"] != "Sequence":
        return [settings]
    return list(settings.get("normalizers") or settings.get("pretokenizers") or [])


def _is_local(settings: dict[str, Any]) -> bool:
    """Whether a normalizer does not change text across a single space."""
    if settings["type"] != "Replace":
        return settings["type"] in _LOCAL
    pattern = settings["pattern"]
    if pattern == {"Regex": " {2,}"}:
        return True
    return not re.search(r"\s|^$", pattern.get("String", ""))


def _only_splits(settings: dict[str, Any]) -> bool:
    """Whether a pre-tokenizer is in `_FINER`, with splitting switched on."""
    disabled = settings.get("use_regex", True) is False or settings.get("split", True) is False
    return settings["type"] in _FINER and not disabled
