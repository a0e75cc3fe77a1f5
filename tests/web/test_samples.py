"""Sample texts: in the page's language where its model reads it."""

from __future__ import annotations

import pytest

from likewise.web.samples import Samples, sample_language
from likewise.web.translations import translations_for


@pytest.mark.parametrize(
    ("model", "page", "samples"),
    [
        ("all-MiniLM-L6-v2", "en", "en"),
        ("all-MiniLM-L6-v2", "zh", "en"),
        ("sentence-transformers/all-MiniLM-L6-v2", "zh", "en"),
        ("bge-m3", "en", "en"),
        ("bge-m3", "zh", "zh"),
        ("/some/folder", "zh", "zh"),
    ],
)
def test_the_language_of_samples(model: str, page: str, samples: str) -> None:
    assert sample_language(model, translations_for(page)).code == samples
    shown = Samples(translations_for(page), model)
    assert shown.now(shown.of("find.sample")) == translations_for(samples)("find.sample")
