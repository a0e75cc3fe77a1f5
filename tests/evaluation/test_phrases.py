"""Results of tasks in words."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import get_args

import likewise
from likewise.evaluation.contract import Case
from likewise.evaluation.phrases import ENGLISH, Code, Phrase, phrases

LANGUAGES = Path(likewise.__file__).parent / "web/workspace/i18n"


def test_a_phrase_is_its_text() -> None:
    phrase = Phrase("rated", rating="4.5", share="92")
    assert phrase == "rated 4.5: more similar than 92% of the pairs"
    assert phrases([phrase, "a text"]) == {
        str(phrase): {"code": "rated", "values": {"rating": "4.5", "share": "92"}}
    }
    for again in (copy.deepcopy(phrase), pickle.loads(pickle.dumps(phrase))):
        assert phrases([again]) == phrases([phrase])


def test_a_case_has_its_phrases_as_json() -> None:
    case = Case("a text", Phrase("match"), "match")
    assert json.loads(json.dumps(case.to_dict())) == {
        "input": "a text", "expected": "match", "predicted": "match",
        "phrases": {"match": {"code": "match", "values": {}}},
    }  # fmt: skip


def test_the_workspace_has_each_in_both_languages() -> None:
    assert set(get_args(Code)) == set(ENGLISH)
    for language in ("en", "zh"):
        table = (LANGUAGES / language / "compare.js").read_text("utf-8")
        assert all(f'"compare.say.{code}": ' in table for code in ENGLISH)
