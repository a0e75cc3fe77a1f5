"""Candidates ranked: from a file, from the request, reranked, written to a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import likewise
from likewise.errors import InputError
from likewise.operations.rank import RankRequest, rank
from likewise.operations.session import CancellationToken, CancelledError, Message, Session

TEXTS = ("The cat sleeps on the sofa.", "Stock markets fell sharply today.", "A kitten naps.")


def request(model_folder: Path, **values: object) -> RankRequest:
    return RankRequest("A cat is asleep.", model=str(model_folder), **values)  # type: ignore[arg-type]


def test_given_candidates_are_ranked(model_folder: Path, encoder: likewise.Encoder) -> None:
    asked = request(model_folder, candidates=TEXTS, compute="float32", top_k=2)
    found = rank(asked, Session()).to_dict()
    expected = encoder.rank(asked.query, list(TEXTS), 2)
    assert [(row["rank"], row["line"], row["text"]) for row in found["results"]] == [
        (place, hit.index + 1, hit.text) for place, hit in enumerate(expected, 1)
    ]
    assert [row["score"] for row in found["results"]] == pytest.approx(
        [hit.score for hit in expected], abs=1e-5
    )
    assert (found["total"], found["output"], found["skipped"]) == (3, None, [])
    json.dumps(found)


def test_a_file_gives_the_same_as_given_candidates(model_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS) + "broken\n")
    messages: list[Message] = []
    output = tmp_path / "ranked.json"
    asked = request(model_folder, file=file, skip_bad=True, output=output)
    found = rank(asked, Session(on_message=messages.append))
    assert found.rows == rank(request(model_folder, candidates=TEXTS), Session()).rows
    assert [row.line for row in found.skipped] == [4]
    assert json.loads(output.read_text()) == found.to_dict()["results"]
    assert [message.code for message in messages] == ["row_skipped", "column", "wrote"]
    assert messages[0].values["line"] == 4


def test_a_threshold_leaves_out_the_rest(model_folder: Path) -> None:
    messages: list[Message] = []
    session = Session(on_message=messages.append)
    near = rank(request(model_folder, candidates=TEXTS, threshold=0.4), session)
    assert {row.text for row in near.rows} == {TEXTS[0], TEXTS[2]}
    assert not messages
    assert not rank(request(model_folder, candidates=TEXTS, threshold=0.99), session).rows
    assert messages == [Message("none", "nothing scores 0.99 or more", {"threshold": 0.99})]


def test_wrong_requests_are_refused_before_a_model_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("text\na\n")
    wrong = [
        (RankRequest("q", model="/nowhere"), "no candidates"),
        (RankRequest("q", file, ("a",), model="/nowhere"), "twice"),
        (RankRequest("q", file, threshold=float("nan"), model="/nowhere"), "threshold is nan"),
        (RankRequest("q", file, output=file, model="/nowhere"), "one of the inputs"),
    ]
    for asked, message in wrong:
        with pytest.raises(InputError, match=message):
            rank(asked, Session())


def test_a_cancelled_ranking_stops(model_folder: Path) -> None:
    cancel = CancellationToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        rank(request(model_folder, candidates=TEXTS), Session(cancel=cancel))
