"""`index`, `search`, `ask`, `recommend` and `collections`, as a new user would try them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run

LINES = """How do I get a refund?
Where is my parcel?
Can I change the address of my order?
You get a refund within thirty days.
The shop opens at nine.
"""


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKEWISE_STORE", str(tmp_path / "store"))


@pytest.fixture
def shop(tmp_path: Path, likewise: Run) -> Path:
    file = tmp_path / "faq.txt"
    file.write_text(LINES)
    made = likewise("index", file, "--into", "shop")
    assert made.exit_code == 0, made.stderr
    assert "5 added" in made.stderr
    return file


def test_a_first_session(likewise: Run, shop: Path) -> None:
    found = likewise("search", "shop", "money back", "-k", 2)
    assert "refund" in found.stdout
    assert "faq.txt:" in found.stdout
    assert "of random pairs" in found.stdout
    assert all(len(line) <= 80 for line in found.stdout.splitlines())

    hits = json.loads(likewise("search", "shop", "money back", "--json").stdout)
    assert {"id", "score", "percentile", "source", "line", "text"} <= hits[0].keys()
    like = json.loads(likewise("search", "shop", "--like", hits[0]["id"], "--json").stdout)
    assert hits[0]["id"] not in {hit["id"] for hit in like}
    more = likewise("recommend", "shop", "--liked", hits[0]["id"], "-k", 1)
    assert "because of" in more.stdout

    answer = likewise("ask", "shop", "When do I get a refund?", "--near", 50)
    assert "thirty days" in answer.stdout
    refused = likewise("ask", "shop", "Who painted it?", "--near", 100)
    assert (refused.exit_code, refused.stdout) == (0, "")
    assert "nothing here is near enough" in refused.stderr


def test_indexing_again_and_going_back(likewise: Run, shop: Path) -> None:
    shop.write_text(LINES + "Gift cards never expire.\n")
    again = likewise("index", shop, "--into", "shop")
    assert "1 added, 0 removed, 5 unchanged" in again.stderr
    assert "Gift" in likewise("search", "shop", "vouchers", "-k", 1).stdout
    assert "Gift" not in likewise("search", "shop", "vouchers", "-k", 1, "--as-of", 1).stdout
    log = json.loads(likewise("collections", "log", "shop", "--json").stdout)
    assert [run["added"] for run in log] == [5, 1]
    assert "5 passages" in likewise("collections", "undo", "shop").stderr
    assert "shop" in likewise("collections").stdout
    assert "all-MiniLM-L6-v2" in likewise("collections", "show", "shop").stdout
    assert likewise("collections", "compact", "shop").exit_code == 0
    assert likewise("collections", "rm", "shop", "--yes").exit_code == 0
    assert "no collections" in likewise("collections").stderr


def test_many_queries_into_a_file(likewise: Run, shop: Path, tmp_path: Path) -> None:
    done = likewise("search", "shop", "--batch", shop, "-o", tmp_path / "out.jsonl", "-k", 1)
    assert done.exit_code == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["query"] for line in lines] == LINES.splitlines()
    assert all(line["hits"][0]["text"] == line["query"] for line in lines)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["search", "none", "x"], "no collection 'none'"),
        (["search", "shop"], "what to look for"),
        (["search", "shop", "x", "--where", "colour = 1"], "cannot search by the condition"),
        (["search", "shop", "x", "--mode", "best"], "unknown mode"),
        (["search", "shop", "x", "--as-of", "9"], "nothing is kept as of 9"),
        (["search", "shop", "--batch", "faq.txt"], "needs a file to write"),
        (["recommend", "shop", "--liked", "zzz"], "no passage 'zzz'"),
        (["index", "nowhere.txt", "--into", "new"], "no file"),
        (["index", "faq.txt", "--into", "../up"], "no name for a collection"),
        (["index", "faq.txt", "--into", "shop", "--storage", "int8"], "keeps vectors as float32"),
        (["index", "faq.txt", "--into", "shop", "--kind", "best"], "unknown kind of index"),
        (["collections", "undo", "none"], "no collection"),
    ],
)
def test_bad_input_is_told_in_a_line_and_a_hint(
    likewise: Run, shop: Path, arguments: list[str], told: str
) -> None:
    result = likewise(*arguments)
    assert result.exit_code == 1
    assert told in result.stderr
    assert "hint:" in result.stderr
    assert "Traceback" not in result.stderr
