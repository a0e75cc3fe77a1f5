"""Interrupted runs are resumed, and write the same file to the byte."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise import Encoder
from likewise.analysis.embed_file import embed_file, saved_texts
from likewise.data import read_texts
from likewise.data.writers import VECTOR_FORMATS
from likewise.tokenization.token_stream import BATCH_TEXTS
from tests.analysis.interrupted import (
    COUNT,
    WORDS,
    StopAfter,
    command,
    parts,
    posix,
    stop_after,
    write_lines,
)


@posix
@pytest.mark.parametrize("kind", VECTOR_FORMATS)
def test_a_killed_run_is_resumed(  # noqa: PLR0917
    kind: str, tiny: Encoder, folder: Path, source: Path, out: Path, tmp_path: Path
) -> None:
    expected = tmp_path / f"expected.{kind}"
    complete = embed_file(tiny, source, expected)
    target = out / f"v.{kind}"
    rng = random.Random(kind)
    kills = 0
    while kills < 5 and not target.exists():
        process = subprocess.Popen(command(folder, source, target), stderr=subprocess.DEVNULL)
        required = len(parts(out)) + 1  # every run saves at least one part
        deadline = time.monotonic() + 60
        while len(parts(out)) < required and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(rng.random() * 0.1)
        process.kill()
        if process.wait() == -signal.SIGKILL:
            kills += 1
    assert kills >= 3
    if not target.exists():
        result = embed_file(tiny, source, target)
        assert 0 < result.resumed <= COUNT
        assert result.texts == complete.texts == COUNT
    subprocess.run([*command(folder, source, target), "--quiet"], check=True)
    assert target.read_bytes() == expected.read_bytes()
    assert [path.name for path in out.iterdir()] == [target.name]


@posix
def test_few_texts_on_a_slow_model_are_saved_by_time(
    encoder: Encoder, model_folder: Path, out: Path, tmp_path: Path
) -> None:
    """Fewer texts than a window; the run is interrupted twice."""
    source = tmp_path / "long.txt"
    rng = random.Random(1)
    source.write_text("".join(" ".join(rng.choices(WORDS, k=240)) + "\n" for _ in range(100)))
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
        _, stderr = process.communicate(timeout=60)
        assert process.returncode in {-signal.SIGKILL, 130}
        assert not target.exists()
        saved = saved_texts(target)
        assert before < saved < 100
        before = saved
    message = f"note: stopped; {before} texts saved, and the same command resumes there\n"
    assert stderr.startswith(message)
    again = subprocess.run(line, check=True, capture_output=True, encoding="utf-8")
    assert f"{before} of them were done by an earlier run" in again.stderr
    np.testing.assert_array_equal(np.load(target), encoder.encode(read_texts(source)))


@posix
def test_an_interruption_before_the_first_part_is_reported(
    model_folder: Path, out: Path, tmp_path: Path
) -> None:
    source = tmp_path / "lines.txt"
    source.write_text("a fox " * 200 + "\n")
    code = (
        "import sys\n"
        "import likewise.operations.encode\n"
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
def test_the_file_does_not_depend_on_the_size_of_parts(
    kind: str, tiny: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_lines(tmp_path / "lines.txt", BATCH_TEXTS + 500)
    embed_file(tiny, source, tmp_path / f"complete.{kind}")
    monkeypatch.setattr("likewise.analysis.embed_file.SAVE_SECONDS", 0.02)
    monkeypatch.setattr("likewise.analysis.vector_parts.SAVE_SECONDS", 0.02)
    target = tmp_path / f"v.{kind}"
    stop_after(tiny, source, target, BATCH_TEXTS // 2)
    assert 0 < saved_texts(target) < BATCH_TEXTS
    assert embed_file(tiny, source, target).resumed > 0
    assert target.read_bytes() == (tmp_path / f"complete.{kind}").read_bytes()


@posix
def test_ctrl_c_is_reported_and_resumed(
    tiny: Encoder, folder: Path, source: Path, out: Path, tmp_path: Path
) -> None:
    target = out / "v.npy"
    process = subprocess.Popen(
        command(folder, source, target), stderr=subprocess.PIPE, encoding="utf-8"
    )
    while not parts(out) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.fullmatch(
        r"note: stopped; [\d,]+ texts saved, and the same command resumes there\ninterrupted\n",
        stderr,
    )
    again = subprocess.run(
        command(folder, source, target), check=True, capture_output=True, encoding="utf-8"
    )
    assert "were done by an earlier run" in again.stderr
    embed_file(tiny, source, tmp_path / "expected.npy")
    assert target.read_bytes() == (tmp_path / "expected.npy").read_bytes()
    assert [path.name for path in out.iterdir()] == [target.name]


def test_progress_of_a_resumed_run_includes_the_saved_texts(
    tiny: Encoder, source: Path, out: Path
) -> None:
    target = out / "v.npy"
    stop_after(tiny, source, target, 2 * BATCH_TEXTS + 9)
    saved = saved_texts(target)
    assert BATCH_TEXTS < saved <= 2 * BATCH_TEXTS + 9
    reported: list[int] = []

    class Recording(StopAfter):
        def __call__(self, done: int) -> None:
            reported.append(done)

    result = embed_file(tiny, source, target, progress=Recording(0))
    assert result.resumed == reported[0] == saved
    assert sum(reported) == result.texts == COUNT
    assert result.changed == ()


def test_a_different_job_starts_again_and_reports_the_change(
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


def test_a_newer_file_with_the_same_content_is_resumed(
    tiny: Encoder, source: Path, out: Path
) -> None:
    stop_after(tiny, source, out / "v.npy", BATCH_TEXTS + 9)
    os.utime(source, (1, 1))
    saved = saved_texts(out / "v.npy")
    assert embed_file(tiny, source, out / "v.npy").resumed == saved > 0


def test_parts_after_a_missing_one_are_ignored(tiny: Encoder, source: Path, out: Path) -> None:
    target = out / "v.npy"
    stop_after(tiny, source, target, 3 * BATCH_TEXTS + 9)
    folder = out / ".v.npy.parts"
    (folder / "00000001.npy").unlink()
    first = len(np.load(folder / "00000000.npy"))
    assert embed_file(tiny, source, target).resumed == first
    np.testing.assert_array_equal(np.load(target), tiny.encode(read_texts(source)))


@posix
def test_a_full_disk_keeps_the_saved_parts(
    tiny: Encoder, folder: Path, source: Path, out: Path
) -> None:
    import resource

    target = out / "v.jsonl"  # the parts are smaller than this file
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
