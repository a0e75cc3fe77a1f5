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
        name: Python's name of it, such as `utf-8` or `gb18030`.
        basis: how it is known: `given` by the caller, by a byte order `mark` (or the zeros of
            UTF-16), `stated` by a web page, `valid` where everything looked at is UTF-8, or
            `guessed` from how common the characters are that it gives.
    """

    name: str
    basis: Basis

    @property
    def guessed(self) -> bool:
        """Whether it may be wrong, so that people should see it and be able to choose another."""
        return self.basis == "guessed"

    @property
    def label(self) -> str:
        """Its name for people: Python's numbers of code pages with the names they go by."""
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
"""Encodings of one byte a character that are looked for; a short sample fits too many others."""

EVIDENCE = 8
"""Bytes beyond ASCII below which only western European letters are guessed."""

ACCENTS = 3
"""Such letters below which nothing is guessed."""

_COMMON = 0.85
"""Share of common characters that speaks for an encoding of several bytes a character."""

_POSSIBLE = 0.6
"""The same, where no encoding of one byte a character fits."""

_USUAL = 0.97
"""Share of the characters beyond ASCII that western European languages use."""


def guess_encoding(sample: bytes) -> str | None:
    """The likeliest encoding of bytes that are not UTF-8; None where too little speaks for any.

    Args:
        sample: some kilobytes; the last character may be cut.
    """
    if sum(byte > 127 for byte in sample) < EVIDENCE:
        return "cp1252" if _has_single_accents(sample) else None
    best, share = _multi_byte(sample)
    if share >= _COMMON:
        return best
    return _single_byte(sample) or (best if share >= _POSSIBLE else None)


def likely_encoding(sample: bytes) -> str:
    """An encoding to name in a hint, where nothing is guessed."""
    best, share = _multi_byte(sample)
    return best if share >= _COMMON else "cp1252"


def _multi_byte(sample: bytes) -> tuple[str, float]:
    """The encoding whose characters are the most usual, and the share of common ones in it."""
    found = {name: _looks(sample, name) for name in _MULTI_BYTE}
    best = max(found, key=lambda name: found[name].common + found[name].frequent)
    return best, found[best].common


def _single_byte(sample: bytes) -> str | None:
    if _is_western(sample):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(SINGLE_BYTE)).best()
    return best.encoding if best else None


def _is_western(sample: bytes) -> bool:
    """Whether letters with accents stand among ASCII letters as they do in western Europe."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond = [char for char in text if char > "\x7f"]
    usual = sum(char in _WESTERN_USUAL for char in beyond)
    letters = sum("a" <= char.lower() <= "z" for char in text)
    return usual >= _USUAL * len(beyond) and letters > len(beyond)


def _has_single_accents(sample: bytes) -> bool:
    """Whether most of the few bytes beyond ASCII stand alone, as accented letters in words do."""
    runs = [len(run) for run in _BEYOND.findall(sample)]
    alone = runs.count(1)
    return sum(runs) >= ACCENTS and alone > len(runs) - alone and _is_western(sample)


_BEYOND = re.compile(rb"[\x80-\xff]+")
_WESTERN_USUAL = frozenset(
    "àâäáãåæçéèêëíìîïñóòôöõøœúùûüýÿßÀÂÄÁÃÅÆÇÉÈÊËÍÎÏÑÓÔÖÕØŒÚÛÜ¿¡«»’‘“”–—…€°·\xa0"
)


@dataclass(frozen=True)
class _Script:
    """How a text looks in an encoding of several bytes a character, if it is in that encoding.

    Attributes:
        common: whether a character beyond ASCII is among those of everyday texts.
        frequent: characters that make up a good part of any text.
    """

    common: Callable[[str], bool]
    frequent: frozenset[str]


def _leading(char: str, encoding: str) -> int:
    """The first byte of a character in an encoding that orders characters by use; else 0."""
    try:
        return char.encode(encoding)[0]
    except UnicodeEncodeError:
        return 0


def _is_mark(char: str) -> bool:
    """Whether it is punctuation, or a letter or digit of full width, as East Asian texts have."""
    return "\u3000" <= char <= "\u301f" or "\uff01" <= char <= "\uff5e" or char in "“”‘’…—·～"


def _is_kana(char: str) -> bool:
    return "\u3041" <= char <= "\u30ff"


def _simplified(char: str) -> bool:
    return _is_mark(char) or 0xB0 <= _leading(char, "gb2312") <= 0xD7  # its 3,755 of everyday use


def _traditional(char: str) -> bool:
    return _is_mark(char) or 0xA4 <= _leading(char, "big5") <= 0xC6  # its 5,401 of everyday use


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
"""Encodings of several bytes a character, each in its widest form."""


@dataclass(frozen=True)
class _Looks:
    """Shares of the characters beyond ASCII that a sample has in an encoding.

    Attributes:
        common: of everyday texts.
        frequent: of those that make up a good part of any text.
    """

    common: float = 0.0
    frequent: float = 0.0


def _looks(sample: bytes, encoding: str) -> _Looks:
    """How usual a sample is in an encoding; nothing where it is not in that encoding."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return _Looks()
    script = _MULTI_BYTE[encoding]
    beyond = [char for char in text if char > "\x7f"]
    if not beyond:
        return _Looks()
    common = sum(map(script.common, beyond))
    return _Looks(common / len(beyond), sum(c in script.frequent for c in beyond) / len(beyond))
