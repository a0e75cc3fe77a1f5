"""Builds the kernels: `python scripts/kernels.py` puts the library where the package looks for it.

`--check DIRECTORY` builds in that directory instead, with every warning an error, and then the
kernels together with `tests/native/driver.cpp` under AddressSanitizer and
UndefinedBehaviorSanitizer, and runs that.

`hatch_build.py` runs this file when the package is built, so it needs the standard library alone.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NATIVE = Path("src/likewise/engine/native")
DRIVER = ROOT / "tests/native/driver.cpp"

FLAGS = (
    "-O3", "-std=c++17", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-Wall", "-Wextra",
    "-ffp-contract=off",  # the same bits from every compiler
    *(() if sys.platform == "win32" else ("-fPIC",)),
)  # fmt: skip
UNITS = {
    "cpu.cpp": ("-mno-avx",),
    "abi.cpp": ("-mno-avx",),
    "avx2.cpp": ("-mavx2", "-mfma", "-mf16c"),
    "avx512.cpp": (
        "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni", "-mavx512bf16",
        "-mfma",
    ),
}  # fmt: skip
"""The translation units, each with the instructions it may use."""

SANITIZERS = (
    "-O1", "-g", "-fsanitize=address,undefined,float-cast-overflow",
    "-fno-sanitize-recover=all", "-fno-omit-frame-pointer",
)  # fmt: skip

Command = Sequence[str]
Say = Callable[[str], None]


def own_compilers() -> Iterator[list[str]]:
    """The machine's C++ compilers, the preferred one first."""
    names = (os.environ.get("CXX", ""), "c++", "g++", "clang++")
    found = [path for name in names if name and (path := shutil.which(name))]
    seen: dict[str, str] = {}
    for path in found:
        seen.setdefault(os.path.realpath(path), path)
    yield from ([path] for path in seen.values())


def zig() -> list[str] | None:
    """The compiler that the package ziglang brings, where that is installed.

    It would build for this very processor, and not for others of its kind.
    """
    if importlib.util.find_spec("ziglang") is None:
        return None
    return [sys.executable, "-m", "ziglang", "c++", "-s", "-fno-sanitize=all", "-mcpu=baseline"]


def refusal(compiler: Command) -> str:
    """Why a compiler does not take the flags; empty where it does."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.cpp"
        empty.touch()
        flags = (*FLAGS, *UNITS["avx512.cpp"])  # the newest instructions
        done = _run([*compiler, *flags, "-c", str(empty), "-o", str(Path(folder) / "empty.o")])
    return _reason(done) if done.returncode else ""


def build(to: Path, say: Say, root: Path = ROOT) -> bool:
    """Build the library with the first compiler that can.

    Args:
        to: where it goes; written whole or not at all.
        say: takes what a compiler warns of, and why one was passed over.
        root: the folder of the project.
    """
    compilers = [*own_compilers(), *filter(None, [zig()])]
    if not compilers:
        say("there is no C++ compiler, and the package ziglang is not installed")
    for compiler in compilers:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / to.name
            done = _compiled(compiler, made, root)
            if done.returncode == 0:
                if done.stderr.strip():
                    say(done.stderr.strip())
                making = to.with_name(f"making-{os.getpid()}-{to.name}")
                shutil.copyfile(made, making)
                making.replace(to)
                return True
        say(f"{_name(compiler)} cannot build the kernels: {_reason(done)}")
    return False


def _compiled(
    compiler: Command, to: Path, root: Path, more: Command = (), link: Command = ("-shared",)
) -> subprocess.CompletedProcess[str]:
    """One attempt; the warnings of all steps are in the result's `stderr`."""
    native = root / NATIVE
    value = runpy.run_path(str(native / "sources.py"))["sources_hash"]()
    objects, warnings = [], ""
    for unit, vectors in UNITS.items():
        objects.append(str(to.with_name(f"{unit}.o")))
        flags = (*FLAGS, *vectors, f"-DLIKEWISE_SOURCES={value:#x}u", *more)
        source = native / "kernels" / unit
        done = _run([*compiler, *flags, "-c", str(source), "-o", objects[-1]])
        if done.returncode:
            return done
        warnings += done.stderr
    done = _run([*compiler, *FLAGS, *more, *link, *objects, "-o", str(to)])
    done.stderr = warnings + done.stderr
    return done


def check(folder: Path) -> None:
    """Build with warnings as errors, then run the driver under the sanitizers.

    Raises:
        SystemExit: a compiler warned, a sanitizer reported, or there is no compiler.
    """
    compiler = next((c for c in own_compilers() if not refusal(c)), None)
    if compiler is None:
        raise SystemExit("error: there is no C++ compiler for the kernels")
    native = ROOT / NATIVE / "kernels"
    _must(_compiled(compiler, folder / "kernels.so", ROOT, ("-Werror",)))
    driver = folder / "driver"
    link = ("-pthread", f"-I{native}", str(DRIVER))
    _must(_compiled(compiler, driver, ROOT, SANITIZERS, link))
    _must(subprocess.run([str(driver)], encoding="utf-8", check=False))


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise SystemExit(f"{done.stderr or ''}\nerror: {_name(done.args)} failed")


def _run(command: Command) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    except OSError as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    errors = (line for line in lines if "error:" in line)
    return next(errors, lines[-1] if lines else f"exit status {done.returncode}")


def _name(command: Any) -> str:
    return "ziglang" if "ziglang" in command else str(command[0])


def main() -> None:
    """Do what the arguments ask for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", metavar="DIRECTORY", type=Path)
    folder = parser.parse_args().check
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        check(folder)
        return
    to = runpy.run_path(str(ROOT / NATIVE / "sources.py"))["LIBRARY"]
    if not build(to, lambda message: print(message, file=sys.stderr)):
        raise SystemExit("error: the kernels were not built")


if __name__ == "__main__":
    main()
