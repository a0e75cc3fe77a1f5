"""`index`, `search`, `ask`, `recommend` and `collections`, as a new user would try them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from likewise.hub.catalog import DEFAULT

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
    assert "5 added" in made.stdout
    return file


def test_a_first_session(likewise: Run, shop: Path) -> None:
    found = likewise("search", "shop", "money back", "-k", 2)
    assert "refund" in found.stdout
    assert "faq.txt:" in found.stdout
    assert "of 10 pairs here" in found.stdout
    assert all(len(line) <= 80 for line in found.stdout.splitlines())

    hits = json.loads(likewise("search", "shop", "money back", "--json").stdout)["hits"]
    assert {"id", "score", "percentile", "source", "line", "text"} <= hits[0].keys()
    like = json.loads(likewise("search", "shop", "--like", hits[0]["id"], "--json").stdout)["hits"]
    assert hits[0]["id"] not in {hit["id"] for hit in like}
    more = likewise("recommend", "shop", "--liked", hits[0]["id"], "-k", 1)
    assert "because of" in more.stdout

    answer = likewise("ask", "shop", "When do I get a refund?")
    assert "thirty days" in answer.stdout
    refused = likewise("ask", "shop", "Who painted the chapel in Rome?")
    assert (refused.exit_code, refused.stdout) == (0, "")
    assert "nothing here answers this" in refused.stderr
    assert "--false-alarms" in refused.stderr


def test_indexing_again_and_going_back(likewise: Run, shop: Path) -> None:
    shop.write_text(LINES + "Gift cards never expire.\n")
    again = likewise("index", shop, "--into", "shop")
    assert "1 added, 0 removed, 5 unchanged" in again.stdout
    assert "Gift" in likewise("search", "shop", "vouchers", "-k", 1).stdout
    assert "Gift" not in likewise("search", "shop", "vouchers", "-k", 1, "--as-of", 1).stdout
    log = json.loads(likewise("collections", "log", "shop", "--json").stdout)["runs"]
    assert [run["added"] for run in log] == [5, 1]
    assert "5 chunks" in likewise("collections", "undo", "shop", "--yes").stdout
    assert "shop" in likewise("collections").stdout
    assert "all-MiniLM-L6-v2" in likewise("collections", "show", "shop").stdout
    assert likewise("collections", "compact", "shop").exit_code == 0
    assert likewise("collections", "rm", "shop", "--yes").exit_code == 0
    assert "no collections" in likewise("collections").stderr


def test_few_records_are_counted_and_not_given_in_percent(likewise: Run, tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text("A man plays the guitar.\nA woman sings.\n")
    likewise("index", tmp_path / "two.txt", "--into", "two")
    found = likewise("search", "two", "A man plays the guitar.").stdout
    assert ", above the only pair of chunks here" in found
    assert "%" not in found
    (tmp_path / "two.txt").write_text("A man plays the guitar.\n")
    likewise("index", tmp_path / "two.txt", "--into", "two")
    assert "pair" not in likewise("search", "two", "A man plays the guitar.").stdout


def test_hits_by_document(likewise: Run, tmp_path: Path) -> None:
    text = "The cat sleeps on the warm windowsill. " * 60
    lines = [json.dumps({"text": one}) for one in (text, "A cat is awake.", "Rates were raised.")]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    likewise("index", tmp_path / "a.jsonl", "--into", "cats")
    plain = json.loads(likewise("search", "cats", "a sleeping cat", "-k", 3, "--json").stdout)[
        "hits"
    ]
    assert len({hit["id"].partition(".")[0] for hit in plain}) < 3
    command = ["search", "cats", "a sleeping cat", "-k", 3, "--by-document"]
    grouped = json.loads(likewise(*command, "--json").stdout)["hits"]
    assert len({hit["id"].partition(".")[0] for hit in grouped}) == 3
    assert [hit["further"] for hit in grouped] == [hit["chunks"] - 1 for hit in grouped]
    assert grouped[0]["id"] == plain[0]["id"]
    further = max(hit["further"] for hit in grouped)
    assert further > 1
    assert f"(and {further} further chunks of this document)" in likewise(*command).stdout


def test_search_explains_folds_and_corrects(likewise: Run, tmp_path: Path) -> None:
    lines = ("The cat sleeps on the sofa.", "the cat sleeps on the Sofa.", "Rates were raised.")
    (tmp_path / "cats.txt").write_text("\n".join(lines))
    likewise("index", tmp_path / "cats.txt", "--into", "cats")
    command = ["search", "cats", "sleps cat", "--mode", "hybrid"]
    shown = likewise(*command, "--explain", "--fold-duplicates")
    assert "no 'sleps' in this collection, searched for 'sleeps'" in shown.stderr
    assert "why: by meaning rank 1 (similarity 0." in shown.stdout
    assert "by words rank 1 (BM25 " in shown.stdout
    assert "weights 0.6 and 0.4" in shown.stdout
    assert "sleeps (for sleps) " in shown.stdout
    assert "(and 1 near-duplicate: " in shown.stdout
    plain = json.loads(likewise(*command, "--explain", "--fold-duplicates", "--json").stdout)
    assert plain["corrections"] == {"sleps": "sleeps"}
    assert [len(hit["folded"]) for hit in plain["hits"]] == [1, 0]
    words = plain["hits"][0]["explanation"]["words"]
    assert {word["found_as"] for word in words} == {"sleeps", "cat"}
    assert "why" not in likewise(*command).stdout


def test_undo_asks_and_has_a_way_back(likewise: Run, shop: Path) -> None:
    def chunks() -> int:
        return int(json.loads(likewise("collections", "show", "shop", "--json").stdout)["chunks"])

    shop.write_text(LINES + "Gift cards never expire.\n")
    likewise("index", shop, "--into", "shop")
    for answer in (b"n\n", b""):
        refused = likewise("collections", "undo", "shop", stdin=answer)
        assert refused.exit_code == 1
        assert "from 6 chunks to run 1 with 5 chunks?" in refused.stderr
        assert "hint: answer y, or give --yes" in refused.stderr
        assert chunks() == 6
    assert likewise("collections", "undo", "shop", stdin=b"y\n").exit_code == 0
    assert chunks() == 5
    emptied = likewise("collections", "undo", "shop", stdin=b"y\n")
    assert "to an empty collection?" in emptied.stderr
    assert "likewise collections redo shop" in emptied.stderr
    assert chunks() == 0
    for expected in (5, 6):
        assert likewise("collections", "redo", "shop", "--yes").exit_code == 0
        assert chunks() == expected
    assert "nothing to redo" in likewise("collections", "redo", "shop", "--yes").stderr
    assert likewise("collections", "restore", "shop", 1, "--yes").exit_code == 0
    assert chunks() == 5
    unknown = likewise("collections", "restore", "shop", 99, "--yes")
    assert (unknown.exit_code, "has no run 99" in unknown.stderr) == (1, True)
    assert "restore to 1" in likewise("collections", "log", "shop").stdout


@pytest.mark.parametrize("damage", ["data", "_versions", "cut", "empty"])
def test_a_damaged_collection_is_listed_and_others_go_on(
    likewise: Run, shop: Path, tmp_path: Path, damage: str
) -> None:
    assert likewise("index", shop, "--into", "other").exit_code == 0
    folder = tmp_path / "store" / "other.lance"
    if damage == "empty":
        shutil.rmtree(folder)
        folder.mkdir()
    elif damage == "cut":
        for file in (folder / "_versions").glob("*.manifest"):
            file.write_bytes(file.read_bytes()[:40])
    else:
        for file in (folder / damage).iterdir():
            file.unlink()
    listed = likewise("collections")
    assert listed.exit_code == 0, listed
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["name", "shop", "other"]
    assert "damaged" in listed.stdout
    assert "error: the collection 'other' cannot be read" in listed.stderr
    assert "likewise collections rm other" in listed.stderr
    assert ".rs:" not in listed.stderr
    plain = json.loads(likewise("collections", "--json").stdout)
    assert [one["name"] for one in plain["collections"]] == ["shop"]
    assert [one["state"] for one in plain["unreadable"]] == ["damaged"]
    assert likewise("search", "shop", "refund").exit_code == 0
    for command in (["search", "other", "refund"], ["collections", "show", "other"]):
        refused = likewise(*command)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "error: the collection 'other' cannot be read" in refused.stderr
        assert "hint:" in refused.stderr
    assert likewise("collections", "rm", "other", "--yes").exit_code == 0
    assert not folder.exists()


def test_many_queries_into_a_file(likewise: Run, shop: Path, tmp_path: Path) -> None:
    done = likewise("search", "shop", "--batch", shop, "-o", tmp_path / "out.jsonl", "-k", 1)
    assert done.exit_code == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["query"] for line in lines] == LINES.splitlines()
    assert all(line["hits"][0]["text"] == line["query"] for line in lines)


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["search", "none", "x"], "no collection 'none'"),
        (["search", "shop"], "what to look for"),
        (["search", "shop", "x", "--where", "colour = 1"], "cannot search by the condition"),
        (["search", "shop", "x", "--as-of", "9"], "no state is stored as of 9"),
        (["search", "shop", "--batch", "faq.txt"], "needs a file to write"),
        (["recommend", "shop", "--liked", "zzz"], "no record 'zzz'"),
        (["index", "nowhere.txt", "--into", "new"], "no such file"),
        (["index", "faq.txt", "--into", "../up"], "no name for a collection"),
        (["index", "faq.txt", "--into", "shop", "--storage", "int8"], "stores vectors as float32"),
        (["collections", "undo", "none"], "no collection"),
    ],
)
def test_bad_input_is_told_in_a_line_and_a_hint(
    likewise: Run, shop: Path, arguments: list[str], printed: str
) -> None:
    result = likewise(*arguments)
    assert result.exit_code == 1
    assert printed in result.stderr
    assert "hint:" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "shop", "x", "--mode", "best"],
        ["index", "faq.txt", "--into", "shop", "--kind", "best"],
    ],
)
def test_an_unknown_choice_is_refused(likewise: Run, shop: Path, arguments: list[str]) -> None:
    result = likewise(*arguments)
    assert result.exit_code
    assert "best" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_change_has_json_and_asks_first(likewise: Run, shop: Path) -> None:
    refused = likewise("collections", "rm", "shop", stdin=b"n\n")
    assert refused.exit_code == 1
    assert "remove shop with 5 chunks?" in refused.stderr
    assert "error: nothing was changed" in refused.stderr
    undone = json.loads(likewise("collections", "undo", "shop", "--yes", "--json").stdout)
    assert (undone["collection"], undone["run"]["action"]) == ("shop", "undo")
    removed = json.loads(likewise("collections", "rm", "shop", "--yes", "--json").stdout)
    assert removed == {"collection": "shop", "chunks": 0}


def test_texts_are_added_and_deleted(likewise: Run, tmp_path: Path) -> None:
    store = "--store", tmp_path / "store"
    assert likewise("collections", "create", "notes", *store).stdout.startswith("created notes")
    again = likewise("collections", "create", "notes", *store)
    assert again.exit_code == 1
    assert "there is a collection 'notes'" in again.stderr
    added = likewise("collections", "add", "notes", "It is on Monday.", "Bring plans.", *store)
    assert added.stdout == "notes: 2 chunks added, 0 removed\n"
    found = json.loads(likewise("search", "notes", "which day", "--json", *store).stdout)
    (first, _) = found["hits"]
    deleted = likewise("collections", "delete", "notes", first["id"], *store)
    assert deleted.stdout == "notes: 1 chunk deleted\n"
    unknown = likewise("collections", "delete", "notes", first["id"], *store)
    assert unknown.exit_code == 1
    assert first["id"] in unknown.stderr


def test_feedback_becomes_training_rows(likewise: Run, shop: Path, tmp_path: Path) -> None:
    hits = json.loads(likewise("search", "shop", "money back", "--json").stdout)["hits"]
    ids = [hit["id"] for hit in hits]
    added = likewise("feedback", "add", "shop", "money back", "--better", ids[1],
                     "--wrong", f"{ids[0]}, {ids[2]}")  # fmt: skip
    assert added.stdout == "shop: 3 corrections stored\n"
    only_wrong = likewise("feedback", "add", "shop", "gifts", "--wrong", ids[0])
    assert only_wrong.exit_code == 0
    listed = likewise("feedback", "list", "shop")
    assert listed.stdout.count("money back") == 3
    out = tmp_path / "rows.jsonl"
    exported = likewise("feedback", "export", "shop", "-o", out)
    assert exported.stdout.startswith("1 row with 2 wrong texts in ")
    assert "1 queries have wrong hits only" in exported.stderr
    [row] = map(json.loads, out.read_text().splitlines())
    assert row == json.loads(likewise("feedback", "export", "shop").stdout)
    assert (row["query"], row["pos"]) == ("money back", [hits[1]["text"]])
    assert set(row["neg"]) == {hits[0]["text"], hits[2]["text"]}
    listing = json.loads(likewise("feedback", "list", "shop", "--json").stdout)["corrections"]
    removed = likewise("feedback", "remove", "shop", *(each["id"] for each in listing))
    assert removed.stdout == "shop: 4 corrections removed\n"
    empty = likewise("feedback", "export", "shop")
    assert (empty.exit_code, empty.stdout) == (1, "")
    assert "likewise feedback add shop" in empty.stderr
    unknown = likewise("feedback", "add", "shop", "money back", "--better", "x")
    assert "no record 'x'" in unknown.stderr


def test_searches_are_saved(likewise: Run, shop: Path) -> None:
    none = likewise("collections", "saved", "shop")
    assert (none.exit_code, none.stdout) == (0, "")
    assert "likewise collections save shop" in none.stderr
    saved = likewise("collections", "save", "shop", "money back", "--title", "refunds")
    assert saved.stdout == "shop: saved 'refunds'\n"
    assert "money back" in likewise("collections", "saved", "shop").stdout
    gone = likewise("collections", "forget", "shop", "refunds")
    assert gone.stdout == "shop: 1 saved search removed\n"
    again = likewise("collections", "forget", "shop", "refunds")
    assert again.exit_code == 1
    assert "likewise collections saved shop" in again.stderr


def test_notes_are_written(likewise: Run, shop: Path) -> None:
    note = "collections", "note", "shop", "refunds", "gifts", "--note", "Ask the team."
    assert likewise(*note).stdout == "shop: 2 notes written\n"
    assert likewise("collections", "notes", "shop").stdout.count("Ask the team.") == 2
    removed = likewise("collections", "note", "shop", "gifts").stdout
    assert removed == "shop: no note on 1 value any more; --note TEXT writes one\n"


def test_outliers_are_listed(likewise: Run, shop: Path) -> None:
    found = likewise("collections", "outliers", "shop", "-k", "2")
    assert found.stdout.count("nearest, ") == 1  # of five texts
    assert "typical here" in found.stderr


def test_versions_are_compared(likewise: Run, tmp_path: Path) -> None:
    store = "--store", tmp_path / "store"
    likewise("collections", "create", "notes", *store)
    add = "collections", "add", "notes", "--source", "notes.txt", "--sync"
    likewise(*add, "It is on Monday.", "Bring plans.", *store)
    likewise(*add, "It is on Tuesday.", "Bring plans.", *store)
    found = likewise("collections", "diff", "notes", "2", "3", *store)
    assert found.stdout == "~ It is on Monday.\n  It is on Tuesday.\n"
    assert "0 added, 0 removed, 1 changed, 1 unchanged" in found.stderr
    unknown = likewise("collections", "diff", "notes", "9", *store)
    assert unknown.exit_code == 1
    assert "stored runs: 1, 2, 3" in unknown.stderr


def test_changed_files_are_indexed_again(likewise: Run, tmp_path: Path) -> None:
    store, file = ("--store", tmp_path / "store"), tmp_path / "notes.txt"
    file.write_text("It is on Monday.\n", "utf-8")
    likewise("index", file, "--into", "notes", *store)
    assert "1 file unchanged" in likewise("collections", "status", "notes", *store).stderr
    file.write_text("It is on Tuesday.\nBring plans.\n", "utf-8")
    assert likewise("collections", "status", "notes", *store).stdout == f"changed  {file}\n"
    synced = likewise("collections", "sync", "notes", *store)
    assert synced.stdout == "notes: 2 chunks added, 1 removed, 0 unchanged\n"
    again = likewise("collections", "sync", "notes", *store)
    assert (again.exit_code, again.stdout) == (0, "")
    assert "no file has changed" in again.stderr


def test_migrating_to_another_model(likewise: Run, shop: Path, tmp_path: Path) -> None:
    first = json.loads(likewise("search", "shop", "money back", "--json").stdout)["hits"]
    likewise("feedback", "add", "shop", "money back", "--better", first[0]["id"])
    to = ("--to", DEFAULT, "--compute", "int8")
    compared = likewise("collections", "migrate", "shop", *to, "--no-switch")
    assert compared.exit_code == 0, compared.stderr
    assert "hits in common" in compared.stdout
    assert "1 query with known answers" in compared.stdout
    assert "still has vectors of" in compared.stderr
    new = likewise("search", "shop", "money back", "--as-of", "migration", "--json")
    assert json.loads(new.stdout)["hits"][0]["id"] == first[0]["id"]
    labels = tmp_path / "labels.jsonl"
    labels.write_text('{"query": "opening hours", "pos": ["The shop opens at nine."]}\n'
                      '{"query": "nothing", "pos": ["not in the collection"]}\n')  # fmt: skip
    switched = likewise("collections", "migrate", "shop", *to, "--labels", labels)
    assert "2 queries with known answers" in switched.stdout
    assert "1 of 2 labelled queries name no text" in switched.stderr
    assert "(int8)" in likewise("collections", "show", "shop").stdout.replace("int8, 384", "int8)")
    assert "migrate" in likewise("collections", "log", "shop").stdout
    again = likewise("collections", "migrate", "shop", *to)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "has vectors of" in again.stderr
    assert likewise("collections", "undo", "shop", "--yes").exit_code == 0
    assert json.loads(likewise("search", "shop", "money back", "--json").stdout)["hits"] == first


def test_a_migration_that_changes_too_much_is_refused(likewise: Run, shop: Path) -> None:
    to = ("--to", DEFAULT, "--compute", "int8", "--min-overlap", 1)
    assert likewise("collections", "migrate", "shop").exit_code == 1
    shop.write_text("".join(f"The number {n} is a number.\n" for n in range(60)))
    likewise("index", shop, "--into", "shop")
    refused = likewise("collections", "migrate", "shop", *to)
    assert refused.exit_code == 1
    assert "not switched: the models share" in refused.stderr
    assert "--force" in refused.stderr
    assert "int8" not in likewise("collections", "show", "shop").stdout
    forced = likewise("collections", "migrate", "shop", *to, "--force")
    assert forced.exit_code == 0
    assert "int8" in likewise("collections", "show", "shop").stdout
    likewise("collections", "undo", "shop", "--yes")
    likewise("collections", "migrate", "shop", *to, "--no-switch")
    gone = likewise("collections", "migrate", "shop", "--discard")
    assert gone.stdout == "shop: new vectors deleted\n"
    assert "no new vectors" in likewise("collections", "migrate", "shop", "--discard").stdout
