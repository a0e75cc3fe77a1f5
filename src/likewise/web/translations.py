"""The translations of the page: one JSON file a language, the same keys in each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Language:
    """A language the page speaks.

    Attributes:
        code: as in `?lang=` and the name of its file.
        locale: BCP 47 tag for the browser.
        name: what it calls itself.
        path: where its page lies, below the root.
        root: the way back from there to the root.
    """

    code: str
    locale: str
    name: str
    path: str
    root: str


LANGUAGES: tuple[Language, ...] = (
    Language("en", "en", "English", "", ""),
    Language("zh", "zh-CN", "中文", "zh/", "../"),
)


@dataclass(frozen=True)
class Translations:
    """Every sentence of one language, by key."""

    language: Language
    table: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of that key, its `{names}` filled in.

        Raises:
            KeyError: there is no such key.
        """
        sentence = self.table[key]
        return sentence.format(**values) if values else sentence

    def has(self, key: str) -> bool:
        """Whether there is a sentence of that key."""
        return key in self.table

    def lines(self, key: str) -> list[str]:
        """A sentence of several lines, one each."""
        return self.table[key].splitlines()


@cache
def translations_for(code: str) -> Translations:
    """The translations of a language.

    Raises:
        KeyError: the page does not speak it.
    """
    language = {each.code: each for each in LANGUAGES}[code]
    text = resources.files("likewise.web").joinpath("i18n", f"{code}.json").read_text("utf-8")
    return Translations(language, json.loads(text))


def preferred(accept_language: str) -> Language:
    """The language a browser asks for first among those the page speaks; English where none."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        tag, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            weight = 0.0
        wanted.append((weight, tag.lower().split("-")[0]))
    codes = {each.code: each for each in LANGUAGES}
    for _, tag in sorted(wanted, key=lambda each: -each[0]):
        if tag in codes:
            return codes[tag]
    return LANGUAGES[0]
