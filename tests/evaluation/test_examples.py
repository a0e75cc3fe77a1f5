"""Example sets, and saved results."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise.errors import InputError, OutputError, RecordError
from likewise.evaluation import EXAMPLES, list_results, load_result, run_example


def test_the_sets_are_in_two_languages() -> None:
    assert len({e.name for e in EXAMPLES}) == len(EXAMPLES)
    languages = Counter(e.language for e in EXAMPLES)
    assert languages["en"] >= 6
    assert languages["zh"] >= 6
    for example in EXAMPLES:
        assert len(set(example.texts)) == len(example.texts) >= 8
        assert set(example.title) == {"en", "zh"}
        chinese = all(re.search("[\u4e00-\u9fff]", text) for text in example.texts)
        assert chinese == (example.language == "zh") == example.name.endswith("-zh")


@pytest.mark.parametrize("name", [e.name for e in EXAMPLES if e.language == "en"])
def test_paraphrases_score_higher_than_other_sentences(
    encoder: likewise.Encoder, name: str
) -> None:
    matrix = run_example(encoder, None, name).matrix
    assert np.allclose(np.diag(matrix), 1, atol=1e-5)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)
    np.fill_diagonal(matrix, -1)
    assert matrix.max() > 0.5
    assert matrix[matrix > -1].min() < 0.15


def test_a_saved_result_is_loaded_unchanged(encoder: likewise.Encoder, tmp_path: Path) -> None:
    texts = ["食べる", "a", "b"]
    result = run_example(encoder, texts, "my own")
    path = result.save(tmp_path / "new" / "results")
    assert re.fullmatch(r"test_\d{8}_\d{6}\.json", path.name)
    assert "食べる" in path.read_text(encoding="utf-8")
    again = load_result(path)
    np.testing.assert_array_equal(again.matrix, result.matrix)
    assert again.to_dict() == result.to_dict()
    assert (again.model, again.fingerprint) == (encoder.name, encoder.fingerprint)
    assert set(json.loads(path.read_text())) == {
        "name", "timestamp", "model", "fingerprint", "compute", "seconds", "texts", "matrix",
    }  # fmt: skip


def test_results_of_the_same_second_are_not_overwritten(
    encoder: likewise.Encoder, tmp_path: Path
) -> None:
    result = run_example(encoder, ["a", "b"], "x")
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: result.save(tmp_path), range(24)))
    assert len(set(paths)) == 24
    found = list_results(tmp_path)
    assert len(found.results) == 24
    assert not found.damaged


def test_results_are_listed_newest_first_with_damaged_files(
    encoder: likewise.Encoder, tmp_path: Path
) -> None:
    paths = [run_example(encoder, ["a", "b"], str(i)).save(tmp_path) for i in range(3)]
    whole = json.loads(paths[0].read_text())
    damage = {
        "test_1.json": "{",
        "test_2.json": "[]",
        "test_3.json": json.dumps(whole | {"matrix": [[1.0]]}),
        "test_4.json": json.dumps({k: v for k, v in whole.items() if k != "model"}),
        "test_5.json": json.dumps(whole | {"timestamp": "yesterday"}),
        "test_6.json": json.dumps(whole | {"timestamp": 5}),
    }
    for name, text in damage.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(RecordError, match="not a result of an example test"):
            load_result(tmp_path / name)
    found = list_results(tmp_path)
    assert [saved.result.name for saved in found.results] == ["2", "1", "0"]
    assert found.damaged == tuple(damage)
    assert list_results(tmp_path / "gone").results == ()


def test_bad_input_is_refused(encoder: likewise.Encoder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no example named 'gone'") as caught:
        run_example(encoder, None, "gone")
    assert "everyday" in caught.value.hint
    with pytest.raises(InputError, match="has 1"):
        run_example(encoder, ["only one"], "mine")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write to"):
        run_example(encoder, ["a", "b"], "x").save(tmp_path / "file")
    with pytest.raises(RecordError, match="no such file"):
        load_result(tmp_path / "gone.json")
