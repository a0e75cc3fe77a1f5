"""The int8 graph: near float32, made once, whole or not there."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise.checkpoint.config import Config, read_config
from likewise.engine.openvino import quantize
from likewise.engine.openvino.quantize import find_quantized, quantized
from likewise.engine.openvino.runtime import read_graph
from likewise.errors import EngineError, MissingExtraError, OutputError, UnsupportedModelError
from likewise.evaluation import EXAMPLES
from likewise.tokenization.tokenizer import Tokenizer, read_tokenizer
from likewise.vectors import similarity_pairwise

pytest.importorskip("nncf")

MAKE = """
from pathlib import Path
import sys
from likewise.checkpoint.config import read_config
from likewise.tokenization.tokenizer import read_tokenizer
from likewise.engine.openvino.quantize import quantized
config = read_config(Path(sys.argv[1]))
print(quantized(config, read_tokenizer(config)).path)
"""


def start(folder: Path, cache: Path) -> subprocess.Popen[str]:
    """A separate process that makes a checkpoint's int8 graph."""
    return subprocess.Popen(
        [sys.executable, "-c", MAKE, str(folder)],
        env=os.environ | {"LIKEWISE_CACHE": str(cache)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


def test_a_text_alone_is_near_float32_whatever_its_length(
    encoder: likewise.Encoder, encoder_int8: likewise.Encoder
) -> None:
    """On processors with tiles a row of 32 tokens is not."""
    texts = [
        " ".join(["A", "quick", "brown", "fox"][n % 4] for n in range(k)) for k in range(3, 70)
    ]
    assert {*range(5, 60)} <= {count.kept for count in encoder.count_tokens(texts)}
    alone = np.stack([encoder_int8.encode(text) for text in texts])
    assert similarity_pairwise(alone, encoder.encode(texts)).min() > 0.97


@pytest.fixture
def tiny(tiny_checkpoint: Callable[..., Path]) -> Path:
    return tiny_checkpoint()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def parts(folder: Path) -> tuple[Config, Tokenizer]:
    config = read_config(folder)
    return config, read_tokenizer(config)


def left_in(cache: Path) -> list[str]:
    """Files of the graph cache, hidden folders included."""
    return sorted(path.name for path in (cache / "int8").iterdir())


def test_vectors_are_near_those_of_float32(
    encoder: likewise.Encoder, encoder_int8: likewise.Encoder, varied_texts: list[str]
) -> None:
    sentences = [text for example in EXAMPLES for text in example.texts]
    cosine = similarity_pairwise(encoder_int8.encode(sentences), encoder.encode(sentences))
    assert cosine.mean() >= 0.99
    assert cosine.min() >= 0.94
    # words thrown together from many scripts are as far as anything gets from what was calibrated
    varied = varied_texts[::2]
    cosine = similarity_pairwise(encoder_int8.encode(varied), encoder.encode(varied))
    assert cosine.mean() >= 0.97
    assert cosine.min() >= 0.75


def test_its_vectors_are_not_taken_for_those_of_float32(
    encoder: likewise.Encoder, encoder_int8: likewise.Encoder
) -> None:
    assert encoder_int8.compute == "int8"
    assert encoder_int8.fingerprint != encoder.fingerprint


def test_tables_stay_int8(encoder_int8: likewise.Encoder) -> None:
    path = find_quantized(encoder_int8.config)
    assert path is not None
    taken = [n for n in read_graph(path).get_ordered_ops() if n.get_type_name() == "Gather"]
    tables = [n for n in taken if n.get_output_partial_shape(0)[2] == encoder_int8.dimension]
    kinds = {node.input_value(0).get_element_type().get_type_name() for node in tables}
    assert kinds == {"i8"}


def test_the_second_load_finds_it(encoder_int8: likewise.Encoder, model_folder: Path) -> None:
    graph = find_quantized(read_config(model_folder))
    assert graph is not None
    before = graph.stat().st_mtime_ns
    again = likewise.load(model_folder, compute="int8", runtime="openvino")
    assert again.load_seconds < 2  # under one on a quiet machine; making it takes ten
    assert graph.stat().st_mtime_ns == before
    found = quantized(*parts(model_folder))
    assert not found.made
    assert found.path == graph
    assert 20e6 < found.size < 30e6


def test_the_chosen_cache_gets_it_and_again_makes_it_anew(
    tiny: Path, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config, tokenizer = parts(tiny)
    assert find_quantized(config) is None
    first = quantized(config, tokenizer)
    assert first.made
    assert first.path.is_relative_to(cache)
    assert find_quantized(config) == first.path
    written = first.path.stat().st_ino
    assert not quantized(config, tokenizer).made
    assert quantized(config, tokenizer, again=True).made
    assert first.path.stat().st_ino != written
    assert len(left_in(cache)) == 1
    assert capfd.readouterr().out == ""


def test_two_processes_at_once_leave_one_graph(tiny: Path, tmp_path: Path) -> None:
    both = [start(tiny, tmp_path / "cache") for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0]
    assert len(left_in(tmp_path / "cache")) == 1
    assert Path(outputs[0][0].strip()).exists()


def test_a_killed_process_leaves_nothing_that_looks_whole(tiny: Path, cache: Path) -> None:
    process = start(tiny, cache)
    while not (cache / "int8").is_dir() or not left_in(cache):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    config, tokenizer = parts(tiny)
    assert find_quantized(config) is None
    assert quantized(config, tokenizer).made


def test_what_killed_processes_left_is_taken_away_in_time(tiny: Path, cache: Path) -> None:
    for name, age in ((".making-old", 2 * quantize.ABANDONED), (".making-now", 60)):
        folder = cache / "int8" / name
        folder.mkdir(parents=True)
        (folder / "half").write_bytes(b"x")
        os.utime(folder, (time.time() - age,) * 2)
    found = quantized(*parts(tiny))
    assert left_in(cache) == [".making-now", found.path.parent.name]


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays(
    tiny: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    for name in ("killed", "at-work"):
        (cache / "int8" / f".making-{name}").mkdir(parents=True)
        (cache / "int8" / f".making-{name}" / "lock").touch()
    monkeypatch.setattr(quantize, "UNLOCKED", -1)
    with FileLock(cache / "int8" / ".making-at-work" / "lock"):
        found = quantized(*parts(tiny))
    assert left_in(cache) == [".making-at-work", found.path.parent.name]


@pytest.mark.parametrize("file", ["model.bin", "model.xml", "sizes.json"])
def test_a_graph_that_was_cut_short_is_made_again(tiny: Path, cache: Path, file: str) -> None:
    config, tokenizer = parts(tiny)
    path = quantized(config, tokenizer).path
    content = (path.parent / file).read_bytes()
    (path.parent / file).write_bytes(content[:-10])
    assert find_quantized(config) is None
    again = quantized(config, tokenizer)
    assert again.made
    assert find_quantized(config) == path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"this user may not mount: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(tiny: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKEWISE_CACHE", str(small_disk))
    with pytest.raises(OutputError) as caught:
        quantized(*parts(tiny))
    assert "LIKEWISE_CACHE" in caught.value.hint
    assert left_in(small_disk) == []
    done = subprocess.run(
        [sys.executable, "-m", "likewise", "quantize", str(tiny)],
        env=os.environ | {"LIKEWISE_CACHE": str(small_disk)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "int8 graph" in done.stderr


def test_the_level_of_another_librarys_logger_stays(
    tiny: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging

    logger = logging.getLogger("nncf")
    monkeypatch.setattr(logger, "level", logging.WARNING)
    quantized(*parts(tiny))
    assert logger.level == logging.WARNING


def test_a_cache_that_cannot_be_written(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a-file").write_text("in the way")
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "a-file" / "cache"))
    with pytest.raises(OutputError, match="cannot write the int8 graph") as caught:
        likewise.load(tiny, compute="int8")
    assert "LIKEWISE_CACHE" in caught.value.hint


def test_a_graph_far_from_float32_is_refused(
    model_folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ranges measured on padding alone are far too narrow for any real text
    def padding(tokenizer: Tokenizer, longest: int | None) -> object:
        for batch in calibration(tokenizer, longest):
            yield batch | {"token_ids": np.full_like(batch["token_ids"], tokenizer.pad_id)}
            return

    calibration = quantize.calibration_batches
    monkeypatch.setattr(quantize, "calibration_batches", padding)
    with pytest.raises(EngineError, match=r"mean cosine to float32 is 0\.\d+"):
        likewise.load(model_folder, compute="int8", runtime="openvino")
    assert left_in(cache) == []


def test_a_family_without_a_graph_of_ours(tiny: Path, cache: Path) -> None:
    settings = json.loads((tiny / "config.json").read_text(encoding="utf-8"))
    settings["model_type"] = "unheard-of"
    (tiny / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(UnsupportedModelError, match="unheard-of"):
        quantized(*parts(tiny))
    assert left_in(cache) == []


def test_without_nncf_the_extra_is_named(
    tiny: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(MissingExtraError) as caught:
        likewise.load(tiny, compute="int8")
    assert caught.value.hint == 'pip install "likewise[int8]"'


class Terminal(io.StringIO):
    """Standard error as a person has it."""

    def isatty(self) -> bool:
        return True


def test_a_person_is_told_and_a_program_is_not(
    tiny: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    config, tokenizer = parts(tiny)
    quantized(config, tokenizer)
    assert capfd.readouterr().err == ""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    quantized(config, tokenizer, again=True)
    assert "making the int8 graph of tiny (only this once)" in screen.getvalue()
    assert capfd.readouterr().out == ""
