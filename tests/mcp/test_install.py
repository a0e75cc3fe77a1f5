"""Entries in the configuration of clients: shown, asked for, backed up, never damaging a file."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from likewise.cli.main import app
from likewise.errors import InputError, OutputError
from likewise.mcp.install import CLIENTS, find_client, installed_clients, plan_change, server_entry

ENTRY = {"command": sys.executable, "args": ["-m", "likewise", "mcp"]}
CURSOR = find_client("cursor")


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["mcp", "install", *arguments], input=answer)
    return result.exit_code, result.output


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_every_client_on_every_system(
    system: str, client: object, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likewise.mcp.install.sys.platform", system)
    change = plan_change(client)  # type: ignore[arg-type]
    assert change is not None
    assert change.path.is_relative_to(home)
    assert change.write() is None, "there was no file to copy"
    written = json.loads(change.path.read_text("utf-8"))
    [section] = written
    assert written[section]["likewise"] | {"type": "stdio"} == ENTRY | {"type": "stdio"}
    assert plan_change(client) is None, "it is there already"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("system", "name", "path"),
    [
        (
            "darwin",
            "claude-desktop",
            "Library/Application Support/Claude/claude_desktop_config.json",
        ),
        ("linux", "claude-desktop", ".config/Claude/claude_desktop_config.json"),
        ("win32", "claude-desktop", "AppData/Roaming/Claude/claude_desktop_config.json"),
        ("darwin", "vscode", "Library/Application Support/Code/User/mcp.json"),
        ("linux", "vscode", ".config/Code/User/mcp.json"),
        ("win32", "vscode", "AppData/Roaming/Code/User/mcp.json"),
        ("linux", "cursor", ".cursor/mcp.json"),
        ("linux", "claude-code", ".claude.json"),
        ("linux", "windsurf", ".codeium/windsurf/mcp_config.json"),
    ],
)
def test_paths(
    system: str, name: str, path: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likewise.mcp.install.sys.platform", system)
    assert find_client(name).path() == home / path


def test_variables_of_the_system_move_the_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likewise.mcp.install.sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "settings"))
    assert find_client("vscode").path() == home / "settings/Code/User/mcp.json"


@pytest.mark.parametrize(
    "text",
    [
        '{"mcpServers": {"other": {"command": "x", "args": []}}, "theme": "dark"}',
        '{\n    "mcpServers": {\n        "other": {"command": "ä\\u00e9"}\n    }\n}\n',
        '{\n\t"theme": 1.5e-7,\n\t"big": 12345678901234567890\n}\n',
        '{\r\n  "theme": "dark"\r\n}\r\n',
        "\ufeff{}\n",
        "",
        "{}",
    ],
)
def test_the_rest_of_a_file_stays(text: str, home: Path) -> None:
    path = CURSOR.path()
    path.parent.mkdir()
    path.write_bytes(text.encode())
    path.chmod(0o600)
    change = plan_change(CURSOR)
    assert change is not None
    backup = change.write()
    assert backup is not None
    assert backup.read_bytes() == text.encode()
    written = path.read_bytes().decode()
    config = json.loads(written.removeprefix("\ufeff"))
    assert config["mcpServers"].pop("likewise") == ENTRY
    before = json.loads(text.removeprefix("\ufeff") or "{}")
    assert config == {"mcpServers": {}} | before
    assert list(config)[: len(before)] == list(before), "in the same order"
    assert written.startswith("\ufeff") == text.startswith("\ufeff")
    assert ("\r\n" in written) == ("\r\n" in text)
    assert ("\n\t" in written) == ("\n\t" in text)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{\n  // a comment\n  "mcpServers": {}\n}', "not plain JSON"),
        ('{"mcpServers": {},}', "not plain JSON"),
        ('{"a": 1, "a": 2}', "a key is there twice"),
        ('{"a": 1e999}', "not plain JSON"),
        ('{"a": "\\ud800"}', "not plain JSON"),
        ('{"mcpServers": []}', "'mcpServers' is not an object"),
        ("[]", "it is not an object"),
        ('{"mcpServers": {', "not plain JSON"),
    ],
)
def test_a_file_that_cannot_be_written_back_is_left(text: str, reason: str, home: Path) -> None:
    path = CURSOR.path()
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=reason) as refused:
        plan_change(CURSOR)
    assert json.dumps(sys.executable) in refused.value.hint, "what to paste"
    status, output = run("cursor", "--yes")
    assert (status, "left as it is" in output) == (1, True)
    assert path.read_text("utf-8") == text
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(home: Path) -> None:
    real = home / "dotfiles.json"
    real.write_text("{}", "utf-8")
    CURSOR.path().parent.mkdir()
    CURSOR.path().symlink_to(real)
    change = plan_change(CURSOR)
    assert change is not None
    change.write()
    assert CURSOR.path().is_symlink()
    assert "likewise" in real.read_text("utf-8")


def test_backups_do_not_overwrite_each_other(home: Path) -> None:
    CURSOR.path().parent.mkdir()
    CURSOR.path().write_text("{}", "utf-8")
    backups = []
    for store in ("a", "b"):
        change = plan_change(CURSOR, ["--store", store])
        assert change is not None
        backups.append(change.write())
    assert len(set(backups)) == 2


def test_a_file_that_changed_meanwhile_is_not_overwritten(home: Path) -> None:
    CURSOR.path().parent.mkdir()
    change = plan_change(CURSOR)
    assert change is not None
    CURSOR.path().write_text('{"new": 1}', "utf-8")
    with pytest.raises(OutputError, match="has changed meanwhile"):
        change.write()
    assert CURSOR.path().read_text("utf-8") == '{"new": 1}'


def test_the_command_shows_asks_and_writes(home: Path) -> None:
    path = CURSOR.path()
    path.parent.mkdir()
    path.write_text('{\n  "mcpServers": {}\n}\n', "utf-8")
    status, output = run("cursor", answer="n\n")
    assert status == 0
    assert '+    "likewise": {' in output
    assert "nothing was changed" in output
    assert "likewise" not in path.read_text("utf-8")
    status, output = run("cursor")
    assert status == 1, "nobody answers"
    assert "likewise" not in path.read_text("utf-8")
    data = home / "notes"
    data.mkdir()
    status, output = run("cursor", "--data", str(data), "--store", "there", answer="y\n")
    assert status == 0
    entry = json.loads(path.read_text("utf-8"))["mcpServers"]["likewise"]
    assert entry["args"][3:] == ["--store", str(Path("there").resolve()), "--data", str(data)]
    assert run("cursor", "--data", str(data), "--store", "there")[1].strip().endswith("already")


def test_clients_that_are_there_are_offered(home: Path) -> None:
    assert installed_clients() == []
    assert run()[0] == 1
    (home / ".cursor").mkdir()
    (home / ".claude.json").write_text("{}", "utf-8")
    assert [client.name for client in installed_clients()] == ["claude-code", "cursor"]
    status, _ = run("--yes")
    assert status == 0
    entry = json.loads((home / ".claude.json").read_text("utf-8"))["mcpServers"]["likewise"]
    assert entry == server_entry(find_client("claude-code")) == {"type": "stdio"} | ENTRY


def test_mistakes_of_the_command(home: Path) -> None:
    assert "one of claude-desktop" in run("emacs")[1]
    assert "no folder" in run("cursor", "--data", str(home / "nowhere"))[1]
