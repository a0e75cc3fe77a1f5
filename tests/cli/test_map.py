"""`likewise map`, as people run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    things = ("cat", "kitten", "stock", "share", "python", "java", "rain", "snow")
    path = tmp_path / "texts.csv"
    rows = [f"{len(thing)},all about the {thing} {i}" for thing in things for i in range(4)]
    path.write_text("\n".join(["length,text", *rows]))
    return path


def test_map_page(likewise: Run, table: Path) -> None:
    result = likewise("map", table, "-o", "map.html", "--title", "Things")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "wrote map.html, a map of 32 texts" in result.stderr
    assert "trustworthiness 0." in result.stderr
    page = (table.parent / "map.html").read_text("utf-8")
    assert "<title>Things</title>" in page
    assert '"byColumn": false' in page


def test_map_of_a_column(likewise: Run, table: Path) -> None:
    result = likewise(
        "map", table, "-o", "m.html", "--method", "pca", "--color", "length", "--json"
    )
    printed = json.loads(result.stdout)
    assert (printed["texts"], printed["method"], printed["output"]) == (32, "pca", "m.html")
    assert 0.5 < printed["trustworthiness"] <= 1
    assert '"title": "length"' in (table.parent / "m.html").read_text("utf-8")


def test_map_table(likewise: Run, table: Path) -> None:
    from pyarrow import parquet

    result = likewise("map", table, "-o", "map.parquet", "--method", "pca", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    names = parquet.read_table(table.parent / "map.parquet").column_names
    assert names == ["text", "length", "x", "y", "cluster", "topic", "neighbors"]


def test_the_command_that_opens_a_table_names_its_columns(likewise: Run, tmp_path: Path) -> None:
    from pyarrow import parquet

    rows = "".join(f"{n},what is {n} and why,3\n" for n in range(9))
    (tmp_path / "asked.csv").write_text("x,my question,y_\n" + rows)
    result = likewise(
        "map", tmp_path / "asked.csv", "-o", "m.parquet", "--method", "pca",
        "--column", "my question",
    )  # fmt: skip
    [line] = [line for line in result.stderr.splitlines() if "embedding-atlas" in line]
    assert line.endswith(
        "embedding-atlas m.parquet --text 'my question' --x x_ --y y --neighbors neighbors"
    )
    names = parquet.read_table(tmp_path / "m.parquet").column_names
    assert {"my question", "x", "x_", "y", "neighbors"} <= set(names)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("one\n", ("-o", "m.html"), "there is only one text"),
        ("a\nb\n", ("-o", "m.html", "--color", "x"), "no column 'x'"),
        ("a\nb\n", ("-o", "m.png"), "cannot write m.png"),
        ("a\nb\n", ("-o", "nowhere/m.html"), "no folder"),
    ],
)
def test_bad_input(
    likewise: Run, tmp_path: Path, content: str, options: tuple[str, ...], message: str
) -> None:
    (tmp_path / "t.txt").write_text(content)
    result = likewise("map", "t.txt", *options)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "hint: " in result.stderr
    assert not list(tmp_path.glob("m.*"))
