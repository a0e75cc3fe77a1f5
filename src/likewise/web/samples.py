"""Sample texts of a page, in a language that its model reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from likewise.evaluation.examples import EXAMPLES, Example
from likewise.hub import catalog
from likewise.tokenization.unicode_scripts import foreign_texts
from likewise.web import html
from likewise.web.registry import Choice
from likewise.web.translations import LANGUAGES, Language, Translations, translations_for

_PROBE = "similarity.sample_a"
Values = Mapping[str, str]
"""What a box holds as its sample, by the code of a language."""


def sample_language(model: str, t: Translations) -> Language:
    """The page's language where its model reads it, or where nothing is known of the model."""
    entry = catalog.find(model)
    if foreign_texts(entry, [t(_PROBE)]) is None:
        return t.language
    readable = (
        each
        for each in LANGUAGES
        if foreign_texts(entry, [translations_for(each.code)(_PROBE)]) is None
    )
    return next(readable, t.language)


def first_example(language: str) -> Example:
    """The first example set in a language."""
    return next(each for each in EXAMPLES if each.language == language)


@dataclass
class Samples:
    """The boxes of one page that show samples, and the notes that say why in another language.

    Attributes:
        t: the page's language.
        model: the model that a new page works with.
    """

    t: Translations
    model: str
    _boxes: list[tuple[Any, Values]] = field(default_factory=list)
    _notes: list[gr.HTML] = field(default_factory=list)

    def of(self, key: str) -> Values:
        """The samples of a translation key."""
        return {each.code: translations_for(each.code)(key) for each in LANGUAGES}

    def of_examples(self, value: Callable[[Example], str]) -> Values:
        """Something of the first example set of each language."""
        return {each.code: value(first_example(each.code)) for each in LANGUAGES}

    def now(self, values: Values) -> str:
        """The sample that a new page shows."""
        return values[sample_language(self.model, self.t).code]

    def add(self, box: Any, values: Values) -> None:
        """Let a box follow the model that is loaded, as long as it holds a sample."""
        self._boxes.append((box, values))

    def note(self, tab: str) -> None:
        """Where a tab says that its samples are in another language."""
        note_html = self._note(self.model)
        self._notes.append(
            gr.HTML(note_html, visible=bool(note_html), elem_id=f"{tab}-samples", padding=False)
        )

    @property
    def boxes(self) -> list[Any]:
        """The boxes that follow the model."""
        return [box for box, _ in self._boxes]

    @property
    def outputs(self) -> list[Any]:
        """The components that `follow` changes, in its order."""
        return [*self.boxes, *self._notes]

    async def follow(self, choice: Choice, *shown: str) -> list[Any]:
        """Show samples that the model reads where boxes still hold samples."""
        code = sample_language(choice.name, self.t).code
        changes: list[Any] = []
        for held, (_, values) in zip(shown, self._boxes, strict=True):
            is_sample = held in values.values() and held != values[code]
            changes.append(values[code] if is_sample else gr.skip())
        note_html = self._note(choice.name)
        return changes + [gr.update(value=note_html, visible=bool(note_html)) for _ in self._notes]

    def _note(self, model: str) -> str:
        if sample_language(model, self.t) == self.t.language:
            return ""
        entry = catalog.find(model)
        languages = self.t(f"language.{entry.languages}") if entry else ""
        return html.note(self.t("samples.note", name=model, languages=languages))
