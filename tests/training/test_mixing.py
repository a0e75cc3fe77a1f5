"""Batches: shares, order, duplicates, continuation."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from likewise.errors import InputError, RecordError
from likewise.training import sources
from likewise.training.examples import Batch, Prompts
from likewise.training.general import groups
from likewise.training.general_texts import GeneralTexts, general_texts
from likewise.training.mixing import Mixer
from likewise.training.sources import DataFile, read_weights_file


def write(path: Path, rows: Sequence[Any]) -> Path:
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines.encode()))
    else:
        path.write_text(lines)
    return path


def pairs(name: str, count: int) -> list[dict[str, str]]:
    return [{"question": f"{name} q{n}", "answer": f"{name} a{n}"} for n in range(count)]


def draw(mixer: Mixer, count: int) -> list[Batch]:
    return [next(mixer) for _ in range(count)]


def test_general_texts_are_the_same_after_a_continuation(tmp_path: Path) -> None:
    files = [DataFile(write(tmp_path / "a.jsonl", pairs("a", 64)))]
    general = GeneralTexts(Prompts("query: ", "passage: "))
    mixer = Mixer(files, 16, general=general)
    draw(mixer, 3)
    state = json.loads(json.dumps(mixer.state()))
    (expected,) = draw(mixer, 1)
    continued = Mixer(files, 16, general=general)
    continued.restore(state)
    (batch,) = draw(continued, 1)
    assert batch.texts == expected.texts
    added = [batch.texts[row] for row in batch.general]
    assert len(set(added)) == 4
    assert set(added) <= set(general.texts)
    assert batch.texts[-4:] == tuple(added)
    assert {text.split(":")[0] for text in general.texts} == {"query", "passage"}
    measured = {text for g in groups() for text in (g.sentence, g.paraphrase, g.related)}
    assert measured.isdisjoint(general_texts())


def test_shares_match_the_weights(tmp_path: Path) -> None:
    weights = (9, 4, 2, 1)
    files = [
        DataFile(write(tmp_path / f"{name}.jsonl", pairs(name, 300)), weight)
        for name, weight in zip("abcd", weights, strict=True)
    ]
    for per_batch in (1, 2):
        mixer = Mixer(files, 16, files_per_batch=per_batch)
        drawn = [0] * 4
        for batch in draw(mixer, 400):
            drawn = [total + new for total, new in zip(drawn, batch.drawn, strict=True)]
        for count, weight in zip(drawn, weights, strict=True):
            assert count / sum(drawn) == pytest.approx(weight / 16, abs=0.01)
        assert drawn == [source.drawn for source in mixer.sources]


def test_every_row_once_per_epoch(tmp_path: Path) -> None:
    mixer = Mixer([DataFile(write(tmp_path / "a.jsonl", pairs("a", 64)))], 16)
    first, second = draw(mixer, 4), draw(mixer, 4)
    for epoch in (first, second):
        anchors = Counter(batch.texts[row] for batch in epoch for row in batch.anchors)
        assert set(anchors.values()) == {1}
        assert len(anchors) == 64
    assert [batch.texts for batch in first] != [batch.texts for batch in second]
    again = Mixer([DataFile(tmp_path / "a.jsonl")], 16)
    assert [b.texts for b in draw(again, 4)] == [b.texts for b in first]
    other = Mixer([DataFile(tmp_path / "a.jsonl")], 16, seed=1)
    assert [b.texts for b in draw(other, 4)] != [b.texts for b in first]


def test_no_text_twice_in_a_batch(tmp_path: Path) -> None:
    rows = [{"question": f"q{n % 40}", "answer": f"a{n % 30}"} for n in range(240)]
    mixer = Mixer([DataFile(write(tmp_path / "a.jsonl", rows))], 16)
    for batch in draw(mixer, 12):
        assert len(set(batch.anchors.tolist())) == len(set(batch.positives.tolist())) == 16
        assert len(batch.texts) == 32


@pytest.mark.parametrize("block", [10_000, 50])
def test_continued_to_the_very_batch(
    tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "BLOCK", block)  # 50: the file is larger than memory
    rows = [{"question": f"q{n % 90}", "answer": f"a{n}"} for n in range(130)]
    sets = [{"set": [f"s{n}", f"t{n}", f"u{n}"]} for n in range(70)]
    files = [
        DataFile(write(tmp_path / "a.jsonl.gz", rows), 2),
        DataFile(write(tmp_path / "b.jsonl", sets), 1),
    ]
    whole = [batch.texts for batch in draw(Mixer(files, 8), 60)]
    for stop in (1, 7, 23, 44, 59):
        mixer = Mixer(files, 8)
        draw(mixer, stop)
        state = json.loads(json.dumps(mixer.state()))
        continued = Mixer(files, 8)
        continued.restore(state)
        assert [batch.texts for batch in draw(continued, 60 - stop)] == whole[stop:]


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", pairs("a", 30))
    mixer = Mixer([DataFile(path)], 4)
    state = mixer.state()
    write(path, pairs("a", 29))
    with pytest.raises(RecordError, match="changed"):
        Mixer([DataFile(path)], 4).restore(state)


def test_held_out_texts_and_prompts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", pairs("a", 40))
    left_out = frozenset({"a q3", "a a7"})
    mixer = Mixer([DataFile(path)], 19, prompts=Prompts("query: ", "passage: "), leave_out=left_out)
    texts = {text for batch in draw(mixer, 4) for text in batch.texts}
    assert "query: a q3" not in texts
    assert "query: a q7" not in texts
    assert {"query: a q4", "passage: a a4"} <= texts


def test_labeled_texts_are_paired_by_label(tmp_path: Path) -> None:
    rows = [{"text": f"{label} {n}", "label": label} for label in ("x", "y", "z") for n in range(9)]
    mixer = Mixer([DataFile(write(tmp_path / "a.jsonl", rows))], 6)
    for batch in draw(mixer, 5):
        assert batch.kind == "labeled"
        for anchor, positive, label in zip(
            batch.anchors, batch.positives, batch.labels, strict=True
        ):
            first, second = batch.texts[anchor], batch.texts[positive]
            assert first != second
            assert first[0] == second[0] == mixer.labels[int(label)]
    single = Mixer([DataFile(tmp_path / "a.jsonl")], 6, single_texts=True)
    assert not len(next(single).positives)


def test_scores_are_used_as_0_to_1(tmp_path: Path) -> None:
    rows = [{"sentence1": f"a{n}", "sentence2": f"b{n}", "score": n % 6} for n in range(30)]
    batch = next(Mixer([DataFile(write(tmp_path / "a.jsonl", rows))], 30))
    assert sorted(set(batch.labels.tolist())) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])


def test_weights_file(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl.gz", pairs("a", 20))
    path = tmp_path / "data_config.json"
    path.write_text('[{"name": "a.jsonl.gz", "lines": 20, "weight": 5}]')
    assert read_weights_file(path) == (DataFile(tmp_path / "a.jsonl.gz", 5.0),)
    path.write_text('{"name": 1}')
    with pytest.raises(RecordError, match="list of files"):
        read_weights_file(path)
    for outside in ("../a.jsonl", "/etc/passwd"):
        path.write_text(json.dumps([{"name": outside, "weight": 1}]))
        with pytest.raises(RecordError, match="outside the folder"):
            read_weights_file(path)


def test_too_little_data(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"question": "same", "answer": f"a{n}"} for n in range(9)])
    with pytest.raises(InputError, match="fewer than two"):
        next(Mixer([DataFile(path)], 4))
    with pytest.raises(InputError, match="weight"):
        Mixer([DataFile(path, 0)], 4)
    with pytest.raises(InputError, match="no data"):
        Mixer([], 4)


def test_a_row_that_is_there_twice_does_not_end_a_batch(tmp_path: Path) -> None:
    rows = pairs("a", 9)
    path = write(tmp_path / "a.jsonl", [*rows, rows[0]])
    mixer = Mixer([DataFile(path)], 4)
    batches = draw(mixer, 50)
    assert {batch.drawn for batch in batches} == {(4,)}
    drawn = Counter(text for batch in batches for text in batch.texts)
    assert min(drawn[f"a q{n}"] for n in range(9)) >= 50 * 4 // 10 - 1  # in every epoch
    mixer = Mixer([DataFile(path)], 4)
    draw(mixer, 20)
    continued = Mixer([DataFile(path)], 4)
    continued.restore(json.loads(json.dumps(mixer.state())))
    assert [b.texts for b in draw(continued, 30)] == [b.texts for b in batches[20:]]
