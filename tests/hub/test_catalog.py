"""The catalogue: its rules, and its facts compared with those of mteb."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from likewise.hub import catalog
from likewise.hub.cache import is_hub_id

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "published.tsv"


def test_names_ignore_case_and_are_unique() -> None:
    names = [n.lower() for e in catalog.CATALOG for n in (e.name, e.hub_id)]
    assert len(set(names)) == len(names)
    for entry in catalog.CATALOG:
        assert is_hub_id(entry.hub_id)
        assert entry.hub_id.endswith("/" + entry.name)
        assert catalog.find(entry.name.upper()) is entry
        assert catalog.find(entry.hub_id.lower()) is entry
    assert catalog.find("nothing-like-it") is None


def test_similar_names() -> None:
    assert catalog.similar_names("all-minilm-l6")[0].startswith("all-MiniLM-L6")
    assert "gte-base" in catalog.similar_names("someone/gte-bas")


def test_prompts_of_models_that_need_them() -> None:
    for entry in catalog.CATALOG:
        if "e5-" in entry.name:
            assert entry.prompts == {"query": "query: ", "document": "passage: "}
        if entry.name.startswith("bge-") and entry.name != "bge-m3":
            assert entry.prompts["query"].endswith("passages: ")
            assert "document" not in entry.prompts


def test_published_scores() -> None:
    if not PUBLISHED.exists():
        pytest.skip("../shared/data does not stand beside the project")
    with PUBLISHED.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for name in list(rows[0])[1:]:
        entry = catalog.find(name)
        assert entry is not None
        assert entry.scores is not None
        assert entry.scores.values == {row["task"]: float(row[name]) for row in rows}


def test_facts_agree_with_mteb() -> None:
    mteb = pytest.importorskip("mteb", reason="mteb, the oracle for these facts, is not installed")
    for entry in catalog.CATALOG:
        published = mteb.get_model_meta(entry.hub_id)
        assert published.embed_dim == entry.dimension, entry.name
        assert (published.license or "").lower() == entry.licence.lower(), entry.name
        assert published.n_parameters / 1e6 == pytest.approx(entry.parameters, rel=0.01), entry.name
        assert (len(published.languages) == 1) == (entry.languages == "English"), entry.name
        prompts = (published.loader_kwargs or {}).get("model_prompts") or {}
        for role in {"query", "document"} & prompts.keys():
            assert entry.prompts[role] == prompts[role], entry.name
