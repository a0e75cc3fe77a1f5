"""The operations `cluster` and `project`: results that can be renamed, written and read as JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from likewise.errors import InputError
from likewise.operations.cluster import ClusterRequest, cluster
from likewise.operations.project import ProjectRequest, project
from likewise.operations.session import Message, Session

THEMES = (
    ("a cat sleeps", "the kitten naps", "cats like milk", "my cat purrs"),
    ("stocks fell today", "the market crashed", "shares lost value", "investors sold stocks"),
    ("python is a language", "code in java", "writing software", "programming in rust"),
)


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(text for texts in THEMES for text in texts) + "\n")
    return str(path)


def test_renamed_topics_are_in_every_output(source: str, tmp_path: Path) -> None:
    messages: list[Message] = []
    request = ClusterRequest(files=(source,), output=tmp_path / "first.csv")
    result = cluster(request, Session(on_message=messages.append))
    assert result.output == tmp_path / "first.csv"
    assert [m.code for m in messages] == ["clusters", "stability", "wrote"]
    names: dict[int | str, str] = {
        topic.id: f"theme {topic.id}" for topic in result.clusters.topics
    }
    renamed = result.relabel(names)
    assert renamed.output is None
    written = renamed.write(tmp_path / "second.csv")
    with (tmp_path / "second.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["topic"] for row in rows] == [f"theme {row['cluster']}" for row in rows]
    plain = json.loads(json.dumps(written.to_dict()))
    assert [topic["name"] for topic in plain["topics"]] == list(names.values())
    assert plain["output"] == str(tmp_path / "second.csv")
    assert plain["clusters"] == 3
    assert result.at_level(2).clusters is result.clusters  # three small clusters have no parts
    assert [row["example"] for row in rows] == [
        result.clusters.topics[int(row["cluster"])].to_dict([r.text for r in result.records])[
            "exemplars"
        ][0]
        for row in rows
    ]
    assert plain["granularity"]["clusters"] == 3
    assert plain["granularity"]["low"] <= 3 <= plain["granularity"]["high"]
    assert len(plain["hierarchy"]["merges"]) == plain["hierarchy"]["leaves"] - 1
    assert plain["hierarchy"]["labels"] is None  # the labels of files are in the table
    two = result.at(2)
    assert (len(two.clusters.topics), two.output) == (2, None)
    assert len(two.write(tmp_path / "two.csv").clusters.topics) == 2


def test_a_map_is_written_again_as_a_table(source: str, tmp_path: Path) -> None:
    page = tmp_path / "map.html"
    result = project(ProjectRequest(files=(source,), output=page, method="pca"), Session())
    assert "<title>texts</title>" in page.read_text("utf-8")
    plain = json.loads(json.dumps(result.to_dict()))
    assert (plain["texts"], plain["method"], plain["output"]) == (12, "pca", str(page))
    assert plain["atlas_command"] is None
    table = result.write(tmp_path / "map.parquet")
    assert table.atlas_command is not None
    assert "--x x" in table.atlas_command
    with pytest.raises(InputError, match=r"map\.png"):
        result.write(tmp_path / "map.png")
