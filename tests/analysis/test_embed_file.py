"""A file of vectors is the same to the byte, whatever stopped the work on its way."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise import Encoder
from likewise.analysis.embed_file import count_texts, embed_file, saved_texts
from likewise.data import read_texts
from likewise.data.writers import VECTOR_FORMATS
from likewise.errors import InputError, RecordError, TooLongError
from likewise.progress import Progress
from likewise.tokenization.token_stream import BATCH_TEXTS

COUNT = 5 * BATCH_TEXTS + 321
WORDS = ("a", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs", "in", "that", "old", "town")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signals")


def write_lines(path: Path, count: int, seed: int = 0) -> Path:
    chance = random.Random(seed)
    lines = (" ".join(chance.choices(WORDS, k=chance.randint(1, 10))) for _ in range(count))
    path.write_text("".join(line + "\n" for line in lines))
    return path


@pytest.fixture
def folder(tiny_checkpoint: Callable[..., Path]) -> Path:
    return tiny_checkpoint()


@pytest.fixture
def tiny(folder: Path) -> Encoder:
    return likewise.load(folder, compute="float32")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "lines.txt", COUNT)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    out.mkdir()
    return out


class StoppedError(Exception):
    """Stands for whatever ends the work."""


class StopAfter(Progress):
    """Progress that ends the work after so many texts."""

    def __init__(self, texts: int) -> None:
        self.left = texts

    def __call__(self, done: int) -> None:
        self.left -= done
        if self.left <= 0:
            raise StoppedError


def stop_after(tiny: Encoder, source: Path, target: Path, texts: int) -> None:
    with pytest.raises(StoppedError):
        embed_file(tiny, source, target, progress=StopAfter(texts))
    assert not target.exists()


def parts(out: Path) -> list[str]:
    try:
        return sorted(path.name for path in out.rglob("*.npy") if path.parent != out)
    except FileNotFoundError:  # the run has finished, and removed its folder
        return []


def command(folder: Path, source: Path, target: Path) -> list[str]:
    return [
        sys.executable, "-m", "likewise", "encode", str(source), "-o", str(target),
        "-m", str(folder), "--compute", "float32",
    ]  # fmt: skip


# whole runs


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


def test_chunks_and_columns(tiny: Encoder, tmp_path: Path, out: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("id,body,other\n" + "".join(f"{i},{'fox ' * 90},b\n" for i in range(3)))
    cut = embed_file(tiny, source, out / "cut.npy", column="body")
    assert cut.cut == 3
    chunked = embed_file(tiny, source, out / "chunk.npy", column="body", truncation="chunk")
    assert chunked.cut == 0
    expected = tiny.encode(["fox " * 90] * 3, truncation="chunk")
    np.testing.assert_array_equal(np.load(out / "chunk.npy"), expected)


# stopped, and gone on with


@posix
@pytest.mark.parametrize("kind", VECTOR_FORMATS)
def test_kill_9_anywhere_loses_nothing(  # noqa: PLR0917
    kind: str, tiny: Encoder, folder: Path, source: Path, out: Path, tmp_path: Path
) -> None:
    expected = tmp_path / f"expected.{kind}"
    whole = embed_file(tiny, source, expected)
    target = out / f"v.{kind}"
    chance = random.Random(kind)
    kills = 0
    while kills < 5 and not target.exists():
        process = subprocess.Popen(command(folder, source, target), stderr=subprocess.DEVNULL)
        wanted = len(parts(out)) + 1  # so that every run gets further
        deadline = time.monotonic() + 60
        while len(parts(out)) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(chance.random() * 0.1)
        process.kill()
        if process.wait() == -signal.SIGKILL:
            kills += 1
    assert kills >= 3
    if not target.exists():
        result = embed_file(tiny, source, target)
        assert 0 < result.resumed <= COUNT
        assert result.texts == whole.texts == COUNT
    subprocess.run([*command(folder, source, target), "--quiet"], check=True)
    assert target.read_bytes() == expected.read_bytes()
    assert [path.name for path in out.iterdir()] == [target.name]


@posix
def test_a_few_long_texts_are_saved_by_time(
    encoder: Encoder, model_folder: Path, out: Path, tmp_path: Path
) -> None:
    """Far fewer than a window, on a model that takes its time; stopped twice on its way."""
    source = tmp_path / "long.txt"
    chance = random.Random(1)
    source.write_text("".join(" ".join(chance.choices(WORDS, k=240)) + "\n" for _ in range(100)))
    target = out / "v.npy"
    code = (
        "from likewise.cli.main import main\n"
        "from likewise.analysis import embed_file, vector_parts\n"
        "embed_file.SAVE_SECONDS = vector_parts.SAVE_SECONDS = 0.02; main()"
    )
    line = command(model_folder, source, target)
    before = 0
    for end in (signal.SIGKILL, signal.SIGINT):
        process = subprocess.Popen(
            [sys.executable, "-c", code, *line[3:]], stderr=subprocess.PIPE, encoding="utf-8"
        )
        deadline, finished = time.monotonic() + 60, len(parts(out))
        while len(parts(out)) <= finished and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.send_signal(end)
        _, told = process.communicate(timeout=60)
        assert process.returncode in {-signal.SIGKILL, 130}
        assert not target.exists()
        saved = saved_texts(target)
        assert before < saved < 100
        before = saved
    stopped = f"note: stopped; {before} texts saved, and the same command resumes there\n"
    assert told.startswith(stopped)
    again = subprocess.run(line, check=True, capture_output=True, encoding="utf-8")
    assert f"{before} of them were done by an earlier run" in again.stderr
    np.testing.assert_array_equal(np.load(target), encoder.encode(read_texts(source)))


@posix
def test_stopped_before_anything_is_saved_says_so(
    model_folder: Path, out: Path, tmp_path: Path
) -> None:
    source = tmp_path / "lines.txt"
    source.write_text("a fox " * 200 + "\n")
    code = (
        "import sys\n"
        "from likewise.cli.main import main\n"
        "def stop(*_, **__): raise KeyboardInterrupt\n"
        "sys.modules['likewise.operations.encode'].embed_file = stop\n"
        "main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "encode", str(source), "-o", str(out / "v.npy")],
        check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert ended.returncode == 130
    assert ended.stderr == "note: stopped before anything was saved\ninterrupted\n"


@pytest.mark.parametrize("kind", ["npy", "parquet"])
def test_parts_of_any_size_make_the_same_file(
    kind: str, tiny: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_lines(tmp_path / "lines.txt", BATCH_TEXTS + 500)
    embed_file(tiny, source, tmp_path / f"whole.{kind}")
    monkeypatch.setattr("likewise.analysis.embed_file.SAVE_SECONDS", 0.02)
    monkeypatch.setattr("likewise.analysis.vector_parts.SAVE_SECONDS", 0.02)
    target = tmp_path / f"v.{kind}"
    stop_after(tiny, source, target, BATCH_TEXTS // 2)
    assert 0 < saved_texts(target) < BATCH_TEXTS
    assert embed_file(tiny, source, target).resumed > 0
    assert target.read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()


@posix
def test_ctrl_c_says_so_and_goes_on(
    tiny: Encoder, folder: Path, source: Path, out: Path, tmp_path: Path
) -> None:
    target = out / "v.npy"
    process = subprocess.Popen(
        command(folder, source, target), stderr=subprocess.PIPE, encoding="utf-8"
    )
    while not parts(out) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.fullmatch(
        r"note: stopped; [\d,]+ texts saved, and the same command resumes there\ninterrupted\n",
        told,
    )
    again = subprocess.run(
        command(folder, source, target), check=True, capture_output=True, encoding="utf-8"
    )
    assert "were done by an earlier run" in again.stderr
    embed_file(tiny, source, tmp_path / "expected.npy")
    assert target.read_bytes() == (tmp_path / "expected.npy").read_bytes()
    assert [path.name for path in out.iterdir()] == [target.name]


def test_what_is_done_is_not_done_again(tiny: Encoder, source: Path, out: Path) -> None:
    target = out / "v.npy"
    stop_after(tiny, source, target, 2 * BATCH_TEXTS + 9)
    saved = saved_texts(target)
    assert BATCH_TEXTS < saved <= 2 * BATCH_TEXTS + 9
    told: list[int] = []

    class Told(StopAfter):
        def __call__(self, done: int) -> None:
            told.append(done)

    result = embed_file(tiny, source, target, progress=Told(0))
    assert result.resumed == told[0] == saved
    assert sum(told) == result.texts == COUNT
    assert result.changed == ()


def test_another_job_begins_anew_and_says_why(
    tiny: Encoder, source: Path, out: Path, tiny_checkpoint: Callable[..., Path]
) -> None:
    target = out / "v.npy"

    def changed(encoder: Encoder = tiny, **options: str) -> tuple[str, ...]:
        result = embed_file(encoder, source, target, **options)  # type: ignore[arg-type]
        assert result.resumed == 0
        expected = encoder.encode(read_texts(source))
        np.testing.assert_array_equal(np.load(target), expected)
        target.unlink()
        return result.changed

    stop_after(tiny, source, target, BATCH_TEXTS + 9)
    other = likewise.load(tiny_checkpoint(name="other", seed=5), compute="float32")
    assert changed(other) == ("model",)
    stop_after(tiny, source, target, BATCH_TEXTS + 9)
    assert changed(truncation="chunk") == ("truncation",)
    stop_after(tiny, source, target, BATCH_TEXTS + 9)
    write_lines(source, BATCH_TEXTS + 7, seed=3)
    assert changed() == ("texts",)
    assert changed() == ()
    assert not list(out.iterdir())


def test_the_same_texts_in_a_newer_file_go_on(tiny: Encoder, source: Path, out: Path) -> None:
    stop_after(tiny, source, out / "v.npy", BATCH_TEXTS + 9)
    os.utime(source, (1, 1))
    saved = saved_texts(out / "v.npy")
    assert embed_file(tiny, source, out / "v.npy").resumed == saved > 0


def test_parts_with_a_gap_are_not_taken_for_whole(tiny: Encoder, source: Path, out: Path) -> None:
    target = out / "v.npy"
    stop_after(tiny, source, target, 3 * BATCH_TEXTS + 9)
    folder = out / ".v.npy.parts"
    (folder / "00000001.npy").unlink()
    first = len(np.load(folder / "00000000.npy"))
    assert embed_file(tiny, source, target).resumed == first
    np.testing.assert_array_equal(np.load(target), tiny.encode(read_texts(source)))


# what cannot be


def test_what_can_never_be_done_leaves_nothing(
    tiny: Encoder, source: Path, out: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="unknown truncation 'chop'"):
        embed_file(tiny, source, out / "v.npy", truncation="chop")  # type: ignore[arg-type]
    with pytest.raises(RecordError, match="no file"):
        embed_file(tiny, tmp_path / "gone.txt", out / "v.npy")
    long = tmp_path / "long.txt"
    long.write_text("a\n" * (BATCH_TEXTS + 3) + "fox " * 99)
    with pytest.raises(TooLongError, match=f"text {BATCH_TEXTS + 3} has"):
        embed_file(tiny, long, out / "v.npy", truncation="error")
    with pytest.raises(InputError, match=r"long\.txt has no columns"):
        embed_file(tiny, long, out / "v.npy", column="body")
    assert not list(out.iterdir())


def test_a_file_that_changes_meanwhile_is_refused(tiny: Encoder, source: Path, out: Path) -> None:
    class Changes(StopAfter):
        def message(self, text: str) -> None:  # noqa: ARG002
            with source.open("a") as file:
                file.write("one more\n")

    with pytest.raises(RecordError, match="changed while it was read"):
        embed_file(tiny, source, out / "v.npy", progress=Changes(10**9))
    assert not list(out.iterdir())


def test_two_at_once(tiny: Encoder, source: Path, out: Path) -> None:
    """The second is refused by name, and the first is not disturbed."""
    target = out / "v.npy"
    inside, go_on = threading.Event(), threading.Event()

    class Waits(StopAfter):
        def message(self, text: str) -> None:  # noqa: ARG002
            inside.set()
            go_on.wait(30)

    def first() -> None:
        embed_file(tiny, source, target, progress=Waits(10**9))

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(60)
    code = (
        "import sys, likewise; from likewise.analysis.embed_file import embed_file\n"
        "embed_file(likewise.load(sys.argv[1], compute='float32'), *sys.argv[2:])"
    )
    arguments = [sys.executable, "-c", code, str(tiny.location.folder), str(source), str(target)]
    second = subprocess.run(arguments, check=False, capture_output=True, encoding="utf-8")
    go_on.set()
    thread.join()
    assert f"OutputError: another process is writing {target} (hint: wait for it" in second.stderr
    np.testing.assert_array_equal(np.load(target), tiny.encode(read_texts(source)))
    assert [path.name for path in out.iterdir()] == ["v.npy"]


@posix
def test_where_the_disk_ends_what_is_done_is_kept(
    tiny: Encoder, folder: Path, source: Path, out: Path
) -> None:
    import resource

    target = out / "v.jsonl"  # its parts are smaller than the whole
    size = BATCH_TEXTS * tiny.dimension * 4 + 4096

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    ended = subprocess.run(
        command(folder, source, target),
        check=False, capture_output=True, encoding="utf-8", preexec_fn=limit,
    )  # fmt: skip
    assert ended.returncode == 1
    assert f"error: cannot write {target}: File too large" in ended.stderr
    assert not target.exists()
    assert saved_texts(target) == COUNT
    assert embed_file(tiny, source, target).resumed == COUNT
    assert [path.name for path in out.iterdir()] == ["v.jsonl"]


# memory


def peak(folder: Path, source: Path, target: Path) -> float:
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
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak so")
@pytest.mark.parametrize("kind", ["npy", "parquet"])
def test_memory_is_flat(kind: str, folder: Path, few_and_many: list[Path], out: Path) -> None:
    few, many = (peak(folder, source, out / f"v.{kind}") for source in few_and_many)
    print(f"{kind}: {few:.0f} MiB of 20,000 texts, {many:.0f} MiB of 200,000")
    assert many - few <= 50
