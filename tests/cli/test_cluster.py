"""`likewise cluster`, as people run it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
THEMES = (
    ("a cat sleeps", "the kitten naps", "cats like milk", "my cat purrs"),
    ("stocks fell today", "the market crashed", "shares lost value", "investors sold stocks"),
    ("python is a language", "code in java", "writing software", "programming in rust"),
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    rows = [f"{theme},{text}" for theme, texts in enumerate(THEMES) for text in texts]
    path.write_text("\n".join(["theme,text", *rows]))
    return path


def test_cluster(likewise: Run, table: Path) -> None:
    result = likewise("cluster", table)
    assert result.exit_code == 0
    head, *rows = result.stdout.splitlines()
    assert head.split()[:4] == ["cluster", "texts", "share", "stability"]
    assert len(rows) == 3
    assert "using column 'text'" in result.stderr
    assert "12 texts in 3 clusters" in result.stderr
    assert "adjusted Rand index" in result.stderr


def test_cluster_json(likewise: Run, table: Path) -> None:
    printed = json.loads(likewise("cluster", table, "--json", "--quiet").stdout)
    assert (printed["texts"], printed["clusters"], printed["unclustered"]) == (12, 3, 0)
    for topic in printed["topics"]:
        assert any(set(topic["exemplars"]) <= set(theme) for theme in THEMES)
    assert printed["stability"]["rand_index"] == 1.0


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_cluster_output(likewise: Run, table: Path, ending: str) -> None:
    target = table.with_name(f"out.{ending}")
    result = likewise("cluster", table, "-o", target, "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("cluster")
    if ending == "csv":
        with target.open() as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file))
    elif ending == "jsonl":
        rows = [json.loads(line) for line in target.read_text().splitlines()]
    else:
        from pyarrow import parquet

        rows = parquet.read_table(target).to_pylist()
    assert list(rows[0]) == [
        "text", "theme", "cluster", "topic", "example", "subtopic", "strength",
    ]  # fmt: skip
    assert [row["theme"] for row in rows] == [str(i) for i in range(3) for _ in range(4)]
    pairs = {(row["theme"], str(row["cluster"])) for row in rows}
    assert len(pairs) == 3


def test_cluster_of_a_clustered_file(likewise: Run, table: Path) -> None:
    likewise("cluster", table, "-o", "once.csv", "--quiet")
    assert likewise("cluster", "once.csv", "-o", "twice.csv", "--quiet").exit_code == 0
    with (table.parent / "twice.csv").open() as file:
        header = next(csv.reader(file))
    assert header[-5:] == ["cluster_", "topic_", "example_", "subtopic_", "strength_"]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", (), "holds no text"),
        ("one\n", (), "there is only one text"),
        ("same\nsame\n", (), "the same text 2 times"),
        ("a\nb\n", ("-k", "3"), "3 clusters requested for 2 distinct texts"),
        ("a\nb\n", ("--column", "x"), "no columns, so no column 'x'"),
        ("a\nb\n", ("-o", "out.xlsx"), "xlsx"),
        ("a\nb\n", ("-o", "nowhere/out.csv"), "no folder"),
    ],
)
def test_bad_input(
    likewise: Run, tmp_path: Path, content: str, options: tuple[str, ...], message: str
) -> None:
    (tmp_path / "t.txt").write_text(content)
    result = likewise("cluster", "t.txt", *options)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "hint: " in result.stderr
    assert not (tmp_path / "out.csv").exists()
