"""The loop: learning rates, continuation to the bit, Ctrl-C and kill -9."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
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


def run_script(script: str, *arguments: Path | str) -> subprocess.Popen[str]:
    """A process that can import this file."""
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(root / "src"), str(root)])
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths}
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_between_two_steps(
    tiny: Path, pairs_file: Path, tmp_path: Path, whole: str
) -> None:
    with run_script(SCRIPT, tiny, pairs_file, tmp_path / "run", "6") as process:
        assert process.stdout is not None
        lines = process.stdout.read().split()
    assert process.returncode != 0
    assert lines[0] == "ready"
    assert lines[-1] in {"6", "7"}
    assert Checkpoints(tmp_path / "run").step() == 7
    continued = make_trainer(tiny, pairs_file, tmp_path / "run")
    continued.run()
    assert digest(continued) == whole


KILLED = """
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from tests.training.test_trainer import digest, make_trainer
model, data, run = map(Path, sys.argv[1:4])
chance = random.Random(0)

def begin(folder):
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        with os.fdopen(writing, "w", buffering=1) as said:
            trainer = make_trainer(model, data, folder, steps=100, checkpoint_seconds=0)
            trainer.run(lambda report: print(report.step, file=said))
            print(digest(trainer), file=said)
        os._exit(0)
    os.close(writing)
    return process, os.fdopen(reading)

def ended(process, said):
    lines = said.read().split()
    os.waitpid(process, 0)
    return lines

first, *_, last, whole = ended(*begin(None))
runs = []
for _ in range(20):
    process, said = begin(run)
    steps = [int(said.readline()) for _ in range(chance.randint(1, 3))]
    time.sleep(chance.uniform(0, 0.03))
    os.kill(process, signal.SIGKILL)
    runs.append([*steps, *map(int, ended(process, said))])
print(json.dumps({"runs": runs, "whole": whole, "last": ended(*begin(run))[-1]}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each run is a fork of one process")
def test_twenty_kills_lose_nothing(tiny: Path, pairs_file: Path, tmp_path: Path) -> None:
    """Each run is killed in a step or while it saves; the next one goes on."""
    done = run_script(KILLED, tiny, pairs_file, tmp_path / "run")
    found = json.loads(done.communicate()[0])
    assert found["last"] == found["whole"]
    begun = [steps[0] for steps in found["runs"]]
    assert begun == sorted(begun)
    assert 10 < begun[-1] < 100, "the last run did not go on, or nothing was left to do"
    ends = [steps[-1] for steps in found["runs"]]
    assert all(now <= end + 1 for end, now in zip(ends, begun[1:], strict=False)), "a step is lost"
