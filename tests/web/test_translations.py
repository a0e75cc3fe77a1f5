"""Both languages say the same things, nothing is missing, nothing is left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import likewise.web
from likewise import errors
from likewise.hub.catalog import CATALOG
from likewise.tokenization.unicode_scripts import SCRIPTS
from likewise.web.model import _catalog
from likewise.web.page import SECTIONS
from likewise.web.translations import LANGUAGES, preferred, translations_for

SOURCE = "\n".join(
    path.read_text("utf-8") for path in sorted(Path(likewise.web.__file__).parent.glob("*.py"))
)
TABS = ("model", "similarity", "encode", "find", "example")


def _used() -> set[str]:
    written = set(re.findall(r"""\bt\(\s*"([a-z_.]+)\"""", SOURCE))
    written |= set(re.findall(r"""\bt\(\s*"([a-z_.]+)" if \w+ else "[a-z_.]+\"""", SOURCE))
    written |= set(re.findall(r"""\bt\(\s*"[a-z_.]+" if \w+ else "([a-z_.]+)\"""", SOURCE))
    for key in re.findall(r"""(?:PageError\(|required\([^,()]+, )"([a-z_.]+)\"""", SOURCE):
        written |= {key, f"{key}.hint"}
    for key in ("failure.no_texts", "failure.few_texts"):  # chosen between in one call
        written |= {key, f"{key}.hint"}
    written |= {f"{tab}.about" for tab in TABS} | {f"tab.{tab}" for tab in TABS}
    named = {entry.languages for entry in CATALOG if entry.languages.isalpha()}
    written |= {f"language.{each}" for each in (named | {"Chinese", "about", "over", "just"})}
    written |= {f"similarity.{each}" for each in ("a", "b", "sample_a", "sample_b")}
    written |= {f"script.{script}" for script in SCRIPTS}
    columns = ("name", "dimension", "tokens", "parameters", "languages", "licence", "here")
    written |= {f"catalog.{column}" for column in columns}
    written |= set(re.findall(r'"(http\.[a-z0-9]+)"', SOURCE)) - {"http.disconnect"}
    written |= {f"http.{reason}" for reason in ("host", "origin", "key")}  # of the server's guard
    written |= {f"http.{status}" for status in (400, 403, 404, 405, 413, 422, 429, 500, 503)}
    written |= {f"catalog.here.{each}" for each in ("yes", "no", "damaged")} | {"fetch.offline"}
    written |= {"encode.sample", "find.sample", "find.sample_query"}
    written |= set(re.findall(r'"(toast\.[a-z]+)"', SOURCE))
    written |= {f"workspace.{section}" for section in SECTIONS}
    sources = ("folder", "models", "bundled", "cache", "hub")
    written |= {f"model.source.{source}" for source in sources}
    return written


def test_every_language_has_the_same_keys() -> None:
    tables = {each.code: translations_for(each.code).table for each in LANGUAGES}
    for code, table in tables.items():
        assert set(table) == set(tables["en"]), code


def test_every_key_is_used_and_every_use_has_a_key() -> None:
    kinds = {name for name in vars(errors) if name.endswith("Error")}
    keys = set(translations_for("en").table)
    by_kind = {key for key in keys if key.removeprefix("failure.") in kinds}
    assert keys - by_kind == _used()
    assert by_kind, "errors of the library have texts"


@pytest.mark.parametrize("code", [each.code for each in LANGUAGES])
def test_every_sentence_fills_in_what_the_english_one_does(code: str) -> None:
    def names(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    english = translations_for("en").table
    for key, sentence in translations_for(code).table.items():
        assert names(sentence) == names(english[key]), key
        assert sentence.strip(), key


@pytest.mark.parametrize("code", [each.code for each in LANGUAGES])
def test_every_model_of_the_catalog_can_be_told_of(code: str) -> None:
    translated = _catalog(translations_for(code))
    for entry in CATALOG:
        assert entry.name in translated


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr,zh-TW;q=0.5", "zh"),
        ("zh;q=0.1, en;q=0.9", "en"),
        ("de", "en"),
        ("zh;q=x", "zh"),
        (";;;,,", "en"),
    ],
)
def test_the_browsers_language_is_found(header: str, code: str) -> None:
    assert preferred(header).code == code
