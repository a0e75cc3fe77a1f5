"""The server under load, against the library in process and against other servers."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from benchmarks.figures import percentile
from benchmarks.load import Load, latencies, wrk
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.servers import SERVERS, RunningServer, running
from benchmarks.tables import Table
from benchmarks.texts import queries, sentences

QUESTION = "How does the server do under load, in ratio to the library and to other servers?"
ROUNDS = 2
SECONDS = 10
CLIENTS = (1, 8, 64, 256)
BULK = 50_000
"""Texts of the bulk job beside which single queries are measured."""


def run(options: Options) -> Result:
    """Each server in turn, Likewise between two measurements in process; again in each round."""
    texts = sentences(options.data, 4000)
    rows: dict[str, Any] = {"in process": [], "servers": {}}
    notes: list[str] = []
    model = model_folder()
    for _ in range(options.rounds or ROUNDS):
        inside = [_in_process(texts, queries(options.data, 300))]
        for name in SERVERS:
            try:
                with running(
                    name, model, *(model_options() if name == "likewise" else ())
                ) as server:
                    measure = _measure if name == "likewise" else _measure_peer
                    row = measure(server, texts, queries(options.data, 300))
                    rows["servers"].setdefault(name, []).append(row)
            except UnavailableError as reason:
                notes.append(str(reason))
            if name == "likewise":
                inside.append(_in_process(texts, queries(options.data, 300)))
        rows["in process"].append(
            {figure: _mean(each[figure] for each in inside) for figure in inside[0]}
        )
    with running("likewise", model, *model_options()) as server:
        rows["beside a bulk job"] = _beside_bulk(server, texts, queries(options.data, 100))
    with running("likewise", model, *model_options(), "--max-wait", "1") as server:
        rows["overload"] = _overload(server, texts)
    return Result("serving", options.command("serving"), rows, notes=sorted(set(notes)))


def tables(result: Result) -> list[Table]:
    """Throughput by clients, then against the peers."""
    inside = result.rows["in process"]
    servers: dict[str, list[dict[str, Any]]] = result.rows["servers"]
    own = servers["likewise"]
    return [
        Table(
            title="The server by the number of clients, one short text a request",
            head=("clients", "requests a second", "of in-process", "p50", "p99"),
            rows=tuple(
                (
                    clients,
                    f"{_rate(own, clients):.0f}",
                    f"{_ratio(own, inside, clients):.0%}",
                    f"{_mean(row[clients]['p50'] for row in own) * 1e3:.1f} ms",
                    f"{_mean(row[clients]['p99'] for row in own) * 1e3:.1f} ms",
                )
                for clients in (str(clients) for clients in CLIENTS)
            ),
        ),
        Table(
            title="64 clients, against other servers",
            head=("server", "one text a request", "× likewise", "32 texts a request, texts/s"),
            rows=tuple(
                (
                    name,
                    f"{_rate(found, '64'):.0f}",
                    f"{_rate(found, '64') / _rate(own, '64'):.2f}",
                    f"{_rate(found, '64 × 32') * 32:.0f}",
                )
                for name, found in servers.items()
            ),
        ),
    ]


def _measure(server: RunningServer, texts: list[str], short: list[str]) -> dict[str, Any]:
    wrk(server, texts, clients=8, seconds=3)  # warm
    found: dict[str, Any] = {
        str(clients): _row(wrk(server, texts, clients=clients, seconds=SECONDS))
        for clients in CLIENTS
    }
    found["64 × 32"] = _row(wrk(server, texts, clients=64, batch=32, seconds=2 * SECONDS))
    found["one client p50"] = percentile(latencies(server, short), 50)
    return found


def _measure_peer(server: RunningServer, texts: list[str], short: list[str]) -> dict[str, Any]:
    wrk(server, texts, clients=8, seconds=3)
    return {
        "64": _row(wrk(server, texts, clients=64, seconds=SECONDS)),
        "64 × 32": _row(wrk(server, texts, clients=64, batch=32, seconds=2 * SECONDS)),
        "one client p50": percentile(latencies(server, short[:100]), 50),
    }


def _beside_bulk(server: RunningServer, texts: list[str], short: list[str]) -> dict[str, Any]:
    """Latencies of single queries while 50,000 texts are encoded, 1,000 a request."""
    alone = latencies(server, short)
    stop = threading.Event()
    bulk = [f"{text} {i}" for i in range(BULK // len(texts) + 1) for text in texts][:BULK]

    def send() -> None:
        for start in range(0, len(bulk), 2000):
            if stop.is_set():
                return
            _post(server, bulk[start : start + 2000])

    before = _metric(server)
    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    beside = latencies(server, short, seconds=20)
    after = _metric(server)
    stop.set()
    for thread in threads:
        thread.join()
    batches = after["likewise_batches_total"] - before["likewise_batches_total"]
    seconds = after["likewise_batch_seconds_total"] - before["likewise_batch_seconds_total"]
    batch = seconds / batches
    return {
        "event loop late, p99": _lag(server),
        "alone p50": percentile(alone, 50), "alone p99": percentile(alone, 99),
        "p50": percentile(beside, 50), "p99": percentile(beside, 99), "queries": len(beside),
        "seconds of a batch": batch, "p99 in batches": percentile(beside, 99) / batch,
    }  # fmt: skip


def _overload(server: RunningServer, texts: list[str]) -> dict[str, Any]:
    """Four times the requests that the server can answer; it lets one second of work wait."""
    wrk(server, texts, clients=8, seconds=3)
    peak = wrk(server, texts, clients=64, seconds=SECONDS)
    over = wrk(server, texts, clients=512, seconds=SECONDS, rate=4 * peak.per_second)
    again = wrk(server, texts, clients=8, seconds=SECONDS)
    return {
        "peak": _row(peak), "overload": _row(over), "afterwards": _row(again),
        "goodput": over.per_second / peak.per_second,
    }  # fmt: skip


def _in_process(texts: list[str], short: list[str]) -> dict[str, float]:
    import likewise

    model = likewise.load(model_folder())
    model.encode(texts[:500])
    rate = len(texts) / _seconds(lambda: model.encode(texts))
    each = [_seconds(lambda text=text: model.encode([text])) for text in short]  # type: ignore[misc]
    return {"texts per second": rate, "p50": percentile(each, 50)}


def model_folder() -> str:
    """The folder of the model that is served."""
    from likewise.hub.locate import locate

    return str(locate("all-MiniLM-L6-v2").folder)


def model_options() -> tuple[str, ...]:
    """Options of Likewise that name the model as the peers do."""
    return "--alias", f"model={model_folder()}"


def _row(load: Load) -> dict[str, float]:
    return asdict(load) | {"per second": load.per_second}


def _post(server: RunningServer, texts: list[str]) -> None:
    body = json.dumps({"input": texts, "model": "model"}).encode()
    request = urllib.request.Request(server.url, body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            answer.read()
    except urllib.error.HTTPError as refused:
        if refused.code != HTTPStatus.TOO_MANY_REQUESTS:
            raise
        time.sleep(float(refused.headers["Retry-After"]))
        _post(server, texts)


def _metric(server: RunningServer) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    plain = [line.split(" ") for line in lines if line and line[0] != "#" and "{" not in line]
    return {name: float(value) for name, value in plain}


def _lag(server: RunningServer) -> float:
    """The lag of the event loop in seconds, 99th percentile: the upper limit of its bucket."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    found = re.findall(r'likewise_event_loop_lag_seconds_bucket{le="([^"]+)"} ([0-9.]+)', text)
    most = float(found[-1][1])
    return next(float(limit) for limit, count in found if float(count) >= 0.99 * most)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _mean(values: Any) -> float:
    found = list(values)
    return float(sum(found) / len(found))


def _rate(rows: list[dict[str, Any]], load: str) -> float:
    return _mean(row[load]["per second"] for row in rows)


def _ratio(own: list[dict[str, Any]], inside: list[dict[str, float]], clients: str) -> float:
    return _mean(
        row[clients]["per second"] / base["texts per second"]
        for row, base in zip(own, inside, strict=True)
    )
