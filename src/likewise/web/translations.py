"""The translations of the page: one JSON file per language, with the same keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Language:
    """A language of the page.

    Attributes:
        code: in `?lang=`, and name of its file.
        locale: BCP 47 tag for the browser.
        name: in the language itself.
        path: of its page, below the root.
        root: relative path from its page to the root.
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
    """The texts of one language, by key."""

    language: Language
    table: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with its placeholders filled in.

        Raises:
            KeyError: an unknown key.
        """
        sentence = self.table[key]
        return sentence.format(**values) if values else sentence

    def has(self, key: str) -> bool:
        """Whether there is a text for a key."""
        return key in self.table

    def lines(self, key: str) -> list[str]:
        """The lines of a text."""
        return self.table[key].splitlines()


@cache
def translations_for(code: str) -> Translations:
    """The translations of a language.

    Raises:
        KeyError: an unknown language.
    """
    language = {each.code: each for each in LANGUAGES}[code]
    text = resources.files("likewise.web").joinpath("i18n", f"{code}.json").read_text("utf-8")
    return Translations(language, json.loads(text))


def preferred(accept_language: str) -> Language:
    """The first language of `Accept-Language` that the page has; else English."""
    accepted: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        tag, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            weight = 0.0
        accepted.append((weight, tag.lower().split("-")[0]))
    codes = {each.code: each for each in LANGUAGES}
    for _, tag in sorted(accepted, key=lambda each: -each[0]):
        if tag in codes:
            return codes[tag]
    return LANGUAGES[0]
