"""Collections: synchronized with their sources, refused to another model, opened and removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import likewise
from likewise.collections.collection import Collection
from likewise.collections.contract import Model, Storage
from likewise.collections.manifest import KEY
from likewise.collections.open_collection import open_collection
from likewise.collections.store import Store
from likewise.data.records import Record
from likewise.errors import (
    CollectionError,
    CollectionNotFoundError,
    DamagedCollectionError,
    FingerprintError,
    InputError,
)
from likewise.results import Encoded
from tests.collections.samples import TEXTS, records


class Counting:
    """An encoder that counts the texts it encodes."""

    def __init__(self, encoder: likewise.Encoder) -> None:
        self._encoder, self.encoded = encoder, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_stream(self, texts: Iterable[str], **options: Any) -> Iterator[Encoded]:
        for part in self._encoder.encode_stream(texts, **options):
            self.encoded += len(part.texts)
            yield part


def test_vectors_kept_are_those_of_the_encoder(
    collection: Collection, encoder: likewise.Encoder
) -> None:
    table = collection._table.to_arrow().sort_by("line")
    kept = np.array(table["vector"].to_pylist(), np.float32)
    assert np.array_equal(kept, encoder.encode(list(TEXTS)))


def test_only_new_and_changed_records_are_encoded(
    tmp_path: Path, collection: Collection, encoder: likewise.Encoder
) -> None:
    counting = Counting(encoder)
    again = open_collection("c", store=tmp_path, model=cast("Model", counting))
    result = again.add(records())
    assert (counting.encoded, result.unchanged, result.added) == (0, 6, 0)
    assert len(again.log()) == 1  # nothing changed, so nothing is logged

    changed = records(("Something new.", *TEXTS[:2], "The cat is awake.", *TEXTS[3:5]))
    result = again.add([replace(r, fields={"year": str(1998 + r.line)}) for r in changed])
    assert counting.encoded == 6  # a record's fields are part of it, and all of them have changed


def test_lines_that_move_are_followed_without_encoding(
    tmp_path: Path, collection: Collection, encoder: likewise.Encoder
) -> None:
    counting = Counting(encoder)
    again = open_collection("c", store=tmp_path, model=cast("Model", counting))
    moved = [Record("First of all.", {"year": "1"}, "/data/a.csv", 2)]
    moved += [replace(record, line=record.line + 1) for record in records()[1:]]
    result = again.add(moved)
    assert (result.added, result.removed, result.unchanged, result.moved) == (1, 1, 5, 5)
    assert counting.encoded == 1
    [hit] = again.search(TEXTS[3], 1)
    assert (hit.text, hit.line) == (TEXTS[3], 6)
    assert again.add(moved).moved == 0


def test_what_has_gone_from_a_source_goes_and_other_sources_stay(collection: Collection) -> None:
    collection.add(records(TEXTS[:1], "/data/b.csv"))
    assert len(collection) == 7
    result = collection.add(records(TEXTS[:2]))
    assert (result.removed, len(collection)) == (4, 3)


def test_texts_without_a_source_are_only_added(collection: Collection) -> None:
    collection.add(["One.", "Two.", "Two."])
    result = collection.add(["Three.", "One."])
    assert (result.added, result.unchanged, result.removed, len(collection)) == (1, 1, 0, 10)


def test_equal_lines_are_kept_apart(tmp_path: Path, encoder: likewise.Encoder) -> None:
    made = open_collection("c", store=tmp_path, model=encoder, create=True)
    twice = [Record("Same.", source="/a", line=1), Record("Same.", source="/a", line=2)]
    assert made.add(twice).added == 2
    assert made.add(twice[:1]).removed == 1


def test_another_model_is_refused_and_both_are_named(
    tmp_path: Path, collection: Collection, encoder: likewise.Encoder, model_folder: Path
) -> None:
    shorter = likewise.load(model_folder, compute="float32", max_seq_length=64)
    with pytest.raises(FingerprintError) as caught:
        open_collection("c", store=tmp_path, model=shorter)
    assert encoder.fingerprint[:8] in caught.value.message
    assert shorter.fingerprint[:8] in caught.value.message


def test_a_collection_loads_its_own_model(tmp_path: Path, collection: Collection) -> None:
    [hit] = open_collection("c", store=tmp_path).search("someone makes music", 1)
    assert hit.text == TEXTS[0]


def test_a_second_writer_is_refused_and_readers_go_on(
    tmp_path: Path, collection: Collection, encoder: likewise.Encoder
) -> None:
    with Store(tmp_path).writing("c"):
        with pytest.raises(CollectionError, match="another process is writing"):
            open_collection("c", store=tmp_path, model=encoder).add(["x"])
        assert collection.search("music", 1)[0].text == TEXTS[0]


def test_a_reader_sees_what_was_there_until_it_refreshes(
    tmp_path: Path, collection: Collection, encoder: likewise.Encoder
) -> None:
    reader = open_collection("c", store=tmp_path, model=encoder)
    collection.add(["Penguins cannot fly."])
    assert "Penguins" not in reader.search("penguins", 1)[0].text
    reader.refresh()
    assert "Penguins" in reader.search("penguins", 1)[0].text


def test_a_description_that_is_damaged_is_told(tmp_path: Path, collection: Collection) -> None:
    update = {"path": "vector", "metadata": {KEY: '{"format": 1, "model": '}}
    collection._table.update_field_metadata(update)
    with pytest.raises(DamagedCollectionError, match="its own description is damaged") as caught:
        open_collection("c", store=tmp_path)
    assert "likewise collections rm c" in caught.value.hint


def test_opening_leaves_the_environment_alone(tmp_path: Path, collection: Collection) -> None:
    code = (
        "import os, sys; from likewise.collections.open_collection import open_collection\n"
        "before = dict(os.environ); open_collection('c', store=sys.argv[1])\n"
        "assert 'lancedb' in sys.modules and dict(os.environ) == before"
    )
    for settings in ({}, {"LANCEDB_LOG": "warn"}):
        environment = os.environ | settings
        subprocess.run([sys.executable, "-c", code, tmp_path], env=environment, check=True)


def test_opening_leaves_the_client_for_servers_unread(
    tmp_path: Path, collection: Collection
) -> None:
    code = (
        "import sys; from likewise.collections.open_collection import open_collection\n"
        "open_collection('c', store=sys.argv[1]).search_vector([0.1] * 384)\n"
        "client = 'lance_namespace_urllib3_client'\n"
        "assert f'{client}.models' in sys.modules\n"
        "assert f'{client}.api.table_api' not in sys.modules\n"
        "import lance_namespace_urllib3_client\n"
        "assert lance_namespace_urllib3_client.TableApi.__name__ == 'TableApi'"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True)


@pytest.mark.parametrize("storage", ["float16", "int8"])
def test_smaller_storage_finds_the_same(
    tmp_path: Path, encoder: likewise.Encoder, collection: Collection, storage: Storage
) -> None:
    small = open_collection(storage, store=tmp_path, model=encoder, create=True, storage=storage)
    small.add(records())
    where = "year > 2001"
    for query in ("music", "money", "an animal"):
        wanted, found = (c.search(query, 3, where=where) for c in (collection, small))
        assert [hit.text for hit in found] == [hit.text for hit in wanted]
        assert [h.score for h in found] == pytest.approx([h.score for h in wanted], abs=0.01)
    assert small.summary().storage == storage
    with pytest.raises(InputError, match="stores vectors as"):
        open_collection(storage, store=tmp_path, storage="float32")


def test_columns_of_records_have_types_and_misfits_are_counted(collection: Collection) -> None:
    assert len(collection.search("music", 9, where="year >= 2003")) == 3
    odd = [Record("Odd.", {"year": "about 1990", "text": "mine"}, "/data/odd.csv", 1)]
    result = collection.add(odd)
    assert result.misfits == {"year": 1}
    [hit] = collection.search("Odd.", 1)
    assert dict(hit.fields) == {"text_": "mine"}


def test_a_title_is_kept_once_with_blanks_around_it_too(collection: Collection) -> None:
    fields = {"title": "Penguins ", "year": "1"}
    collection.add([Record("They cannot fly.", fields, "/data/t.csv", 1, title="Penguins")])
    [hit] = collection.search("birds", 1)
    assert (hit.title, dict(hit.fields)) == ("Penguins", {"year": 1})


def test_an_empty_query_is_refused_and_finds_nothing_among_others(collection: Collection) -> None:
    for query in ("", " \n"):
        with pytest.raises(InputError, match="query is empty"):
            collection.search(query)
    found = list(collection.search_batch(["music", "", "money"], 1))
    assert [[hit.text for hit in hits] for hits in found] == [[TEXTS[0]], [], [TEXTS[2]]]


def test_long_texts_are_found_by_their_chunks(tmp_path: Path, encoder: likewise.Encoder) -> None:
    made = open_collection("long", store=tmp_path, model=encoder, create=True)
    filler = "The committee met on Tuesday and discussed the budget at length. " * 60
    text = f"{filler}Penguins are birds that cannot fly. {filler}"
    made.add([Record(text, source="/a.txt", line=1), Record("Short.", source="/a.txt", line=2)])
    hit = made.search("a bird", 1, highlight=True)[0]
    assert hit.chunks > 3
    assert hit.sentence == "Penguins are birds that cannot fly."
    assert made.summary().records == 2
    assert made.add([Record("Short.", source="/a.txt", line=1)]).removed == hit.chunks


def test_names_and_places_that_are_not_there(tmp_path: Path, encoder: likewise.Encoder) -> None:
    with pytest.raises(CollectionNotFoundError):
        open_collection("none", store=tmp_path / "nowhere")
    for name in ("", "../up", ".hidden", "a/b", "x" * 200):
        with pytest.raises(InputError, match="no name"):
            open_collection(name, store=tmp_path, model=encoder, create=True)


def test_a_collection_can_be_removed(tmp_path: Path, collection: Collection) -> None:
    Store(tmp_path).remove("c")
    assert Store(tmp_path).names() == []
    assert not list(tmp_path.iterdir())


def test_a_collection_loads_its_model_with_the_given_loader(
    tmp_path: Path, collection: Collection, encoder: likewise.Encoder
) -> None:
    loaded: list[tuple[str, str]] = []

    def loader(name: str, *, compute: str) -> likewise.Encoder:
        loaded.append((name, compute))
        return encoder

    opened = open_collection("c", store=tmp_path, loader=loader)
    assert loaded == []  # only when it is needed
    opened.search("music", 1)
    opened.search("money", 1)
    assert loaded == [(collection.manifest.model, collection.manifest.compute)]


def test_the_package_opens_collections(tmp_path: Path, collection: Collection) -> None:
    assert likewise.open_collection is open_collection
    [hit] = likewise.open_collection("c", store=tmp_path).search("someone makes music", 1)
    assert hit.text == TEXTS[0]


def test_descriptions_on_disk_have_the_names_of_format_1(collection: Collection) -> None:
    """Collections of earlier versions stay readable, and theirs read ours."""
    field = collection._table.schema.field("vector")
    stored = json.loads(field.metadata[KEY.encode()])
    assert {"passage", "overlap", "background"} < stored.keys()
    assert "effort" in stored["index"]
    assert [run["passages"] for run in stored["runs"]] == [6]
    assert {"passage", "passages"} < set(collection._table.schema.names)
    manifest = collection.manifest
    assert (manifest.chunk_tokens, manifest.runs[0].chunks) == (stored["passage"], 6)
    assert manifest.distribution is not None
    assert collection.search("music", 1, where="passage = 0")
