"""What a similarity means: the questions it is measured on are encoded with progress."""

from __future__ import annotations

from pathlib import Path

import pytest

import likewise
from likewise.collections.off_topic import off_topic_questions
from likewise.operations.registry import ModelRegistry
from likewise.operations.session import CancelledError
from likewise.web.job_runner import Job
from likewise.web.score_meaning import meaning_of


def test_the_first_time_shows_progress_and_can_be_cancelled(
    tmp_path: Path, encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path))
    job = Job()
    session = job.session(ModelRegistry(), lambda _: None)
    job.stop.set()
    with pytest.raises(CancelledError):
        meaning_of(session, encoder, ["How are you?"])
    job.stop.clear()
    assert meaning_of(session, encoder, ["How are you?"]) is not None
    assert job.done == job.total == len(off_topic_questions("en"))
    job.done = 0
    assert meaning_of(session, encoder, ["How are you?"]) is not None
    assert job.done == 0, "they are cached"
