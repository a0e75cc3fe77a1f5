"""Detects the encoding of bytes that are not UTF-8, by character frequency."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Basis = Literal["given", "mark", "stated", "valid", "guessed"]


@dataclass(frozen=True)
class DetectedEncoding:
    """The encoding that a file is read in.

    Attributes:
        name: its name in Python, such as `utf-8` or `gb18030`.
        basis: how it was found: `given` by the caller, by a byte order `mark` (or the zeros of
            UTF-16), `stated` by a web page, `valid` if the examined text is valid UTF-8, or
            `guessed` by character frequency.
    """

    name: str
    basis: Basis

    @property
    def guessed(self) -> bool:
        """Whether it may be wrong."""
        return self.basis == "guessed"

    @property
    def label(self) -> str:
        """Its common name, with the name in Python."""
        usual = _LABELS.get(self.name)
        return f"{usual} ({self.name})" if usual else self.name.upper()


_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "cp932": "Shift_JIS",
        "cp949": "EUC-KR",
        "cp950": "Big5",
        "cp1250": "central European",
        "cp1251": "Cyrillic",
        "cp1252": "western European",
        "iso8859_2": "ISO 8859-2",
        "koi8_r": "KOI8-R",
    }
)

SINGLE_BYTE = ("cp1252", "cp1251", "koi8_r", "iso8859_2", "cp1250")
"""Single-byte encodings that are considered; a short sample would fit too many others."""

EVIDENCE = 8
"""With fewer non-ASCII bytes, only western European encodings are guessed."""

ACCENTS = 3
"""With fewer such letters, nothing is guessed."""

_COMMON = 0.85
"""Share of common characters above which a multi-byte encoding is chosen."""

_POSSIBLE = 0.6
"""The same, if no single-byte encoding fits."""

_USUAL = 0.97
"""Share of the non-ASCII characters that western European languages use."""


def guess_encoding(sample: bytes) -> str | None:
    """The most likely encoding of bytes that are not UTF-8; None if the evidence is too weak.

    Args:
        sample: some kilobytes; the last character may be incomplete.
    """
    if sum(byte > 127 for byte in sample) < EVIDENCE:
        return "cp1252" if _has_single_accents(sample) else None
    best, share = _multi_byte(sample)
    if share >= _COMMON:
        return best
    return _single_byte(sample) or (best if share >= _POSSIBLE else None)


def likely_encoding(sample: bytes) -> str:
    """An encoding to suggest in a hint, if none is guessed."""
    best, share = _multi_byte(sample)
    return best if share >= _COMMON else "cp1252"


def _multi_byte(sample: bytes) -> tuple[str, float]:
    """The multi-byte encoding with the most common characters, and their share."""
    found = {name: _shares(sample, name) for name in _MULTI_BYTE}
    best = max(found, key=lambda name: found[name].common + found[name].frequent)
    return best, found[best].common


def _single_byte(sample: bytes) -> str | None:
    if _is_western(sample):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(SINGLE_BYTE)).best()
    return best.encoding if best else None


def _is_western(sample: bytes) -> bool:
    """Whether the non-ASCII characters are those of western European text."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    non_ascii = [char for char in text if char > "\x7f"]
    usual = sum(char in _WESTERN_USUAL for char in non_ascii)
    letters = sum("a" <= char.lower() <= "z" for char in text)
    return usual >= _USUAL * len(non_ascii) and letters > len(non_ascii)


def _has_single_accents(sample: bytes) -> bool:
    """Whether most non-ASCII bytes are single, as accented letters in words are."""
    runs = [len(run) for run in _NON_ASCII.findall(sample)]
    single = runs.count(1)
    return sum(runs) >= ACCENTS and single > len(runs) - single and _is_western(sample)


_NON_ASCII = re.compile(rb"[\x80-\xff]+")
_WESTERN_USUAL = frozenset(
    "àâäáãåæçéèêëíìîïñóòôöõøœúùûüýÿßÀÂÄÁÃÅÆÇÉÈÊËÍÎÏÑÓÔÖÕØŒÚÛÜ¿¡«»’‘“”–—…€°·\xa0"
)


@dataclass(frozen=True)
class _Script:
    """Characters of the texts in a multi-byte encoding.

    Attributes:
        common: whether a non-ASCII character is common in texts.
        frequent: the most frequent characters.
    """

    common: Callable[[str], bool]
    frequent: frozenset[str]


def _leading(char: str, encoding: str) -> int:
    """The first byte of a character in an encoding that is ordered by frequency; else 0."""
    try:
        return char.encode(encoding)[0]
    except UnicodeEncodeError:
        return 0


def _is_mark(char: str) -> bool:
    """Whether it is East Asian punctuation, or a full-width letter or digit."""
    return "\u3000" <= char <= "\u301f" or "\uff01" <= char <= "\uff5e" or char in "“”‘’…—·～"


def _is_kana(char: str) -> bool:
    return "\u3041" <= char <= "\u30ff"


def _simplified(char: str) -> bool:
    return _is_mark(char) or 0xB0 <= _leading(char, "gb2312") <= 0xD7  # its 3,755 common characters


def _traditional(char: str) -> bool:
    return _is_mark(char) or 0xA4 <= _leading(char, "big5") <= 0xC6  # its 5,401 common characters


def _chinese(char: str) -> bool:
    return _simplified(char) or _traditional(char)  # GB18030 has both


def _japanese(char: str) -> bool:
    if _is_kana(char) or _is_mark(char):
        return True
    return char >= "\u4e00" and 0xB0 <= _leading(char, "euc_jp") <= 0xCF  # JIS level 1


def _korean(char: str) -> bool:
    return _is_mark(char) or 0xB0 <= _leading(char, "euc_kr") <= 0xC8  # Hangul


_KANA = frozenset(map(chr, range(0x3041, 0x3100)))

_MULTI_BYTE: Mapping[str, _Script] = MappingProxyType(
    {
        "gb18030": _Script(
            _chinese,
            frozenset(
                "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
                "过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心"
                "本前开但因只从想实日者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问"
            ),
        ),
        "cp950": _Script(
            _traditional,
            frozenset(
                "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年"
                "過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心"
                "本前開但因只從想實日者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問"
            ),
        ),
        "cp932": _Script(_japanese, _KANA),
        "euc_jp": _Script(_japanese, _KANA),
        "cp949": _Script(
            _korean,
            frozenset(
                "이다는을의가에고하은를로지기도사리한어인자시나해라대서수그아일들만정제부스보장과있전적으주"
                "것게여상요성니와었면했성원구조화마안까습여러중때년위국세비우미등오공없내생용입동물신모무경"
            ),
        ),
    }
)
"""Multi-byte encodings, each in its most extended form."""


@dataclass(frozen=True)
class _Shares:
    """Shares of the non-ASCII characters of a sample in an encoding.

    Attributes:
        common: of common characters.
        frequent: of the most frequent characters.
    """

    common: float = 0.0
    frequent: float = 0.0


def _shares(sample: bytes, encoding: str) -> _Shares:
    """The shares in an encoding; 0 if the sample is not valid in it."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return _Shares()
    script = _MULTI_BYTE[encoding]
    non_ascii = [char for char in text if char > "\x7f"]
    if not non_ascii:
        return _Shares()
    common = sum(map(script.common, non_ascii))
    return _Shares(
        common / len(non_ascii), sum(c in script.frequent for c in non_ascii) / len(non_ascii)
    )
