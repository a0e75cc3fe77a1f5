"""Sample texts of a page, in a language that its model supports."""

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
"""Sample texts by language code."""


def sample_language(model: str, t: Translations) -> Language:
    """The language of the page, unless the model is known not to support it."""
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
    """The inputs of a page with sample texts, and the notes about their language.

    Attributes:
        t: the translations.
        model: the initial model.
    """

    t: Translations
    model: str
    _boxes: list[tuple[Any, Values]] = field(default_factory=list)
    _notes: list[gr.HTML] = field(default_factory=list)

    def of(self, key: str) -> Values:
        """The samples of a translation key."""
        return {each.code: translations_for(each.code)(key) for each in LANGUAGES}

    def of_examples(self, value: Callable[[Example], str]) -> Values:
        """A value of the first example set of each language."""
        return {each.code: value(first_example(each.code)) for each in LANGUAGES}

    def now(self, values: Values) -> str:
        """The initial sample."""
        return values[sample_language(self.model, self.t).code]

    def add(self, box: Any, values: Values) -> None:
        """Add an input whose sample changes with the model."""
        self._boxes.append((box, values))

    def note(self, tab: str) -> None:
        """Add a note to a tab that its samples are in another language."""
        note_html = self._note(self.model)
        self._notes.append(
            gr.HTML(note_html, visible=bool(note_html), elem_id=f"{tab}-samples", padding=False)
        )

    @property
    def boxes(self) -> list[Any]:
        """The inputs with samples."""
        return [box for box, _ in self._boxes]

    @property
    def outputs(self) -> list[Any]:
        """The components that `follow` updates, in order."""
        return [*self.boxes, *self._notes]

    async def follow(self, choice: Choice, *shown: str) -> list[Any]:
        """Update the samples for a model; inputs that were edited are not changed."""
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
