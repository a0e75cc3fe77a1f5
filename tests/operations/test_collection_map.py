"""Maps and duplicates of collections, from the vectors that they have."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from likewise.errors import FingerprintError, InputError
from likewise.operations.collection_contrast import ContrastRequest, collections_contrast
from likewise.operations.collection_dedupe import CollectionDedupeRequest, collections_dedupe
from likewise.operations.collection_duplicates import (
    CollectionDuplicatesRequest,
    collections_duplicates,
)
from likewise.operations.collection_map import CollectionMapRequest, collections_map
from likewise.operations.collections import ChangeRequest, collections_undo
from likewise.operations.outliers import OutliersRequest, collections_outliers
from likewise.operations.records import (
    AddRequest,
    CreateRequest,
    TextRecord,
    collections_add,
    collections_create,
)
from likewise.operations.session import Message, Session

SUBJECTS = ("the cat", "a kitten", "the card", "a credit card", "the rain", "a storm")
VERBS = ("came back", "is gone", "was late", "surprised us", "is a problem")


@pytest.fixture(scope="module")
def store(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with one collection."""
    store = str(tmp_path_factory.mktemp("store"))
    session = Session(store=store)
    collections_create(CreateRequest(name="things"), session)
    records = tuple(
        TextRecord(f"{subject} {verb}", fields={"verb": verb, "length": len(subject)})
        for subject in SUBJECTS
        for verb in VERBS
    )
    collections_add(AddRequest("things", records=(*records, "The cat is gone.")), session)
    return store


def test_a_map_is_coarse_first_then_whole(store: str, tmp_path: Path) -> None:
    target = tmp_path / "things.points"
    seen: list[str] = []

    def hear(message: Message) -> None:
        if message.code == "coarse":
            seen.append(header(target)["method"])

    session = Session(store=store, on_message=hear)
    result = collections_map(CollectionMapRequest("things", output=target), session)
    assert seen == ["pca"]
    found = header(target)
    assert found["method"] == "tsne"
    assert found["count"] == len(SUBJECTS) * len(VERBS) + 1 == result.to_dict()["points"]
    level = next(each for each in found["levels"] if each["found"])
    assert sum(t["size"] for t in level["topics"]) + level["unclustered"] == found["count"]
    assert {column["title"] for column in found["columns"]} == {"verb", "length"}
    labels = block(target, found, f"level-{found['levels'].index(level)}")
    assert np.bincount(labels)[: level["clusters"]].tolist() == [
        topic["size"] for topic in level["topics"]
    ]


def test_a_map_needs_a_known_format(store: str, tmp_path: Path) -> None:
    request = CollectionMapRequest("things", output=tmp_path / "map.png")
    with pytest.raises(InputError, match="png"):
        collections_map(request, Session(store=store))


def test_every_threshold_has_its_counts_and_pairs(store: str) -> None:
    request = CollectionDuplicatesRequest("things", lowest=0.7)
    found = collections_duplicates(request, Session(store=store))
    removed = [each.removed for each in found.counts]
    assert removed == sorted(removed, reverse=True)
    for step, counts in enumerate(found.counts):
        assert sum(step in pair.steps for pair in found.pairs) == counts.removed
    last = [pair for pair in found.pairs if len(found.counts) - 1 in pair.steps]
    assert {last[0].left.text, last[0].right.text} == {"the cat is gone", "The cat is gone."}


def test_two_models_side_by_side(
    store: str, model_folder: Path, other_model_folder: Path, tmp_path: Path
) -> None:
    target, session = tmp_path / "both.points", Session(store=store)
    request = ContrastRequest("things", str(other_model_folder), output=target, top=5)
    found = collections_contrast(request, session)
    plain = json.loads(json.dumps(found.to_dict()))
    assert 0.1 < plain["shared"] < 0.95
    assert [each["shared"] for each in plain["moved"]] == sorted(
        each["shared"] for each in plain["moved"]
    )
    first = found.moved[0]
    assert first.before
    assert not {each.id for each in first.before} & {each.id for each in first.after}
    drawn = header(target)
    assert drawn["columns"][0]["title"] == "neighbors in common"
    count = drawn["count"]
    both = [block(target, drawn, name).reshape(count, 2) for name in ("positions", "other")]
    assert len(both[0]) == len(SUBJECTS) * len(VERBS) + 1
    assert (both[0] != both[1]).any()
    one, two = (plane - plane.mean(axis=0) for plane in both)
    assert float((one * two).sum()) > 0  # turned to fit
    same = collections_contrast(
        ContrastRequest("things", str(model_folder), output=target, compute="float32"), session
    )
    assert same.shared > 0.98  # equally near texts may change places
    with pytest.raises(InputError, match="html"):
        collections_contrast(
            ContrastRequest("things", str(model_folder), output=tmp_path / "a.html"), session
        )


def test_records_that_another_collection_has(store: str, model_folder: Path) -> None:
    session = Session(store=store)
    collections_create(CreateRequest(name="exam"), session)
    questions = ("THE CAT  came back", "a kitten was late", "Nobody asked for this sentence.")
    collections_add(AddRequest("exam", records=(*questions, questions[0])), session)
    request = CollectionDuplicatesRequest("exam", against="things", threshold=0.95, lowest=0.95)
    found = collections_duplicates(request, session)
    assert (found.records, found.against, found.counts[0].removed) == (4, "things", 3)
    pairs = [(pair.left.text, pair.right.text, pair.reason) for pair in found.pairs]
    assert pairs.count((questions[0], "the cat came back", "exact")) == 2
    assert (questions[1], "a kitten was late", "exact") in pairs
    assert all(pair.right.id in {hit.id for hit in session.collection("things").browse(0, 99)}
               for pair in found.pairs)  # fmt: skip
    with pytest.raises(InputError, match="compared with itself"):
        collections_duplicates(CollectionDuplicatesRequest("exam", against="exam"), session)
    collections_create(CreateRequest(name="coarse", compute="int8"), session)
    collections_add(AddRequest("coarse", records=questions), session)
    with pytest.raises(FingerprintError, match="int8"):
        collections_duplicates(CollectionDuplicatesRequest("coarse", against="exam"), session)


def test_what_repeats_another_record_is_removed_at_once(store: str) -> None:
    session = Session(store=store)
    collections_create(CreateRequest(name="tickets"), session)
    texts = ("My card was stolen", "my card was  stolen", "I want a refund", "I want a refund!",
             "Wait 10 minutes", "Wait 20 minutes", "Where is the moon?")  # fmt: skip
    collections_add(AddRequest("tickets", records=texts), session)
    found = collections_duplicates(CollectionDuplicatesRequest("tickets"), session)
    chosen = {pair.left.text: pair.left.id for pair in found.pairs}
    assert len(chosen) == 2
    kept = chosen.pop(next(text for text in chosen if "refund" in text))
    done = collections_dedupe(CollectionDedupeRequest("tickets", keep=(kept,)), session)
    assert done.to_dict() == {
        "collection": "tickets", "threshold": 0.9, "removed": 1, "records": 6,
    }  # fmt: skip
    left = {hit.text for hit in session.collection("tickets").browse(0, 99)}
    assert set(texts) - left == set(chosen)
    assert collections_dedupe(CollectionDedupeRequest("tickets"), session).removed == 1
    assert collections_dedupe(CollectionDedupeRequest("tickets"), session).removed == 0
    session.collection("tickets").undo()
    assert len(session.collection("tickets")) == 6
    against = CollectionDedupeRequest("tickets", against="things", threshold=0.95)
    assert collections_dedupe(against, session).removed == 0


def test_outliers_are_far_from_all_others(store: str) -> None:
    odd = ("Integrate x squared over the unit sphere.", "Integrate x squared over the unit sphere.")
    session = Session(store=store)
    collections_add(
        AddRequest("things", records=(TextRecord(odd[0]), TextRecord(odd[1], "B"))), session
    )
    found = collections_outliers(OutliersRequest("things", top=3), session)
    assert json.loads(json.dumps(found.to_dict()))["chunks"] == len(SUBJECTS) * len(VERBS) + 3
    first = found.outliers[0]
    assert (first.chunk.text, first.copies) == (odd[0], 2)
    assert first.similarity < found.typical
    assert first.similarity <= first.nearest_similarity
    assert [each.similarity for each in found.outliers] == sorted(
        each.similarity for each in found.outliers
    )
    with pytest.raises(InputError, match="only the same text 2 times"):
        collections_outliers(OutliersRequest("things", where=f"text = '{odd[0]}'"), session)
    collections_undo(ChangeRequest("things"), session)


def header(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    assert content[:4] == b"LWMP"
    (length,) = struct.unpack("<I", content[4:8])
    return dict(json.loads(content[8 : 8 + length]))


def block(path: Path, found: dict[str, Any], name: str) -> NDArray[Any]:
    content = path.read_bytes()
    (length,) = struct.unpack("<I", content[4:8])
    place = found["blocks"][name]
    start = 8 + length + place["offset"]
    return np.frombuffer(content[start : start + place["bytes"]], "<u2")
