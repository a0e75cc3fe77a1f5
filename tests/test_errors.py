"""The drawn tree is the real one, and all that the project raises on purpose belongs to it."""

from __future__ import annotations

import ast
import builtins
import re
from pathlib import Path

import pytest

import likewise
from likewise import errors
from likewise.errors import LikewiseError

SOURCE = Path(likewise.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
TREE = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, LikewiseError)
}


def subclasses() -> set[str]:
    """Classes of other files that are made of the tree's, also by way of each other."""
    bases = {
        node.name: {ast.unparse(base) for base in node.bases}
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and "Error" in node.name
    }
    found: set[str] = set()
    while new := {name for name, of in bases.items() if of & {*TREE, *found}} - found:
        found |= new
    return found


SUBCLASSES = subclasses()


def drawn() -> dict[str, str | None]:
    """Class to parent, as the docstring draws them."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"    ([│├└─ ]*)(\w+Error)\b", line):
            depth = len(found[1]) // 4
            path = [*path[:depth], found[2]]
            parents[found[2]] = path[depth - 1] if depth else None
    return parents


def test_the_drawing_is_the_tree() -> None:
    real = {
        name: next((b.__name__ for b in kind.__bases__ if issubclass(b, LikewiseError)), None)
        for name, kind in TREE.items()
    }
    assert drawn() == real


@pytest.mark.parametrize("name", list(TREE))
def test_also_a_builtin_where_the_drawing_says_so(name: str) -> None:
    line = next(x for x in (errors.__doc__ or "").splitlines() if re.search(rf"\b{name}\b", x))
    if also := re.search(r"also an? (\w+)", line):
        assert issubclass(TREE[name], getattr(builtins, also[1]))
    error = TREE[name]("it broke", hint="mend it")
    assert (error.message, error.hint) == ("it broke", "mend it")
    assert str(error) == "it broke (hint: mend it)"
    assert str(TREE[name]("it broke")) == "it broke"


ALLOWED = {
    "HTTPException": "what the web framework turns into a status",
    "IndexError": "what Python expects of a sequence",
    "AttributeError": "what Python expects of a module without the name",
    "Exit": "typer's way to end a process",
    "IsADirectoryError": "an error of the system, handled with all others of it",
    "MCPError": "an error of the protocol, which its library sends",
    "ApiError": "an answer of the operations API, with its status",
    "_RefusedError": "what the limits' middleware turns into an answer",
    "Error": "the error of the csv module; the reader that is the one caller translates it",
    "TypeError": "a request without help for a field is a mistake in this project",
    "UnpicklingError": "what an unpickler raises; the one caller translates it",
}
"""Exceptions that are not shown to users, and why."""

PARSERS = ("mcp/install.py", "server/http_protocol.py", "server/key_file.py")
"""Files that raise ValueError inside a parser; its one caller translates it."""


def raises() -> list[tuple[Path, ast.Raise]]:
    """Every `raise Something(…)` that is not caught in the same place."""
    found = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        caught = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.Try) and node.handlers
            for statement in node.body
            for inner in ast.walk(statement)
        }
        found += [
            (path, node)
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
            if node not in caught
        ]
    return found


def written(annotation: ast.expr | None) -> str:
    return ast.unparse(annotation) if annotation else ""


def makers() -> set[str]:
    """Functions that return an error of the project, and arguments that are a class of it."""
    found = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and written(node.returns) in {*TREE, *SUBCLASSES}:
                found.add(node.name)
            elif isinstance(node, ast.arg) and written(node.annotation) == "type[LikewiseError]":
                found.add(node.arg)
    return found


MAKERS = makers()


def called(node: ast.Raise) -> str:
    assert isinstance(node.exc, ast.Call)
    function = node.exc.func
    return function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


def test_every_raise_uses_the_tree() -> None:
    assert len(raises()) > 40
    foreign = [
        f"{path.relative_to(SOURCE)}:{node.lineno} {called(node)}"
        for path, node in raises()
        if called(node) not in {*TREE, *SUBCLASSES, *ALLOWED}
        if called(node) not in MAKERS
        if not (called(node) == "ValueError" and path.relative_to(SOURCE).as_posix() in PARSERS)
    ]
    assert not foreign


def test_every_raise_says_what_to_do_next() -> None:
    without_hint = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path, node in raises()
        if called(node) in TREE
        and isinstance(node.exc, ast.Call)
        and not any(keyword.arg in ("hint", None) for keyword in node.exc.keywords)
    ]
    assert not without_hint


def test_messages_begin_in_lower_case() -> None:
    capitalized = []
    for path, node in raises():
        if called(node) not in TREE or not isinstance(node.exc, ast.Call) or not node.exc.args:
            continue
        first = node.exc.args[0]
        if isinstance(first, ast.JoinedStr):
            first = first.values[0]
        text = first.value if isinstance(first, ast.Constant) else ""
        if isinstance(text, str) and re.match(r"[A-Z][a-z]+ ", text):
            capitalized.append(f"{path.relative_to(SOURCE)}:{node.lineno} {text}")
    assert not [
        line for line in capitalized if not re.search(r" (OpenVINO|PyTorch|BERT|Gradio) ", line)
    ]


def test_nothing_is_swallowed() -> None:
    """Code that catches everything raises again, or stores what it caught."""
    swallowed = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        if node.type is None or ast.unparse(node.type) == "BaseException"
        if not node.name and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert not swallowed
