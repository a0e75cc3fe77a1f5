"""The description of a collection: stored, read again, and refused where it is not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
import pytest

from likewise.collections.contract import Index, Run
from likewise.collections.explain import SimilarityDistribution
from likewise.collections.manifest import KEY, Manifest, read_manifest, write_manifest
from likewise.errors import CollectionError, DamagedCollectionError, FingerprintError

MANIFEST = Manifest(
    model="all-MiniLM-L6-v2",
    fingerprint="0123456789abcdef",
    compute="float32",
    dimension=4,
    similarity="cosine",
    storage="float32",
    chunk_tokens=128,
    overlap=16,
    distribution=SimilarityDistribution((0.1, 0.2), 3),
    index=Index("hnsw_sq", 0.98, ef=64, rows=10),
    runs=(Run(1, "index", "2026-01-01T00:00:00Z", 2, added=3, chunks=3, sources=("a.txt",)),),
)


@pytest.fixture
def table(tmp_path: Path) -> Any:
    vectors = pa.array([[0.0, 0.0, 0.0, 1.0]], pa.list_(pa.float32(), 4))
    return lancedb.connect(tmp_path).create_table("c", pa.table({"vector": vectors}))


def stored(table: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(table.schema.field("vector").metadata[KEY.encode()])
    return value


def test_what_was_written_is_read(table: Any) -> None:
    version = write_manifest(table, MANIFEST)
    assert version == table.version
    assert read_manifest(table, "c") == MANIFEST


def test_format_1_stores_the_names_that_existing_collections_have(table: Any) -> None:
    write_manifest(table, MANIFEST)
    value = stored(table)
    assert value["format"] == 1
    assert value["passage"] == 128
    assert value["background"]["pairs"] == 3
    assert value["index"]["effort"] == 64
    assert value["runs"][0]["passages"] == 3


def test_a_table_of_another_program(table: Any) -> None:
    with pytest.raises(CollectionError, match="no collection of this program"):
        read_manifest(table, "c")


def test_a_collection_of_a_later_version(table: Any) -> None:
    later = json.dumps(json.loads(MANIFEST.dumps()) | {"format": 2})
    table.update_field_metadata({"path": "vector", "metadata": {KEY: later}})
    with pytest.raises(CollectionError, match="later version"):
        read_manifest(table, "c")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 1}', '{"format": 1, "index": 3, "distribution": null}']
)
def test_a_damaged_description(table: Any, content: str) -> None:
    table.update_field_metadata({"path": "vector", "metadata": {KEY: content}})
    with pytest.raises(DamagedCollectionError, match="damaged") as refused:
        read_manifest(table, "c")
    assert refused.value.hint


def test_vectors_of_another_model_are_refused() -> None:
    MANIFEST.check("c", "all-MiniLM-L6-v2", "0123456789abcdef")
    with pytest.raises(FingerprintError, match=r"01234567.*fedcba98") as refused:
        MANIFEST.check("c", "gte-small", "fedcba9876543210")
    assert "all-MiniLM-L6-v2" in str(refused.value.hint)


def test_a_run_is_appended() -> None:
    run = Run(2, "undo", "2026-01-02T00:00:00Z", 3, back_to=0, before=1)
    assert MANIFEST.with_run(run).runs == (*MANIFEST.runs, run)
