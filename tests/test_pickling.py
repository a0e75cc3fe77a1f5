"""Models are pickled by name and settings, and copied without their weights."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.errors import FingerprintError, InputError

TEXTS = ["the quick brown fox", "", "今天 天气 很 好", "fox " * 90]


@pytest.fixture
def tiny(tiny_checkpoint: Callable[..., Path]) -> likewise.Encoder:
    """With its own settings."""
    model = likewise.load(
        tiny_checkpoint(), compute="float32", truncate_dim=20, max_seq_length=40,
        prompts={"query": "find: "},
    )  # fmt: skip
    model.default_prompt_name = "query"
    return model


def assert_alike(restored: likewise.Encoder, model: likewise.Encoder) -> None:
    np.testing.assert_array_equal(restored.encode(TEXTS), model.encode(TEXTS))
    assert restored.fingerprint == model.fingerprint
    assert repr(restored) == repr(model)
    assert dict(restored.prompts) == dict(model.prompts)
    assert restored.default_prompt_name == model.default_prompt_name
    assert restored.truncate_dim == model.truncate_dim


def test_pickled_by_name_and_settings(tiny: likewise.Encoder) -> None:
    content = pickle.dumps(tiny)
    assert len(content) < 1000
    assert_alike(pickle.loads(content), tiny)


def test_the_bundled_model(encoder: likewise.Encoder) -> None:
    model = likewise.load("all-MiniLM-L6-v2", compute="float32")
    assert_alike(pickle.loads(pickle.dumps(model)), model)


def test_in_a_pool_of_new_processes(tiny: likewise.Encoder) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (found,) = pool.map(tiny.encode, [TEXTS])
    np.testing.assert_array_equal(found, tiny.encode(TEXTS))


def test_joblib(tiny: likewise.Encoder, tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(tiny.encode)([text]) for text in TEXTS[:2])
    np.testing.assert_array_equal(np.concatenate(found), tiny.encode(TEXTS[:2]))
    joblib.dump(tiny, tmp_path / "model.joblib")
    assert_alike(joblib.load(tmp_path / "model.joblib"), tiny)


def test_another_working_folder(tiny: likewise.Encoder, tmp_path: Path) -> None:
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(tiny))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).encode('a').sum())"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model.pickle")],
        cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(float(tiny.encode("a").sum()), abs=1e-6)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_share_weights_and_nothing_else(
    tiny: likewise.Encoder, copied: Callable[[Any], Any]
) -> None:
    other = copied(tiny)
    assert other is not tiny
    assert other._runtime is tiny._runtime
    assert_alike(other, tiny)
    other.default_prompt_name = None
    assert tiny.default_prompt_name == "query"


def test_cross_validation_of_a_pipeline(tiny: likewise.Encoder) -> None:
    sklearn = pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    texts = [f"{kind} {number}" for number in range(8) for kind in ("quick fox", "今天 天气")]
    labels = [0, 1] * 8
    pipeline = make_pipeline(FunctionTransformer(tiny.encode), LogisticRegression())
    cloned = sklearn.clone(pipeline).fit(texts, labels)
    assert cloned.predict(texts).tolist() == labels
    assert cross_val_score(pipeline, texts, labels, cv=2).mean() == 1.0
    assert cross_val_score(pipeline, texts, labels, cv=2, n_jobs=2).mean() == 1.0
    again = pickle.loads(pickle.dumps(cloned))
    assert again.predict(texts).tolist() == labels


def test_other_weights_at_the_same_place_are_not_taken(
    tiny: likewise.Encoder, tiny_checkpoint: Callable[..., Path]
) -> None:
    content = pickle.dumps(tiny)
    other = tiny_checkpoint(name="other", seed=1)
    shutil.copy(other / "model.safetensors", tiny.location.folder / "model.safetensors")
    with pytest.raises(FingerprintError, match="files have changed") as caught:
        pickle.loads(content)
    assert caught.value.hint


def test_one_that_was_not_loaded_says_so(tiny: likewise.Encoder) -> None:
    built = likewise.Encoder(tiny.location, tiny.config, tiny._tokenizer, tiny._runtime)
    with pytest.raises(InputError, match="not loaded by name"):
        pickle.dumps(built)
    assert_alike(copy.deepcopy(built), built)
