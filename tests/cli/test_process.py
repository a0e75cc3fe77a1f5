"""The command as a process: start-up, pipes, signals, encodings."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from likewise.cli.main import COMMANDS

Run = Callable[..., Any]


HEAVY = {
    "gradio", "huggingface_hub", "lancedb", "openvino", "pandas", "plotly", "pyarrow", "rich",
    "scipy", "sklearn", "torch", "transformers",
}  # fmt: skip


def loaded_modules(shell: Run, code: str) -> set[str]:
    """Names of the modules that a Python process has loaded after running this code."""
    report = "import sys; print(*sys.modules, file=sys.stderr)"
    result = shell(shlex.join([sys.executable, "-c", f"{code}\n{report}"]))
    assert result.returncode == 0, result.stderr
    return set(result.stderr.split())


def run_command(*arguments: str) -> str:
    return f"from likewise.cli.main import app\napp({list(arguments)}, standalone_mode=False)"


def test_the_command_table_loads_no_command(shell: Run) -> None:
    loaded = loaded_modules(shell, "import likewise.cli.main")
    assert not loaded & (HEAVY | {"numpy"})
    assert not {name for name in loaded if name.startswith("likewise.operations")}


@pytest.mark.parametrize("command", ["similarity", "rank", "search", "models"])
def test_a_command_loads_its_own_module_and_nothing_heavy(shell: Run, command: str) -> None:
    loaded = loaded_modules(shell, run_command(command, "--help"))
    assert not loaded & HEAVY
    commands = {definition.split(":")[0] for definition in COMMANDS.values()}
    assert loaded & commands == {f"likewise.cli.{command}"}


def test_help_of_all_commands_loads_nothing_heavy(shell: Run) -> None:
    assert not loaded_modules(shell, run_command("--help")) & HEAVY


def test_similarity_loads_nothing_but_its_runtime(shell: Run) -> None:
    loaded = loaded_modules(shell, run_command("similarity", "a", "b"))
    assert not loaded & (HEAVY - {"openvino"})


def test_similarity_takes_little_processor_time(shell: Run) -> None:
    def processor_seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    started = processor_seconds()
    assert shell("$LIKEWISE similarity a b").returncode == 0
    assert processor_seconds() - started < 3  # 0.5 s when nothing else runs


def test_errors_are_two_lines(shell: Run) -> None:
    result = shell("$LIKEWISE rank q gone.txt")
    assert result.returncode == 1
    assert result.stderr == "error: no such file: gone.txt\nhint: check the path\n"


def test_a_closed_pipe_is_no_error(shell: Run) -> None:
    line = (
        "$LIKEWISE example --list | head -1; $LIKEWISE models --json | true; echo ${PIPESTATUS[0]}"
    )
    result = shell(line)
    assert result.stdout.startswith("name")
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize("locale", ["C", "en_US.ISO-8859-1", "POSIX"])
def test_any_locale_gets_utf8_in_a_pipe(shell: Run, tmp_path: Path, locale: str) -> None:
    (tmp_path / "texts.txt").write_text("食べる\n😀\n", encoding="utf-8")
    settings = {"LC_ALL": locale, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = shell("cat texts.txt | $LIKEWISE rank eat - --json", **settings)
    assert result.returncode == 0, result.stderr
    assert {row["text"] for row in json.loads(result.stdout)["results"]} == {"食べる", "😀"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_is_one_line_and_130(tmp_path: Path, model_folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "likewise", "rank", "q", "-"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True,
    )  # fmt: skip
    assert process.stdin
    process.stdin.write("a line\n" * 30_000)  # more than a pipe holds: returns when it is read
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    _, printed = process.communicate(timeout=20)
    assert process.returncode == 130
    assert printed == "interrupted\n"


def test_on_a_terminal_tables_are_drawn(tmp_path: Path, model_folder: Path) -> None:
    printed = on_a_terminal("example", "--list", folder=tmp_path)
    assert "日常生活" in printed
    assert "\x1b[1m" in printed


def test_on_a_terminal_progress_tells_rates_and_time_left(
    tmp_path: Path, model_folder: Path
) -> None:
    lines = "".join(f"text number {number}\n" for number in range(9000))
    (tmp_path / "lines.txt").write_text(lines)
    printed = on_a_terminal("encode", "lines.txt", "-o", "v.npy", folder=tmp_path)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed)
    assert re.search(r"encoding .* \d+/9000 texts  [\d,]+ texts/s  [\d,]+ tokens/s \d:\d\d:", plain)
    assert "9000/9000" in plain
    assert re.search(r"wrote 9,000 vectors .*, [\d,]+ texts/s, [\d,]+ tokens/s\)", plain)


def on_a_terminal(*arguments: str, folder: Path) -> str:
    """What a command shows on a terminal of 120 columns."""
    pty = pytest.importorskip("pty")
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "likewise", *arguments]
    environment = os.environ | {"COLUMNS": "120", "TERM": "xterm"}
    with subprocess.Popen(
        command, stdout=terminal, stderr=terminal, cwd=folder, env=environment
    ) as process:
        os.close(terminal)
        printed = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:  # Linux says so when the other side has closed
                break
            if not part:
                break
            printed += part
    os.close(main)
    assert process.returncode == 0
    return printed.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("start", ["module", "script"])
def test_ctrl_c_while_it_loads_is_130_without_a_traceback(tmp_path: Path, start: str) -> None:
    """From the first line of the package on; before that it is Python that answers."""
    run = "from likewise.cli import main; main()" if start == "script" else ""
    code = (
        "import os, signal, sys, threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(float(sys.argv.pop(1))), "
        "os.kill(os.getpid(), signal.SIGINT)), daemon=True).start()\n"
        + (run or "import runpy; runpy.run_module('likewise', run_name='__main__', alter_sys=True)")
    )
    for delay in (0.03, 0.1, 0.2, 0.4, 0.8):
        ended = subprocess.run(
            [sys.executable, "-c", code, str(delay), "similarity", "a", "b"],
            check=False, capture_output=True, text=True, cwd=tmp_path, timeout=60,
        )  # fmt: skip
        assert "Traceback" not in ended.stderr, ended.stderr
        assert ended.stderr in {"", "interrupted\n"}
        assert ended.returncode in {130, 0}
