"""A list of texts is encoded on an executor, with the bytes of a run without one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from likewise import Encoder
from likewise.analysis import embed_list as module
from likewise.analysis.embed_list import embed_list
from likewise.analysis.embedded_corpus import embed_records, embedded_corpora_folder
from likewise.data import Record
from likewise.errors import TooLongError
from tests.analysis.interrupted import WORDS
from tests.analysis.shuffled import ShuffledExecutor


@pytest.fixture(autouse=True)
def _small_tasks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "TASK_TEXTS", (50, 100))
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))


TEXTS = [f"{one} {two} {number}" for one in WORDS for two in WORDS for number in range(6)]


def test_a_stopped_job_is_resumed(tiny: Encoder, out: Path) -> None:
    target = out / "v.npy"
    with pytest.raises(KeyboardInterrupt):
        embed_list(ShuffledExecutor(4), tiny, TEXTS, target, identity="texts")
    found = embed_list(ShuffledExecutor(), tiny, TEXTS, target, identity="texts")
    assert (found.texts, found.resumed) == (len(TEXTS), 4 * 50)
    np.testing.assert_array_equal(np.load(target), tiny.encode(TEXTS))
    assert [path.name for path in out.iterdir()] == ["v.npy"]


def test_a_corpus_has_the_same_vectors(tiny: Encoder) -> None:
    records = [Record(text) for text in [*TEXTS, *TEXTS[:10]]]
    found = embed_records(tiny, records, executor=ShuffledExecutor())
    assert isinstance(found.executor, ShuffledExecutor)
    assert (found.encoded, found.cut) == (len(TEXTS), 0)
    vectors = np.array(found.vectors)
    names = {path.name for path in found.folder.iterdir() if not path.name.startswith("use-")}
    assert names - {"lock"} == {"vectors.npy"}
    for path in embedded_corpora_folder().rglob("vectors.npy"):
        path.unlink()
    np.testing.assert_array_equal(embed_records(tiny, records).vectors, vectors)


def test_a_text_that_cannot_be_encoded(tiny: Encoder, out: Path) -> None:
    with pytest.raises(TooLongError, match=r"the text 'fox .*': text \d+ has 299 tokens"):
        embed_list(
            ShuffledExecutor(), tiny, [*TEXTS, "fox " * 99], out / "v.npy",
            identity="texts", truncation="error",
        )  # fmt: skip
    assert not list(out.iterdir())
