"""How the kernels are built: which compiler is taken, what is said, which library is used."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from likewise.engine.native import binding, library
from likewise.engine.native.sources import SOURCES
from likewise.errors import UnsupportedModelError

ROOT = Path(__file__).parent.parent
REFUSES = """#!/bin/sh
case "$*" in *avx512bf16*)
    echo "old.cpp:1: note: first line" >&2
    echo "error: unrecognized command-line option '-mavx512bf16'" >&2; exit 1;;
esac
exec {compiler} "$@"
"""
ZIGLANG = """
import os, sys
known = [a for a in sys.argv[2:] if a not in ("-s", "-fno-sanitize=all", "-mcpu=baseline")]
os.execv({compiler!r}, [{compiler!r}, *known])
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64" or not shutil.which("c++"),
    reason="needs Linux on x86-64 and c++",
)


@pytest.fixture
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "kernels.py"))


@pytest.fixture
def project(tmp_path: Path, script: dict[str, Any]) -> Path:
    """A project of the same layout, whose kernels are compiled in no time."""
    native = tmp_path / "project" / script["NATIVE"]
    (native / "kernels").mkdir(parents=True)
    shutil.copy(SOURCES.parent / "sources.py", native)
    shutil.copy(SOURCES / "cpu.cpp", native / "kernels")
    shutil.copy(SOURCES / "abi.hpp", native / "kernels")
    for unit in script["UNITS"].keys() - {"cpu.cpp"}:
        name = unit.partition(".")[0]
        (native / "kernels" / unit).write_text(f"int {name}(int given) {{ return 0; }}\n")
    return tmp_path / "project"


@pytest.fixture
def refusing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes all the compilers there are refuse a flag, as GCC 9 does."""

    def replace(*names: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in names:
            (folder / name).write_text(REFUSES.format(compiler=shutil.which("c++")))
            (folder / name).chmod(0o755)
        path = str(folder) if "c++" in names else f"{folder}{os.pathsep}{os.environ['PATH']}"
        monkeypatch.setenv("PATH", path)

    return replace


def test_a_warning_is_said_and_the_library_is_built(
    script: dict[str, Any], project: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    assert script["build"](tmp_path / "made.so", said.append, project)
    assert any("unused parameter" in message for message in said)
    made = ctypes.CDLL(str(tmp_path / "made.so"))
    made.likewise_sources.restype = ctypes.c_uint64
    sources = runpy.run_path(str(project / script["NATIVE"] / "sources.py"))
    assert made.likewise_sources() == sources["sources_hash"]()
    assert [path.name for path in tmp_path.glob("*.so")] == ["made.so"]


def test_the_next_compiler_is_tried_where_one_refuses_a_flag(
    script: dict[str, Any], project: Path, tmp_path: Path,
    refusing: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    refusing("old-compiler")
    monkeypatch.setenv("CXX", "old-compiler")
    first, *others = script["own_compilers"]()
    assert first[0].endswith("old-compiler")
    assert others
    assert "'-mavx512bf16'" in script["refusal"](first)
    assert not script["refusal"](others[0])
    said: list[str] = []
    assert script["build"](tmp_path / "made.so", said.append, project)
    assert re.search("old-compiler cannot build the kernels: .*'-mavx512bf16'", said[0])


def test_ziglang_is_tried_where_all_refuse(
    script: dict[str, Any], project: Path, tmp_path: Path,
    refusing: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    compiler = shutil.which("c++")
    monkeypatch.delenv("CXX", raising=False)
    refusing("c++", "g++", "clang++")
    said: list[str] = []
    assert not script["build"](tmp_path / "made.so", said.append, project)
    assert "c++ cannot build" in said[0]
    assert not (tmp_path / "made.so").exists()
    (tmp_path / "packages" / "ziglang").mkdir(parents=True)  # calls the compiler that is here
    (tmp_path / "packages/ziglang/__init__.py").touch()
    (tmp_path / "packages/ziglang/__main__.py").write_text(ZIGLANG.format(compiler=compiler))
    monkeypatch.syspath_prepend(tmp_path / "packages")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    assert script["zig"]()[1:4] == ["-m", "ziglang", "c++"]
    monkeypatch.setenv("PATH", os.environ["PATH"] + f"{os.pathsep}/usr/bin")  # as, ld
    assert script["build"](tmp_path / "made.so", said.append, project)
    assert "clang++ cannot build" in said[-2]


def test_the_processor_is_asked_without_vector_instructions(script: dict[str, Any]) -> None:
    flags = (*script["FLAGS"], *script["UNITS"]["cpu.cpp"])
    command = ["c++", *flags, "-S", str(SOURCES / "cpu.cpp"), "-o", "-"]
    assembly = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in ("likewise_sources", "likewise_sizes", "likewise_features"):
        assert f"{name}:" in assembly
    assert not re.search(r"%[yz]mm|^\s+v[a-z]+\s", assembly, re.MULTILINE)


@pytest.mark.skipif(not shutil.which("nm"), reason="needs nm")
@pytest.mark.parametrize("unit", ["avx2.cpp", "avx512.cpp"])
def test_instruction_sets_share_no_function(
    unit: str, script: dict[str, Any], tmp_path: Path
) -> None:
    """The linker would keep one copy of a weak symbol, maybe for the wrong processor."""
    flags = (*script["FLAGS"], *script["UNITS"][unit], "-O0")
    made = tmp_path / "made.o"
    subprocess.run(["c++", *flags, "-c", str(SOURCES / unit), "-o", str(made)], check=True)
    symbols = subprocess.run(
        ["nm", "--defined-only", "--extern-only", "--demangle", str(made)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert [line.split(maxsplit=2)[2] for line in symbols.splitlines()] == [
        f"{unit.partition('.')[0]}_kernels"
    ]


def test_a_library_of_other_sources_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: Callable[[], Any] = library._opened.__wrapped__
    assert not isinstance(opened(), str)

    class JobStruct(ctypes.Structure):
        _fields_ = (*binding.JobStruct._fields_[:-1],)

    with monkeypatch.context() as changed:
        changed.setattr(library, "STRUCTURES", (*library.STRUCTURES[:-1], JobStruct))
        assert "was built from different sources" in opened()
    with monkeypatch.context() as changed:
        changed.setattr(library, "sources_hash", lambda: 5)
        assert "was built from different sources" in opened()
        changed.setattr(library, "_opened", opened)
        with pytest.raises(UnsupportedModelError, match="different sources") as caught:
            library.loaded()
        assert "reinstall likewise" in caught.value.hint
    (tmp_path / "damaged.so").write_bytes(b"rubbish")
    for name, reason in (("damaged.so", "cannot be loaded"), ("none.so", "was not built")):
        with monkeypatch.context() as changed:
            changed.setattr(library, "LIBRARY", tmp_path / name)
            assert reason in opened()


def test_any_change_of_a_source_changes_the_hash(project: Path, script: dict[str, Any]) -> None:
    native = project / script["NATIVE"]

    def found() -> int:
        return int(runpy.run_path(str(native / "sources.py"))["sources_hash"]())

    before = found()
    assert found() == before
    header = native / "kernels" / "abi.hpp"
    header.write_text(header.read_text() + "\n")
    assert found() != before
