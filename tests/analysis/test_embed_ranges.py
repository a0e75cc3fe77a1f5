"""A file is encoded range by range, with the bytes of a run without ranges."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from likewise import Encoder
from likewise.analysis import embed_ranges as module
from likewise.analysis.embed_file import embed_file, saved_texts
from likewise.analysis.embed_ranges import embed_ranges, saved_ranges
from likewise.analysis.manifest import Fragment, Manifest, fragments_folder
from likewise.analysis.vector_parts import EmbeddingJob
from likewise.data import Skipped
from likewise.errors import InputError, OutputError, RecordError, TooLongError
from likewise.executor import Executor, Finished, LocalExecutor, Work
from tests.analysis.interrupted import stop_after, write_lines
from tests.analysis.shuffled import ShuffledExecutor

COUNT = 6000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "lines.txt", COUNT)


@pytest.fixture(autouse=True)
def _small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMALLEST_RANGE", 20_000)


@pytest.mark.parametrize("kind", ["npy", "jsonl", "parquet"])
@pytest.mark.parametrize("executor", [LocalExecutor(), ShuffledExecutor()], ids=["local", "any"])
def test_the_file_is_that_of_one_run(
    kind: str, executor: Executor, tiny: Encoder, source: Path, out: Path
) -> None:
    expected = embed_file(tiny, source, out / f"a.{kind}")
    found = embed_ranges(executor, tiny, source, out / f"b.{kind}")
    assert (out / f"b.{kind}").read_bytes() == (out / f"a.{kind}").read_bytes()
    same = ("texts", "dimension", "cut", "tokens", "resumed")
    assert [getattr(found, name) for name in same] == [getattr(expected, name) for name in same]
    assert found.path == out / f"b.{kind}"
    assert sorted(path.name for path in out.iterdir()) == [f"a.{kind}", f"b.{kind}"]


def test_a_stopped_job_is_resumed(tiny: Encoder, source: Path, out: Path) -> None:
    target = out / "v.npy"
    with pytest.raises(KeyboardInterrupt):
        embed_ranges(ShuffledExecutor(5), tiny, source, target)
    saved = saved_ranges(target)
    folder = fragments_folder(target)
    assert not target.exists()
    assert 0 < saved < COUNT
    (folder / "00000000-abc.npy").write_bytes(b"of a run that was never committed")
    with open(folder / "manifest.jsonl", "ab") as file:
        file.write(b'{"number": 1, "fi')  # cut off by a crash
    found = embed_ranges(ShuffledExecutor(), tiny, source, target)
    assert found.resumed == saved
    embed_file(tiny, source, out / "expected.npy")
    assert target.read_bytes() == (out / "expected.npy").read_bytes()
    assert sorted(path.name for path in out.iterdir()) == ["expected.npy", "v.npy"]


def test_a_run_without_an_executor_leaves_nothing_of_a_stopped_one(
    tiny: Encoder, source: Path, out: Path
) -> None:
    target = out / "v.npy"
    with pytest.raises(KeyboardInterrupt):
        embed_ranges(ShuffledExecutor(5), tiny, source, target)
    embed_file(tiny, source, target)
    assert [path.name for path in out.iterdir()] == ["v.npy"]
    target.unlink()
    stop_after(tiny, source, target, COUNT // 2)
    assert saved_texts(target)
    embed_ranges(ShuffledExecutor(), tiny, source, target)
    assert [path.name for path in out.iterdir()] == ["v.npy"]


def test_fragments_that_are_gone_are_made_again(tiny: Encoder, source: Path, out: Path) -> None:
    target = out / "v.npy"
    with pytest.raises(KeyboardInterrupt):
        embed_ranges(ShuffledExecutor(5), tiny, source, target)
    gone, short, *_ = sorted(fragments_folder(target).glob("*.npy"))
    gone.unlink()
    short.write_bytes(short.read_bytes()[:1000])
    embed_ranges(LocalExecutor(), tiny, source, target)
    embed_file(tiny, source, out / "expected.npy")
    assert target.read_bytes() == (out / "expected.npy").read_bytes()


def test_a_different_job_starts_again(tiny: Encoder, source: Path, out: Path) -> None:
    target = out / "v.npy"
    with pytest.raises(KeyboardInterrupt):
        embed_ranges(ShuffledExecutor(5), tiny, source, target)
    found = embed_ranges(LocalExecutor(), tiny, source, target, truncation="chunk")
    assert (found.resumed, found.changed) == (0, ("truncation",))


def test_rows_that_cannot_be_read(tiny: Encoder, out: Path, tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    good = json.dumps({"text": "a quick fox"}) + "\n"
    source.write_text((good * 500 + "{bad\n") * 3)
    with pytest.raises(RecordError, match=r"rows\.jsonl, line 501: not valid JSON"):
        embed_ranges(ShuffledExecutor(), tiny, source, out / "v.npy")
    assert not list(out.iterdir())
    bad: list[Skipped] = []
    found = embed_ranges(ShuffledExecutor(), tiny, source, out / "v.npy", on_error=bad.append)
    assert found.texts == 1500
    assert [row.line for row in bad] == [501, 1002, 1503]


def test_bad_input_leaves_no_files(tiny: Encoder, source: Path, out: Path, tmp_path: Path) -> None:
    executor = LocalExecutor()
    with pytest.raises(RecordError, match="no such file"):
        embed_ranges(executor, tiny, tmp_path / "gone.txt", out / "v.npy")
    with pytest.raises(InputError, match="unknown truncation 'chop'"):
        embed_ranges(executor, tiny, source, out / "v.npy", truncation="chop")  # type: ignore[arg-type]
    empty, long = tmp_path / "empty.txt", tmp_path / "long.txt"
    empty.write_text("\n\n")
    with pytest.raises(InputError, match="holds no text"):
        embed_ranges(executor, tiny, empty, out / "v.npy")
    long.write_text("a quick fox\n" * 3000 + "fox " * 99)
    with pytest.raises(TooLongError, match=r"long\.txt, from line \d+: text \d+ has 299 tokens"):
        embed_ranges(executor, tiny, long, out / "v.npy", truncation="error")
    assert not list(out.iterdir())


def test_a_file_that_changes_is_refused(tiny: Encoder, source: Path, out: Path) -> None:
    class Changing(ShuffledExecutor):
        def run(self, work: Work[Any, Any, Any], tasks: Iterable[Any]) -> Iterator[Finished[Any]]:
            for finished in super().run(work, tasks):
                yield finished
                if isinstance(finished.result, Fragment):
                    source.write_text("another text\n" * 2)

    with pytest.raises(RecordError, match="changed while it was read"):
        embed_ranges(Changing(), tiny, source, out / "v.npy")
    assert not list(out.iterdir())


def test_a_worker_that_does_not_see_the_folder(tiny: Encoder, source: Path, out: Path) -> None:
    class Elsewhere(LocalExecutor):
        def run(self, work: Work[Any, Any, Any], tasks: Iterable[Any]) -> Iterator[Finished[Any]]:
            if fragments_folder(out / "v.npy").exists() and isinstance(
                next(iter(tasks)), module.RangeTask
            ):
                fragments_folder(out / "v.npy").rename(out / "elsewhere")
            return super().run(work, tasks)

    with pytest.raises(OutputError, match="does not see the folder") as found:
        embed_ranges(Elsewhere(), tiny, source, out / "v.npy")
    assert "disk that all nodes" in found.value.hint


def test_a_range_is_committed_once(tmp_path: Path) -> None:
    job = EmbeddingJob("hash", None, "model", "", "cut")
    manifest = Manifest(tmp_path / "folder", job, 1000)
    for name in ("first", "second"):
        (tmp_path / "folder" / name).write_bytes(b"vectors")
    first, second = (Fragment(7, name, 10, 0, 50, 7) for name in ("first", "second"))
    assert manifest.commit(first)
    assert not manifest.commit(second)
    again = Manifest(tmp_path / "folder", job, 5)
    assert again.fragments == {7: first}
    assert again.range_size == 1000
    assert [path.name for path in islice((tmp_path / "folder").glob("second"), 1)] == []
