"""Collections over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

RECORDS = [
    "The meeting is on Monday.",
    {"text": "The cat sleeps on the sofa.", "fields": {"year": 2020, "lang": "en"}},
    {"text": "The dog barks at night.", "title": "Dogs", "fields": {"year": 2024, "lang": "en"}},
]


@pytest.fixture(scope="module")
def notes(server: Any) -> Any:
    """A server with a collection of three records."""
    made = server.client.post("/collections", json={"name": "notes"})
    assert made.status_code == 200, made.text
    added = server.client.post("/collections/notes/records", json={"records": RECORDS})
    assert added.json()["added"] == 3
    return server


def search(server: Any, **body: Any) -> list[dict[str, Any]]:
    answer = server.client.post("/collections/notes/search", json=body)
    assert answer.status_code == 200, answer.text
    hits: list[dict[str, Any]] = answer.json()["hits"]
    return hits


def test_list_and_show(notes: Any) -> None:
    listed = notes.client.get("/collections").json()["collections"]
    assert [each["name"] for each in listed] == ["notes"]
    shown = notes.client.get("/collections/notes").json()
    assert shown["records"] == 3
    assert shown["whole"]
    again = notes.client.post("/collections", json={"name": "notes"})
    assert again.status_code == 409


@pytest.mark.parametrize("mode", ["semantic", "keyword", "hybrid"])
def test_every_mode(notes: Any, mode: str) -> None:
    [hit] = search(notes, query="cat", top_k=1, mode=mode)
    assert hit["text"] == "The cat sleeps on the sofa."
    assert hit["fields"]["year"] == 2020


def test_conditions_neighbors_and_diversity(notes: Any) -> None:
    [hit] = search(notes, query="an animal", where="year > 2021")
    assert hit["title"] == "Dogs"
    near = search(notes, like=hit["id"], top_k=1)
    assert near[0]["text"] == "The cat sleeps on the sofa."
    assert len(search(notes, query="an animal", diversity=0.5)) == 3
    bad = notes.client.post("/collections/notes/search", json={"query": "a", "where": "nothing ="})
    assert bad.status_code == 400


def test_a_record_by_its_id(notes: Any) -> None:
    [hit] = search(notes, query="dog", top_k=1)
    record = notes.client.get(f"/collections/notes/records/{hit['id']}").json()
    assert record["chunks"] == [{"id": hit["id"], "text": "The dog barks at night."}]
    assert record["title"] == "Dogs"
    assert notes.client.get("/collections/notes/records/unknown").status_code == 404


def test_ask_and_recommend(notes: Any) -> None:
    body = {"question": "When is the meeting?", "false_alarms": 1.0}
    answer = notes.client.post("/collections/notes/ask", json=body).json()
    assert "Monday" in str(answer)
    [hit] = search(notes, query="cat", top_k=1)
    body = {"liked": [hit["id"]], "top_k": 1}
    found = notes.client.post("/collections/notes/recommend", json=body).json()["hits"]
    assert found[0]["because"] == hit["id"]


def test_a_long_record_has_all_its_chunks(notes: Any) -> None:
    long = " ".join(f"Sentence number {number} is about trains." for number in range(100))
    notes.client.post("/collections/notes/records", json={"records": [long], "source": "trains"})
    [hit] = search(notes, query="trains", top_k=1)
    record = notes.client.get(f"/collections/notes/records/{hit['id']}").json()
    assert len(record["chunks"]) == hit["chunks"] > 1
    assert record["source"] == "trains"
    removed = notes.client.post("/collections/notes/records/remove", json={"ids": [hit["id"]]})
    assert removed.json()["removed"] == hit["chunks"]


def test_a_source_is_synchronized_and_others_stay(notes: Any) -> None:
    url = "/collections/notes/records"
    first = {"records": ["alpha one", "alpha two"], "source": "a.txt", "sync": True}
    assert notes.client.post(url, json=first).json()["added"] == 2
    second = {"records": ["alpha two", "alpha three"], "source": "a.txt", "sync": True}
    changed = notes.client.post(url, json=second).json()
    assert (changed["added"], changed["removed"], changed["unchanged"]) == (1, 1, 1)
    more = {"records": ["alpha four"], "source": "a.txt"}
    assert notes.client.post(url, json=more).json()["removed"] == 0
    emptied = notes.client.post(url, json={"records": [], "source": "a.txt", "sync": True})
    assert emptied.json()["removed"] == 3
    assert emptied.json()["records"] == 3  # those without this source
    assert notes.client.post(url, json={"records": ["a"], "sync": True}).status_code == 400


def test_versions(notes: Any) -> None:
    url = "/collections/notes"
    runs = notes.client.get(f"{url}/log").json()["runs"]
    before = runs[-1]["number"]
    notes.client.post(f"{url}/records", json={"records": ["a passing thought"]})
    assert notes.client.get(url).json()["records"] == 4
    [hit] = search(notes, query="thought", top_k=1, as_of=str(before))
    assert hit["text"] != "a passing thought"
    notes.client.post(f"{url}/undo", json={})
    assert notes.client.get(url).json()["records"] == 3
    notes.client.post(f"{url}/redo")
    assert notes.client.get(url).json()["records"] == 4
    restored = notes.client.post(f"{url}/restore", json={"run": before})
    assert restored.json()["run"]["back_to"] == before
    assert notes.client.get(url).json()["records"] == 3


def test_a_file_that_is_sent_again_is_the_same_source(notes: Any) -> None:
    url = "/collections/files/index"
    first = notes.send("mine.txt", "the first line\nthe second line\n")
    assert notes.result(notes.begin(url, files=[first]))["added"] == 2
    again = notes.send("mine.txt", "the second line\nthe third line\n")
    result = notes.result(notes.begin(url, files=[again]))
    assert (result["added"], result["removed"], result["unchanged"]) == (1, 1, 1)
    body = {"query": "third", "top_k": 1}
    [hit] = notes.client.post("/collections/files/search", json=body).json()["hits"]
    assert hit["source"] == "mine.txt"


def test_two_files_of_one_name_are_two_sources(server: Any) -> None:
    def index() -> dict[str, Any]:
        files = [server.send("same.txt", "one\ntwo\n"), server.send("same.txt", "three\n")]
        found: dict[str, Any] = server.result(server.begin("/collections/same/index", files=files))
        return found

    index()
    hits = server.client.post("/collections/same/browse", json={}).json()["hits"]
    assert {(hit["text"], hit["source"]) for hit in hits} == {
        ("one", "same.txt"), ("two", "same.txt"), ("three", "2-same.txt"),
    }  # fmt: skip
    again = index()
    assert (again["added"], again["removed"]) == (0, 0)


def test_the_data_folder(start: Any, tmp_path: Any) -> None:
    data = tmp_path / "data"
    (data / "notes").mkdir(parents=True)
    (data / "notes" / "a.txt").write_text("a harbor\na ladder\n", "utf-8")
    (tmp_path / "secret.txt").write_text("hidden\n", "utf-8")
    (data / "link.txt").symlink_to(tmp_path / "secret.txt")
    running = start(data=str(data))
    url = "/collections/c/index"
    assert running.result(running.begin(url, files=["notes"]))["added"] == 2
    body = {"query": "harbor", "top_k": 1}
    [hit] = running.client.post("/collections/c/search", json=body).json()["hits"]
    assert hit["source"] == "notes/a.txt"
    for name in ("../secret.txt", "link.txt", str(tmp_path / "secret.txt"), "*.txt", "~/a", ""):
        answer = running.client.post(url, json={"files": [name]})
        assert answer.status_code == (202 if name == "" else 400), name
    assert running.client.get("/collections", params={"store": "other"}).status_code == 200
    assert running.client.get("/collections", params={"store": ".."}).status_code == 400


def test_remove_a_collection(notes: Any) -> None:
    notes.client.post("/collections", json={"name": "short"})
    assert notes.client.delete("/collections/short").json() == {"collection": "short", "chunks": 0}
    assert notes.client.delete("/collections/short").status_code == 404


def test_feedback(notes: Any) -> None:
    [hit] = search(notes, query="an animal", top_k=1)
    path = "/collections/notes/feedback"
    added = notes.client.post(path, json={"query": "an animal", "better": [hit["id"]]})
    assert added.status_code == 200, added.text
    [listed] = notes.client.get(path).json()["corrections"]
    assert (listed["query"], listed["hit"], listed["verdict"]) == ("an animal", hit["id"], "better")
    rows = notes.client.post(f"{path}/export", json={}).json()["rows"]
    assert rows == [{"query": "an animal", "pos": [listed["text"]], "neg": []}]
    removed = notes.client.post(f"{path}/remove", json={"ids": [listed["id"]]})
    assert removed.json()["removed"] == 1
    assert notes.client.post(path, json={"query": "an animal"}).status_code == 400


def test_saved_searches(notes: Any) -> None:
    path = "/collections/notes/searches"
    body = {"query": "an animal", "title": "animals", "where": "line > 0", "view": "q=an+animal"}
    saved = notes.client.post(path, json=body)
    assert saved.status_code == 200, saved.text
    [listed] = notes.client.get(path).json()["searches"]
    assert [listed] == saved.json()["searches"]
    assert {name: listed[name] for name in body} == body
    wrong = notes.client.post(path, json=body | {"where": "nowhere > 0"})
    assert wrong.status_code == 400
    assert "nowhere" in wrong.json()["error"]["message"]
    removed = notes.client.post(f"{path}/remove", json={"ids": [listed["id"]]})
    assert removed.json() == {"collection": "notes", "removed": 1}
    assert notes.client.post(f"{path}/remove", json={"ids": ["x"]}).status_code == 400
    assert notes.client.get("/collections/none/searches").status_code == 404


def test_migration_is_a_job(notes: Any) -> None:
    values = {"model": "all-MiniLM-L6-v2", "compute": "int8"}
    job = notes.wait(notes.begin("/collections/notes/migrate", **values))
    assert job["status"] == "done", job
    result = notes.client.get(f"/jobs/{job['id']}/result").json()
    assert result["switched"]
    assert result["run"]["action"] == "migrate"
    assert search(notes, query="cat", top_k=1)[0]["text"] == "The cat sleeps on the sofa."
    assert notes.client.post("/collections/notes/undo").status_code == 200
