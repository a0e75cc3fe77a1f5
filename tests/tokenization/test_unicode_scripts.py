"""The script of a text, and texts in a script that a model was not trained on."""

from __future__ import annotations

import unicodedata

import pytest

from likewise.hub.catalog import find
from likewise.tokenization.unicode_scripts import _BLOCKS, LATIN, foreign_texts, script_of

ENGLISH = find("all-MiniLM-L6-v2")
FOREIGN = {
    "Arabic": "القطة نائمة على الأريكة",
    "Bengali": "বিড়াল ঘুমাচ্ছে",
    "Chinese": "一位女士在公园里遛狗。",
    "Cyrillic": "Кошка спит на диване, ok?",
    "Devanagari": "बिल्ली सो रही है।",
    "Ethiopic": "ድመት ተኝታለች",
    "Georgian": "კატას სძინავს",
    "Greek": "Η γάτα κοιμάται στον καναπέ.",
    "Hangul": "고양이가 소파에서 자고 있다.",
    "Hebrew": "החתול ישן על הספה",
    "Japanese": "ねこがソファでねている。",
    "Tamil": "பூனை தூங்குகிறது",
    "Thai": "แมวนอนบนโซฟา",
}
LATIN_TEXTS = (
    "", " \n", "12:30 — 45 %", "…!?«»“”", "😀🎉👩‍👩‍👧 ❤️", "∀x ∈ ℝ: ∫ f(x) dx ≤ √2 ≈ 1.41",
    "α + β = γ", "σ² = Σ(x − μ)²/n", "Δσ ≥ ħ/2", "𝐱 = 𝐀𝐲", "naïve café, Łódź, Việt Nam, İstanbul",
    "Straße ﬁn ＡＢＣ", "A man says 你好.", "The word привет means hello.", "→ ★ ☎ № ℃ µm ²",
    "print('x')", "\x00\x01", "ａｂｃ１２３",
)  # fmt: skip


@pytest.mark.parametrize("script", FOREIGN)
def test_foreign_scripts_are_recognized(script: str) -> None:
    assert script_of(FOREIGN[script]) == script
    found = foreign_texts(ENGLISH, [FOREIGN[script], "A cat sleeps."])
    assert found
    assert (found.texts, found.total, found.scripts) == (1, 2, (script,))
    assert found.languages == "English"


@pytest.mark.parametrize("text", LATIN_TEXTS)
def test_latin_texts_with_symbols_are_not_foreign(text: str) -> None:
    assert script_of(text) in {None, LATIN}
    assert foreign_texts(ENGLISH, [text]) is None


def test_no_foreign_texts_for_multilingual_or_unknown_models() -> None:
    texts = list(FOREIGN.values())
    assert foreign_texts(None, texts) is None
    assert foreign_texts(find("LaBSE"), texts) is None


def test_the_most_frequent_script_comes_first() -> None:
    found = foreign_texts(ENGLISH, ["кот", "猫", "狗"])
    assert found
    assert found.scripts == ("Chinese", "Cyrillic")


def test_the_table_is_ascending_and_agrees_with_unicode() -> None:
    """The Unicode name of each letter of a block names its script."""
    ends = [code_point for first, last, _ in _BLOCKS for code_point in (first, last)]
    assert ends == sorted(ends)
    names = {
        "Chinese": ("CJK", "BOPOMOFO", "IDEOGRAPHIC"),
        "Burmese": ("MYANMAR",),
        "Japanese": ("HIRAGANA", "KATAKANA", "HALFWIDTH"),
        "Latin": ("LATIN", "FULLWIDTH"),
        "Greek": ("GREEK", "COPTIC"),
    }
    for first, last, name in _BLOCKS:
        for code_point in range(first, min(last, first + 0x600) + 1):
            if chr(code_point).isalpha():
                title = unicodedata.name(chr(code_point))
                assert any(n in title for n in names.get(name, (name.upper(),))), hex(code_point)
