"""Jobs: their course, events, files, and what becomes of them when the server ends."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from likewise.server.job_store import JobStore
from likewise.server.operations_api.service import stay

PAIRS = "a cat sleeps\nthe invoice is late\na cat sleeps\nwhere is the station?\n"
UNKNOWN = "0" * 32


def long_texts(count: int) -> str:
    """Texts that take the model a while."""
    words = "harbor ladder violin winter market signal forest engine island pepper".split()  # noqa: SIM905
    lines = (
        f"{number} " + " ".join(words[(number * step) % 10] for step in range(1, 60))
        for number in range(count)
    )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def rate(server: Any) -> float:
    """Long texts a second that this machine encodes now."""
    texts = long_texts(100).splitlines()
    for _ in range(2):  # the first call loads the model
        begun = time.perf_counter()
        server.client.post("/encode", json={"texts": texts, "compute": "float32"})
        seconds = time.perf_counter() - begun
    return len(texts) / seconds


def events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """Server-sent events as they arrive."""
    event: dict[str, Any] = {}
    for line in response.iter_lines():
        if line.startswith(":"):
            continue
        if not line:
            yield event
            event = {}
            continue
        name, _, value = line.partition(": ")
        event[name] = json.loads(value) if name == "data" else value


def is_half_done(job: dict[str, Any], count: int) -> bool:
    """Whether a job over this many texts is in the middle of them."""
    return bool(job["progress"] and job["progress"]["done"] > count / 2)


def test_a_job_from_file_to_file(server: Any) -> None:
    file = server.send("pairs.txt", PAIRS)
    answer = server.client.post("/dedupe", json={"files": [file], "output": "clean.txt"})
    assert answer.status_code == 202
    job_id = answer.json()["id"]
    assert answer.headers["location"] == f"/api/v1/jobs/{job_id}"
    job = server.wait(job_id)
    assert job["status"] == "done"
    assert "duplicates" in {message["code"] for message in job["messages"]}
    result = server.client.get(f"/jobs/{job_id}/result").json()
    assert (result["records"], result["removed"]) == (4, 1)
    assert result["groups"][0]["representative"]["source"] == "pairs.txt"
    names = [each["name"] for each in server.client.get(f"/jobs/{job_id}/files").json()["files"]]
    assert names == ["clean.plan.jsonl", "clean.removed.txt", "clean.txt"]
    clean = server.client.get(f"/jobs/{job_id}/files/clean.txt")
    gone = f"/jobs/{job_id}/files/gone.txt"
    assert server.client.get(gone).status_code == 404
    assert server.client.get(gone, params={"optional": True}).status_code == 204
    assert clean.text.splitlines() == ["a cat sleeps", "the invoice is late",
                                       "where is the station?"]  # fmt: skip
    everything = json.dumps(job) + json.dumps(result)
    assert "/jobs/" + job_id + "/clean" not in everything
    assert "/uploads/" not in everything


def test_a_plan_of_one_job_is_applied_by_another(server: Any) -> None:
    file = server.send("pairs.txt", PAIRS)
    first = server.begin("/dedupe", files=[file], plan="plan.jsonl")
    server.result(first)
    second = server.begin(
        "/dedupe/apply", plan=f"jobs/{first}/files/plan.jsonl", output="clean.txt"
    )
    assert server.result(second)["removed"] == 1
    assert server.client.get(f"/jobs/{second}/files/clean.txt").text.count("\n") == 3


def test_a_file_is_encoded(server: Any) -> None:
    file = server.send("pairs.csv", "text,n\na cat,1\na dog,2\n")
    job_id = server.begin("/encode", file=file, output="vectors.npy")
    assert server.result(job_id)["texts"] == 2
    content = server.client.get(f"/jobs/{job_id}/files/vectors.npy").content
    assert np.frombuffer(content[-2 * 384 * 4 :], "<f4").reshape(2, 384).shape == (2, 384)


def test_a_job_that_fails_says_why(server: Any) -> None:
    file = server.send("empty.txt", "\n")
    job = server.wait(server.begin("/cluster", files=[file]))
    assert job["status"] == "failed"
    assert job["error"]["type"] in ("record", "input")
    assert "uploads" not in json.dumps(job)
    answer = server.client.get(f"/jobs/{job['id']}/result")
    assert answer.status_code == 409


def test_limits_that_a_result_misses_are_reported(server: Any) -> None:
    rows = "sentence1,sentence2,score\n"
    rows += "".join(f"a cat {n},a dog {n * 7},{n % 5}\n" for n in range(12))
    file = server.send("rated.csv", rows)
    job_id = server.begin("/evaluate", models=["all-MiniLM-L6-v2"], tasks=[file], output="a.json")
    server.result(job_id)
    saved = server.client.get(f"/jobs/{job_id}/files/a.json").json()
    for scores in saved["models"][0]["tasks"][0]["scores"]["test"]:
        scores["main_score"] += 0.5
        scores["cosine_spearman"] += 0.5
    baseline = server.send("better.json", json.dumps(saved))
    again = server.begin(
        "/evaluate", models=["all-MiniLM-L6-v2"], tasks=[file], baseline=baseline, cache=False
    )
    job = server.wait(again)
    assert job["status"] == "done"
    assert "fell from" in job["failure"]["reasons"][0]


def test_events_resume_where_a_client_stopped(server: Any, rate: float) -> None:
    file = server.send("long.txt", long_texts(int(3 * rate)))
    job_id = server.begin("/encode", file=file, output="vectors.npy", compute="float32")
    url = f"/jobs/{job_id}/events"
    with server.client.stream("GET", url) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        seen = events(stream)
        first = [next(seen) for _ in range(3)]
    assert [event["event"] for event in first[:2]] == ["status", "status"]
    last = int(first[-1]["id"])
    with server.client.stream("GET", url, headers={"Last-Event-ID": str(last)}) as stream:
        rest = list(events(stream))
    numbers = [int(event["id"]) for event in rest]
    assert numbers == sorted(numbers)
    assert numbers[0] > last
    assert rest[-1]["event"] == "done"
    assert rest[-1]["data"] == {"status": "done"}
    assert "wrote" in {e["data"]["code"] for e in rest if e["event"] == "message"}
    with server.client.stream("GET", url) as stream:  # a job that has ended
        assert list(events(stream))[-1]["data"] == {"status": "done"}


def test_two_clients_watch_one_job(server: Any, rate: float) -> None:
    file = server.send("long.txt", long_texts(int(2 * rate)))
    job_id = server.begin("/encode", file=file, output="vectors.npy", compute="float32")
    found: list[list[dict[str, Any]]] = []

    def watch() -> None:
        with server.as_key("").stream("GET", f"/jobs/{job_id}/events") as stream:
            found.append(list(events(stream)))

    threads = [threading.Thread(target=watch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seen[-1]["event"] for seen in found] == ["done", "done"]


def test_a_job_is_cancelled_and_resumed(server: Any, rate: float) -> None:
    count = int(8 * rate)
    file = server.send("long.txt", long_texts(count))
    job_id = server.begin("/encode", file=file, output="vectors.npy", compute="float32")
    waiting = server.begin("/cluster", files=[file])
    server.wait(job_id, lambda job: bool(job["progress"] and job["progress"]["done"]))
    assert server.client.delete(f"/jobs/{waiting}").json()["status"] == "cancelled"
    assert server.client.post(f"/jobs/{job_id}/resume").status_code == 409
    server.client.delete(f"/jobs/{job_id}")
    assert server.wait(job_id)["status"] == "cancelled"
    assert server.client.post(f"/jobs/{job_id}/resume").status_code == 202
    assert server.result(job_id)["texts"] == count


def test_jobs_and_files_belong_to_a_key(server: Any) -> None:
    mine, other = server.as_key("writer-1"), server.as_key("writer-2")
    file = server.send("pairs.txt", PAIRS, mine)
    assert other.get(f"/files/{file}").status_code == 404
    refused = other.post("/dedupe", json={"files": [file]})
    assert refused.status_code == 400
    job_id = mine.post("/dedupe", json={"files": [file], "plan": "p.jsonl"}).json()["id"]
    while mine.get(f"/jobs/{job_id}").json()["status"] in ("queued", "running"):
        time.sleep(0.1)
    for path in ("", "/result", "/events", "/files", "/files/p.jsonl"):
        assert mine.get(f"/jobs/{job_id}{path}").status_code == 200, path
        assert other.get(f"/jobs/{job_id}{path}").status_code == 404, path
    assert other.delete(f"/jobs/{job_id}").status_code == 404
    plan = other.post("/dedupe/apply", json={"plan": f"jobs/{job_id}/files/p.jsonl",
                                             "output": "a.txt"})  # fmt: skip
    assert plan.status_code == 400
    assert [job["id"] for job in mine.get("/jobs").json()["jobs"]] == [job_id]
    assert other.get("/jobs").json()["jobs"] == []


def test_names_of_files_do_not_leave_the_folder(server: Any) -> None:
    file = server.send("pairs.txt", PAIRS)
    job_id = server.begin("/dedupe", files=[file], output="clean.txt")
    server.result(job_id)
    for name in ("..%2f..%2fjobs.sqlite", "%2fetc%2fpasswd", "a%00b"):
        assert server.client.get(f"/jobs/{job_id}/files/{name}").status_code == 404, name


def test_the_queue_is_bounded(start: Any, rate: float) -> None:
    running = start(max_queued=2)
    file = running.send("long.txt", long_texts(int(60 * rate)))
    body = {"file": file, "output": "v.npy", "compute": "float32"}
    first = running.begin("/encode", **body)
    running.wait(first, lambda job: job["status"] == "running")
    for _ in range(2):
        running.begin("/encode", **body)
    full = running.client.post("/encode", json=body)
    assert full.status_code == 429
    assert int(full.headers["retry-after"]) > 0
    assert full.json()["error"]["type"] == "queue_full"


def test_a_job_survives_kill_9(start: Any, tmp_path: Any, rate: float) -> None:
    shared = {"state": str(tmp_path / "state"), "store": str(tmp_path / "store")}
    count = int(12 * rate)
    killed = start(**shared)
    file = killed.send("long.txt", long_texts(count))
    index = killed.begin("/collections/notes/index", files=[file], compute="float32")
    killed.wait(index, lambda job: is_half_done(job, count))
    waiting = killed.begin("/dedupe", files=[file])
    killed.kill()

    again = start(**shared)
    result = again.result(index)
    assert again.client.get(f"/jobs/{index}").json()["attempts"] == 2
    assert result["records"] == count
    assert result["unchanged"] > 0  # what the first server wrote
    assert result["added"] == count - result["unchanged"]
    hits = again.client.post("/collections/notes/search", json={"query": "1 harbor", "top_k": 1})
    assert hits.json()["hits"][0]["source"] == "long.txt"
    assert again.client.delete(f"/jobs/{waiting}").status_code == 200


def test_what_cannot_resume_is_interrupted(start: Any, tmp_path: Any, rate: float) -> None:
    shared = {"state": str(tmp_path / "state"), "store": str(tmp_path / "store")}
    killed = start(**shared)
    count = int(5 * rate)
    file = killed.send("long.txt", long_texts(count))
    job_id = killed.begin("/dedupe", files=[file], compute="float32")
    killed.wait(job_id, lambda job: bool(job["progress"] and job["progress"]["done"]))
    killed.kill()
    again = start(**shared)
    job = again.wait(job_id)
    assert job["status"] == "interrupted"
    assert again.client.get(f"/jobs/{job_id}/result").status_code == 409
    assert again.client.post(f"/jobs/{job_id}/resume").json()["status"] in ("queued", "running")
    assert again.result(job_id)["records"] == count


def test_a_stop_leaves_a_job_to_the_next_server(start: Any, tmp_path: Any, rate: float) -> None:
    shared = {"state": str(tmp_path / "state"), "store": str(tmp_path / "store")}
    stopped = start(**shared)
    count = int(15 * rate)
    file = stopped.send("long.txt", long_texts(count))
    job_id = stopped.begin("/encode", file=file, output="v.npy", compute="float32")
    stopped.wait(job_id, lambda job: is_half_done(job, count))
    with stopped.client.stream("GET", f"/jobs/{job_id}/events") as stream:
        next(events(stream))
        assert "Traceback" not in stopped.stop()
    again = start(**shared)
    assert again.result(job_id)["resumed"] > 0


def test_two_servers_share_the_jobs(start: Any, tmp_path: Any, rate: float) -> None:
    shared = {"state": str(tmp_path / "state"), "store": str(tmp_path / "store")}
    first, second = start(**shared), start(**shared)
    count = int(8 * rate)
    file = second.send("long.txt", long_texts(count))
    job_id = second.begin("/encode", file=file, output="v.npy", compute="float32")
    second.wait(job_id, lambda job: bool(job["progress"] and job["progress"]["done"]))
    assert first.client.get(f"/jobs/{job_id}").json()["status"] == "running"
    first.kill()  # it ran the job: the other one takes over
    assert second.result(job_id)["texts"] == count


def test_unknown_jobs(server: Any) -> None:
    assert server.client.get(f"/jobs/{UNKNOWN}").status_code == 404
    assert server.client.get(f"/jobs/{UNKNOWN}/events").status_code == 404
    assert server.client.delete("/jobs/1").status_code == 422


def test_jobs_of_one_operation_are_listed(server: Any) -> None:
    server.client.post("/dedupe", json={"files": [server.send("pairs.txt", PAIRS)]})
    listed = server.client.get("/jobs", params={"operation": "dedupe"}).json()["jobs"]
    assert {job["operation"] for job in listed} == {"dedupe"}
    assert server.client.get("/jobs", params={"operation": "compare"}).json()["jobs"] == []


def test_old_jobs_are_deleted_and_comparisons_stay_longer(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite", max_queued=9)
    now = time.time()
    for days, operation in ((8, "dedupe"), (6, "index"), (300, "compare"), (366, "evaluate")):
        name = f"{operation}-{days}"
        store.add(name, "me", operation, {})
        store.cancel(name)
        with sqlite3.connect(tmp_path / "jobs.sqlite") as database:
            database.execute(
                "UPDATE jobs SET finished = ? WHERE id = ?", (now - 86_400 * days, name)
            )
    store.add("waiting", "me", "dedupe", {})
    assert sorted(store.delete_finished(stay)) == ["dedupe-8", "evaluate-366"]
    assert {job.id for job in store.of("me")} == {"index-6", "compare-300", "waiting"}
    store.close()
