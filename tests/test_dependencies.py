"""Every package that the project imports is declared, so that a fresh installation has it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
INDIRECT = {
    "anyio": "starlette needs it",
    "httpx": "huggingface-hub needs it",
    "mcp-types": "mcp needs it",
    "pydantic": "fastapi and mcp need it",
    "starlette": "fastapi and mcp need it",
    "transformers": "sentence-transformers needs it",
    "tiktoken": "used where it is installed; token ids are refused elsewhere",
    "typing-extensions": "pydantic needs it",
}
"""Packages that are there without being declared, and why."""


def imported() -> set[str]:
    names: set[str] = set()
    for path in (ROOT / "src" / "likewise").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"likewise"}


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {
        k: v for k, v in project["optional-dependencies"].items() if k not in ("test", "docs")
    }
    lines = [*project["dependencies"], *(line for extra in extras.values() for line in extra)]
    return {re.split(r"[\s\[<>=;!~]", line)[0].lower().replace("_", "-") for line in lines}


def test_every_import_is_declared() -> None:
    distributions = packages_distributions()
    needed = {
        distributions[name][0].lower().replace("_", "-")
        for name in imported()
        if name in distributions
    }
    assert len(needed) > 20
    assert needed - declared() == set(INDIRECT)
