"""Entries for this server in the configuration files of clients."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

from likewise.atomic import atomic
from likewise.errors import InputError, OutputError

NAME = "likewise"
"""Name of the entry."""
INDENT = 2


@dataclass(frozen=True)
class McpClient:
    """A program that starts servers of the protocol.

    Attributes:
        name: as the command line takes it.
        title: as people call it.
        path: its configuration file, for this user on this system.
        section: key of the object that holds the servers.
        typed: whether its entries name their transport.
        restart: what makes it read the file again.
    """

    name: str
    title: str
    path: Callable[[], Path]
    section: str = "mcpServers"
    typed: bool = False
    restart: str = "restart it"


def _home(*parts: str) -> Callable[[], Path]:
    return lambda: Path.home().joinpath(*parts)


def _application(*parts: str) -> Callable[[], Path]:
    """A file in the folder where desktop applications keep their settings."""

    def path() -> Path:
        if sys.platform == "win32":
            base = Path(os.environ.get("APPDATA") or Path.home() / "AppData/Roaming")
        elif sys.platform == "darwin":
            base = Path.home() / "Library/Application Support"
        else:
            base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        return base.joinpath(*parts)

    return path


CLIENTS = (
    McpClient(
        "claude-desktop", "Claude Desktop", _application("Claude", "claude_desktop_config.json"),
        restart="quit it and start it again",
    ),
    McpClient(
        "claude-code", "Claude Code", _home(".claude.json"), typed=True,
        restart="start a new session",
    ),
    McpClient("cursor", "Cursor", _home(".cursor", "mcp.json")),
    McpClient(
        "vscode", "VS Code", _application("Code", "User", "mcp.json"), section="servers",
        typed=True, restart="choose 'MCP: List Servers' and start it",
    ),
    McpClient("windsurf", "Windsurf", _home(".codeium", "windsurf", "mcp_config.json")),
    McpClient("gemini-cli", "Gemini CLI", _home(".gemini", "settings.json")),
    McpClient("lm-studio", "LM Studio", _home(".lmstudio", "mcp.json")),
)  # fmt: skip


@dataclass(frozen=True)
class ConfigChange:
    """A change of a client's configuration file, not yet written.

    Attributes:
        client: the client.
        path: the file; where it is a link, what it leads to.
        before: its text; None where there is no file.
        after: its text with the entry.
    """

    client: McpClient
    path: Path
    before: str | None
    after: str

    @property
    def backup(self) -> Path:
        """Where the file as it was is copied to: a name that is not taken."""
        number, path = 1, self.path.with_name(f"{self.path.name}.backup")
        while path.exists():
            number += 1
            path = self.path.with_name(f"{self.path.name}.backup{number}")
        return path

    @property
    def diff(self) -> list[str]:
        """The change in lines, as `diff -u` shows it."""
        before = (self.before or "").splitlines()
        return list(unified_diff(before, self.after.splitlines(), lineterm="", n=2))[2:]

    def write(self) -> Path | None:
        """Write the file atomically; returns the backup, where there was a file.

        Raises:
            OutputError: it cannot be written, or has changed since it was read.
        """
        if _read(self.path) != self.before:
            raise OutputError(
                f"{self.path} has changed meanwhile", hint="run the same command again"
            )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            backup = None if self.before is None else self.backup
            if backup:
                shutil.copy2(self.path, backup)
            with atomic(self.path) as file:
                file.write(self.after.encode())
        except OSError as error:
            raise OutputError(
                f"cannot write {self.path}: {error.strerror or error}",
                hint="check the permissions of the file and its folder",
            ) from error
        return backup


def find_client(name: str) -> McpClient:
    """The client of a name.

    Raises:
        InputError: there is none.
    """
    for client in CLIENTS:
        if client.name == name:
            return client
    raise InputError(
        f"unknown client {name!r}", hint="one of " + ", ".join(each.name for each in CLIENTS)
    )


def installed_clients() -> list[McpClient]:
    """The clients whose configuration file, or the folder it lies in, is there."""
    home = Path.home()
    return [
        client
        for client in CLIENTS
        if (path := client.path()).exists() or (path.parent != home and path.parent.is_dir())
    ]


def server_entry(client: McpClient, arguments: Sequence[str] = ()) -> dict[str, Any]:
    """The entry that starts `likewise mcp` with this Python.

    Args:
        client: whose form it has.
        arguments: further arguments of the command.
    """
    command: dict[str, Any] = {
        "command": sys.executable,
        "args": ["-m", "likewise", "mcp", *arguments],
    }
    return {"type": "stdio", **command} if client.typed else command


def plan_change(client: McpClient, arguments: Sequence[str] = ()) -> ConfigChange | None:
    """The change that adds the entry, or replaces an earlier one; None where it is there already.

    Nothing else in the file changes.

    Args:
        client: the client.
        arguments: further arguments of the command.

    Raises:
        InputError: the file is not plain JSON with an object of servers; the hint has the entry.
        OutputError: the file cannot be read.
    """
    path = client.path().resolve()
    before = _read(path)
    entry = server_entry(client, arguments)
    config = _parsed(before, path, client, entry)
    servers = config.setdefault(client.section, {})
    if not isinstance(servers, dict):
        raise _by_hand(path, f"{client.section!r} is not an object", client, entry)
    if servers.get(NAME) == entry:
        return None
    servers[NAME] = entry
    return ConfigChange(client, path, before, _formatted(config, before))


def _read(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(
            f"cannot read {path}: {error}", hint="check the file and its permissions"
        ) from error


def _parsed(
    text: str | None, path: Path, client: McpClient, entry: Mapping[str, Any]
) -> dict[str, Any]:
    """The configuration as an object that is written back without loss."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key is there twice")
        return found

    if text is None or not text.strip("\ufeff \t\r\n"):
        return {}
    try:
        config = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=unique)
        json.dumps(config, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:  # also of numbers and characters that cannot be written again
        raise _by_hand(path, f"it is not plain JSON ({error})", client, entry) from error
    if not isinstance(config, dict):
        raise _by_hand(path, "it is not an object", client, entry)
    return config


def _by_hand(path: Path, reason: str, client: McpClient, entry: Mapping[str, Any]) -> InputError:
    pasted = json.dumps({NAME: entry}, ensure_ascii=False)[1:-1]
    return InputError(
        f"{path} is left as it is: {reason}", hint=f"add to {client.section!r} there: {pasted}"
    )


def _formatted(config: Mapping[str, Any], before: str | None) -> str:
    """JSON with the indentation, line ends and last line of the file as it was."""
    before = before or ""
    second = next((line for line in before.splitlines()[1:] if line.strip()), "")
    space = second[: len(second) - len(second.lstrip())]
    text = json.dumps(config, ensure_ascii=False, indent=space or INDENT)
    if not before or before.endswith("\n"):
        text += "\n"
    if "\r\n" in before:
        text = text.replace("\n", "\r\n")
    return "\ufeff" + text if before.startswith("\ufeff") else text
