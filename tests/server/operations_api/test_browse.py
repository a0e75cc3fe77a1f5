"""Looking at files before they are indexed, and at collections without a query."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.operations_api.conftest import Running

TABLE = "text,topic,price\nred apple,fruit,1\ngreen pear,fruit,2\nblue car,vehicle,300\na,b,c,d\n"


@pytest.fixture(scope="module")
def collection(server: Running) -> str:
    file = server.send("goods.csv", TABLE)
    server.result(server.begin("/collections/goods/index", files=[file]))
    return "goods"


def test_a_preview_reads_as_an_index_would(server: Running) -> None:
    file = server.send("goods.csv", TABLE)
    found = server.client.post("/preview", json={"files": [file], "rows": 3}).json()
    assert [each["text"] for each in found["records"]] == ["red apple", "green pear", "blue car"]
    assert found["columns"] == ["text", "topic", "price"]
    assert (found["column"], found["whole"]) == ("text", True)
    assert [row["line"] for row in found["skipped"]] == [5]
    other = server.client.post("/preview", json={"files": [file], "column": "topic", "rows": 2})
    assert [each["text"] for each in other.json()["records"]] == ["fruit", "fruit"]
    assert not other.json()["whole"]
    refused = server.client.post("/preview", json={"files": ["/etc/passwd"]})
    assert refused.status_code == 400


def test_records_and_the_values_of_their_columns(server: Running, collection: str) -> None:
    path = f"/collections/{collection}"
    found = server.client.post(f"{path}/browse", json={"offset": 1, "limit": 1}).json()
    assert (len(found["hits"]), found["total"]) == (1, 3)
    some = server.client.post(f"{path}/browse", json={"where": "`topic` = 'fruit'"}).json()
    assert some["total"] == 2
    facets = {
        each["name"]: each
        for each in server.client.post(f"{path}/facets", json={}).json()["facets"]
    }
    assert facets.keys() == {"topic", "price"}  # all are of one source
    assert facets["topic"]["values"][0] == {"value": "fruit", "count": 2}
    assert server.client.post(f"{path}/facets", json={"where": "nonsense("}).status_code == 400


def test_a_path_of_this_machine(server: Running, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "one.txt").write_text("a note\n", "utf-8")
    answer = server.client.post("/files/path", json={"path": str(tmp_path / "notes")})
    assert answer.status_code == 201
    found = server.client.post("/preview", json={"files": [answer.json()["id"]]}).json()
    assert [each["text"] for each in found["records"]] == ["a note"]
    server.client.delete(f"/files/{answer.json()['id']}")
    assert (tmp_path / "notes" / "one.txt").exists()
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    far = server.client.post("/files/path", json={"path": str(tmp_path)}, headers=proxied)
    assert far.status_code == 403
    assert server.client.post("/files/path", json={"path": "/no/such"}).status_code == 400
    assert server.as_key("writer").post("/files/path", json={"path": "/"}).status_code == 403


def test_a_job_says_what_it_is_about(server: Running, collection: str) -> None:
    jobs = server.client.get("/jobs").json()["jobs"]
    assert jobs[0]["request"]["into"] == collection
