"""What `import likewise` gives, and how little it costs."""

from __future__ import annotations

import json
import subprocess
import sys

import likewise

HEAVY = ("gradio", "huggingface_hub", "numpy", "openvino", "rich", "tokenizers", "torch", "typer")


def test_names_are_sorted_and_unique() -> None:
    assert likewise.__all__ == sorted(set(likewise.__all__))


def test_every_name_is_there_and_told() -> None:
    for name in likewise.__all__:
        assert getattr(likewise, name) is not None
    assert dir(likewise) == likewise.__all__


def test_unknown_names_are_refused() -> None:
    assert not hasattr(likewise, "encode_everything")


def test_every_public_name_says_what_it_is() -> None:
    silent = [
        n for n in likewise.__all__ if n != "__version__" and not getattr(likewise, n).__doc__
    ]
    assert not silent


def test_the_version_is_the_one_installed() -> None:
    from importlib.metadata import version

    assert likewise.__version__ == version("likewise")


def test_import_is_light() -> None:
    program = (
        "import json, sys, time; started = time.perf_counter(); import likewise; "
        "print(json.dumps([time.perf_counter() - started, sorted(sys.modules)]))"
    )
    runs = [_run(program) for _ in range(3)]
    loaded = set(runs[0][1])
    assert not loaded.intersection(HEAVY)
    assert min(seconds for seconds, _ in runs) < 0.15


def _run(program: str) -> tuple[float, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    seconds, modules = json.loads(done.stdout)
    return seconds, modules
