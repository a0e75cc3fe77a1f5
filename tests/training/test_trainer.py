"""The loop: learning rates, continuation to the bit, Ctrl-C and kill -9."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from likewise.errors import InputError
from likewise.training.mixing import Mixer
from likewise.training.sources import DataFile

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from likewise.training.checkpoints import Checkpoints  # noqa: E402
from likewise.training.losses import InBatchNegatives  # noqa: E402
from likewise.training.network import load_network  # noqa: E402
from likewise.training.trainer import StepReport, Trainer, TrainerSettings  # noqa: E402

STEPS = 12


def make_trainer(model: Path, data: Path, folder: Path | None, **changes: Any) -> Trainer:
    settings: dict[str, Any] = {"steps": STEPS, "learning_rate": 1e-3, "warmup_steps": 3}
    return Trainer(
        load_network(model, dropout=0.1),
        Mixer([DataFile(data)], 8),
        InBatchNegatives(),
        TrainerSettings(**(settings | changes)),
        checkpoints=Checkpoints(folder) if folder else None,
    )


def digest(trainer: Trainer) -> str:
    found = hashlib.sha256()
    for name, weight in sorted(trainer.network.model.state_dict().items()):
        found.update(name.encode() + weight.numpy().tobytes())
    return found.hexdigest()


@pytest.fixture
def whole(tiny: Path, pairs_file: Path) -> str:
    trainer = make_trainer(tiny, pairs_file, None)
    trainer.run()
    return digest(trainer)


def test_learning_rates() -> None:
    settings = TrainerSettings(10, 1.0, warmup_steps=4)
    rates = [settings.rate(step) for step in range(10)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[-1] == pytest.approx(1 / 6)
    assert TrainerSettings(10, 1.0, schedule="constant").rate(9) == 1.0
    assert TrainerSettings(10, 1.0, schedule="cosine").rate(5) == pytest.approx(0.5)
    with pytest.raises(InputError, match="learning rate"):
        TrainerSettings(10, 0.0)


def test_it_learns(tiny: Path, pairs_file: Path) -> None:
    losses: list[StepReport] = []
    trainer = make_trainer(tiny, pairs_file, None, steps=25)
    trainer.run(losses.append)
    last = [report.loss for report in losses[-5:]]
    assert sum(last) / len(last) < 0.75 * losses[0].loss  # one batch is not like another
    assert [report.step for report in losses] == list(range(1, 26))
    assert all(report.gradient_norm > 0 for report in losses)


def test_divergence_is_reported(tiny: Path, pairs_file: Path) -> None:
    trainer = make_trainer(tiny, pairs_file, None, learning_rate=1e30, warmup_steps=0)
    with pytest.raises(InputError, match="diverged") as caught:
        trainer.run()
    assert "lower learning rate" in caught.value.hint


class StopError(Exception):
    """Stops a training."""


@pytest.mark.parametrize("stops", [(1,), (5,), (3, 4, 11)])
def test_continued_to_the_bit(
    tiny: Path, pairs_file: Path, tmp_path: Path, whole: str, stops: tuple[int, ...]
) -> None:
    for stop in stops:
        trainer = make_trainer(tiny, pairs_file, tmp_path / "run")

        def stop_at(report: StepReport, at: int = stop) -> None:
            if report.step == at:
                raise StopError

        with pytest.raises(StopError):
            trainer.run(stop_at)
    torch.manual_seed(99)
    trainer = make_trainer(tiny, pairs_file, tmp_path / "run")
    assert trainer.run() == STEPS
    assert digest(trainer) == whole


def test_a_damaged_checkpoint_is_passed_over(
    tiny: Path, pairs_file: Path, tmp_path: Path, whole: str
) -> None:
    trainer = make_trainer(tiny, pairs_file, tmp_path / "run", checkpoint_seconds=0)
    trainer.run()
    newest = sorted((tmp_path / "run").glob("*.pt"))[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    continued = make_trainer(tiny, pairs_file, tmp_path / "run")
    continued.run()
    assert digest(continued) == whole


SCRIPT = """
import os
import signal
import sys
from pathlib import Path
from tests.training.test_trainer import digest, make_trainer
model, data, run = map(Path, sys.argv[1:4])
interrupted_at = int(sys.argv[4]) if sys.argv[4:] else None
signal.signal(signal.SIGINT, signal.default_int_handler)
trainer = make_trainer(model, data, run, checkpoint_seconds=0)
inner = trainer.loss
def loss(vectors, batch):
    if trainer.step == interrupted_at:
        os.kill(os.getpid(), signal.SIGINT)
    return inner(vectors, batch)
trainer.loss = loss
print("ready", flush=True)
trainer.run(lambda report: print(report.step, flush=True))
print(digest(trainer), flush=True)
"""


def start(tiny: Path, pairs_file: Path, run: Path, *arguments: str) -> subprocess.Popen[str]:
    """A training in a process of its own; prints its steps, and the digest of the weights."""
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(root / "src"), str(root)])
    command = [sys.executable, "-c", SCRIPT, *map(str, (tiny, pairs_file, run)), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths}
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_between_two_steps(
    tiny: Path, pairs_file: Path, tmp_path: Path, whole: str
) -> None:
    with start(tiny, pairs_file, tmp_path / "run", "6") as process:
        assert process.stdout is not None
        lines = process.stdout.read().split()
    assert process.returncode != 0
    assert lines[0] == "ready"
    assert lines[-1] in {"6", "7"}
    assert Checkpoints(tmp_path / "run").step() == 7
    continued = make_trainer(tiny, pairs_file, tmp_path / "run")
    continued.run()
    assert digest(continued) == whole


@pytest.mark.parametrize("kills", [3])
def test_kill_9_loses_nothing(
    tiny: Path, pairs_file: Path, tmp_path: Path, whole: str, kills: int
) -> None:
    chance = random.Random(kills)
    killed = 0
    while True:
        process = start(tiny, pairs_file, tmp_path / "run")
        assert process.stdout is not None
        process.stdout.readline()
        if killed == kills:
            lines = process.stdout.read().split()
            assert process.wait() == 0
            assert lines[-1] == whole
            return
        time.sleep(chance.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        killed += 1
