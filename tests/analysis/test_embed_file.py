"""A file of texts is encoded into a file of vectors."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from likewise import Encoder
from likewise.analysis.embed_file import count_texts, embed_file
from likewise.data import read_texts
from likewise.data.writers import VECTOR_FORMATS
from likewise.errors import InputError, RecordError, TooLongError
from likewise.tokenization.token_stream import BATCH_TEXTS
from tests.analysis.interrupted import (
    COUNT,
    StopAfter,
    write_lines,
)


@pytest.mark.parametrize("kind", VECTOR_FORMATS)
def test_a_file_is_encoded(kind: str, tiny: Encoder, source: Path, out: Path) -> None:
    result = embed_file(tiny, source, out / f"v.{kind}")
    assert (result.texts, result.dimension, result.resumed) == (COUNT, 32, 0)
    assert (result.changed, result.cut) == ((), 0)
    texts = read_texts(source)
    assert result.tokens == sum(count.kept for count in tiny.count_tokens(texts))
    assert count_texts(source) == COUNT
    if kind == "npy":
        np.testing.assert_array_equal(np.load(out / "v.npy"), tiny.encode(texts))
    else:
        assert read_texts(out / f"v.{kind}", column="text") == texts
    assert [path.name for path in out.iterdir()] == [f"v.{kind}"]


def test_columns_and_chunks(tiny: Encoder, tmp_path: Path, out: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("id,body,other\n" + "".join(f"{i},{'fox ' * 90},b\n" for i in range(3)))
    cut = embed_file(tiny, source, out / "cut.npy", column="body")
    assert cut.cut == 3
    chunked = embed_file(tiny, source, out / "chunk.npy", column="body", truncation="chunk")
    assert chunked.cut == 0
    expected = tiny.encode(["fox " * 90] * 3, truncation="chunk")
    np.testing.assert_array_equal(np.load(out / "chunk.npy"), expected)


def test_bad_input_leaves_no_files(tiny: Encoder, source: Path, out: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown truncation 'chop'"):
        embed_file(tiny, source, out / "v.npy", truncation="chop")  # type: ignore[arg-type]
    with pytest.raises(RecordError, match="no such file"):
        embed_file(tiny, tmp_path / "gone.txt", out / "v.npy")
    long = tmp_path / "long.txt"
    long.write_text("a\n" * (BATCH_TEXTS + 3) + "fox " * 99)
    with pytest.raises(TooLongError, match=f"text {BATCH_TEXTS + 3} has"):
        embed_file(tiny, long, out / "v.npy", truncation="error")
    with pytest.raises(InputError, match=r"long\.txt has no columns"):
        embed_file(tiny, long, out / "v.npy", column="body")
    assert not list(out.iterdir())


def test_a_file_that_changes_during_the_run_is_refused(
    tiny: Encoder, source: Path, out: Path
) -> None:
    class ChangesFile(StopAfter):
        def message(self, text: str) -> None:  # noqa: ARG002
            with source.open("a") as file:
                file.write("one more\n")

    with pytest.raises(RecordError, match="changed while it was read"):
        embed_file(tiny, source, out / "v.npy", progress=ChangesFile(10**9))
    assert not list(out.iterdir())


def test_a_second_process_is_refused(tiny: Encoder, source: Path, out: Path) -> None:
    """The first process finishes normally."""
    target = out / "v.npy"
    started, finish = threading.Event(), threading.Event()

    class Waiting(StopAfter):
        def message(self, text: str) -> None:  # noqa: ARG002
            started.set()
            finish.wait(30)

    def first() -> None:
        embed_file(tiny, source, target, progress=Waiting(10**9))

    thread = threading.Thread(target=first)
    thread.start()
    assert started.wait(60)
    code = (
        "import sys, likewise; from likewise.analysis.embed_file import embed_file\n"
        "embed_file(likewise.load(sys.argv[1], compute='float32'), *sys.argv[2:])"
    )
    arguments = [sys.executable, "-c", code, str(tiny.location.folder), str(source), str(target)]
    second = subprocess.run(arguments, check=False, capture_output=True, encoding="utf-8")
    finish.set()
    thread.join()
    assert f"OutputError: another process is writing {target} (hint: wait for it" in second.stderr
    np.testing.assert_array_equal(np.load(target), tiny.encode(read_texts(source)))
    assert [path.name for path in out.iterdir()] == ["v.npy"]


def peak_memory(folder: Path, source: Path, target: Path) -> float:
    code = (
        "import sys, likewise; from likewise.analysis.embed_file import embed_file\n"
        "embed_file(likewise.load(sys.argv[1], compute='float32'), *sys.argv[2:])\n"
        "print(next(x.split()[1] for x in open('/proc/self/status') if x.startswith('VmHWM')))"
    )
    arguments = [sys.executable, "-c", code, str(folder), str(source), str(target)]
    ended = subprocess.run(arguments, check=True, capture_output=True, encoding="utf-8")
    return int(ended.stdout.split()[-1]) / 1024


@pytest.fixture
def few_and_many(tmp_path: Path) -> list[Path]:
    return [write_lines(tmp_path / f"{n}.txt", n) for n in (20_000, 200_000)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak memory is read from /proc")
@pytest.mark.parametrize("kind", ["npy", "parquet"])
def test_memory_does_not_grow_with_the_file(
    kind: str, folder: Path, few_and_many: list[Path], out: Path
) -> None:
    few, many = (peak_memory(folder, source, out / f"v.{kind}") for source in few_and_many)
    print(f"{kind}: {few:.0f} MiB of 20,000 texts, {many:.0f} MiB of 200,000")
    assert many - few <= 50
