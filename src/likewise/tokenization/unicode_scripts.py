"""The writing scripts of texts, and whether a model was trained on them."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from likewise.hub.catalog import Entry

LATIN = "Latin"

LANGUAGE_SCRIPTS: Mapping[str, str] = MappingProxyType({"English": LATIN})
"""The script of monolingual models, by the languages in the catalogue."""

_BLOCKS = (
    (0x0041, 0x005A, LATIN),
    (0x0061, 0x007A, LATIN),
    (0x00C0, 0x024F, LATIN),
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0531, 0x058F, "Armenian"),
    (0x0591, 0x05F4, "Hebrew"),
    (0x0600, 0x06FF, "Arabic"),
    (0x0750, 0x077F, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "Bengali"),
    (0x0A00, 0x0A7F, "Gurmukhi"),
    (0x0A80, 0x0AFF, "Gujarati"),
    (0x0B80, 0x0BFF, "Tamil"),
    (0x0C00, 0x0C7F, "Telugu"),
    (0x0C80, 0x0CFF, "Kannada"),
    (0x0D00, 0x0D7F, "Malayalam"),
    (0x0D80, 0x0DFF, "Sinhala"),
    (0x0E01, 0x0E4E, "Thai"),
    (0x0E81, 0x0EDF, "Lao"),
    (0x1000, 0x109F, "Burmese"),
    (0x10A0, 0x10FF, "Georgian"),
    (0x1100, 0x11FF, "Hangul"),
    (0x1200, 0x139F, "Ethiopic"),
    (0x1780, 0x17D3, "Khmer"),
    (0x1E00, 0x1EFF, LATIN),
    (0x1F00, 0x1FFF, "Greek"),
    (0x3005, 0x3007, "Chinese"),
    (0x3041, 0x30FF, "Japanese"),
    (0x3105, 0x312F, "Chinese"),
    (0x3131, 0x318E, "Hangul"),
    (0x31F0, 0x31FF, "Japanese"),
    (0x3400, 0x4DBF, "Chinese"),
    (0x4E00, 0x9FFF, "Chinese"),
    (0xAC00, 0xD7AF, "Hangul"),
    (0xF900, 0xFAFF, "Chinese"),
    (0xFB50, 0xFDFF, "Arabic"),
    (0xFE70, 0xFEFC, "Arabic"),
    (0xFF21, 0xFF5A, LATIN),
    (0xFF66, 0xFF9F, "Japanese"),
    (0x20000, 0x323AF, "Chinese"),
)
"""First and last code point of each script's letters, ascending. Digits, symbols and emoji have no
script."""

_STARTS = tuple(first for first, _, _ in _BLOCKS)

SCRIPTS = tuple(sorted({name for _, _, name in _BLOCKS}))
"""All scripts."""

_SYMBOL = re.compile("(?<![\u0370-\u03ff])[\u0370-\u03ff]{1,2}(?![\u0370-\u03ff])")
"""Greek letters in formulas: one or two, not a word."""

_MAX_CHARACTERS = 4_000
"""Characters at the start of a text that are counted."""


@dataclass(frozen=True)
class ForeignTexts:
    """Texts in a script that a model was not trained on.

    Attributes:
        texts: number of these texts.
        total: number of all texts.
        scripts: their scripts, the most frequent first; names of `SCRIPTS`.
        languages: languages of the model, from the catalogue.
    """

    texts: int
    total: int
    scripts: tuple[str, ...]
    languages: str


def script_of(text: str) -> str | None:
    """The script of most letters of a text; None if it has no letters."""
    if text.isascii():
        return LATIN if any(map(str.isalpha, text)) else None
    letters: Counter[str] = Counter()
    for char, count in Counter(_SYMBOL.sub("", text[:_MAX_CHARACTERS])).items():
        if name := _script_at(ord(char)):
            letters[name] += count
    if not letters:
        return None
    (name, count), *_ = letters.most_common(1)
    # half of the letters are enough for a model of Latin script
    return LATIN if 2 * letters[LATIN] >= letters.total() else name


def foreign_texts(entry: Entry | None, texts: Iterable[str]) -> ForeignTexts | None:
    """The texts in a script that a model was not trained on.

    None if there are none, or if the model is unknown or multilingual.

    Args:
        entry: the model's entry in the catalogue.
        texts: any texts.
    """
    expected = LANGUAGE_SCRIPTS.get(entry.languages) if entry else None
    if entry is None or expected is None:
        return None
    scripts = [script_of(text) for text in texts]
    foreign = Counter(name for name in scripts if name not in {None, expected})
    if not foreign:
        return None
    names = tuple(str(name) for name, _ in foreign.most_common())
    return ForeignTexts(foreign.total(), len(scripts), names, entry.languages)


def _script_at(code_point: int) -> str | None:
    block = bisect(_STARTS, code_point) - 1
    if block < 0:
        return None
    _, last, name = _BLOCKS[block]
    return name if code_point <= last else None
