"""Minutes of mixed load: does memory stay, do descriptors leak, does anything fail?"""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.servers import RunningServer, running
from benchmarks.serving import model_folder, model_options
from benchmarks.tables import Table
from benchmarks.texts import documents, sentences

QUESTION = "Does the server stay the same after minutes of requests in every dialect?"
SECONDS = 600
CLIENTS = 8


def run(options: Options) -> Result:
    """8 clients, each choosing a dialect at random for every request; memory every 10 seconds."""
    texts = sentences(options.data, 4000) + documents(options.data, 200)
    seconds = 60 * options.rounds if options.rounds else SECONDS
    with running("likewise", model_folder(), *model_options()) as server:
        counts: Counter[str] = Counter()
        stop = threading.Event()
        clients = [
            threading.Thread(target=_client, args=(server, texts, counts, stop, seed))
            for seed in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        samples = []
        started = time.monotonic()
        while (passed := time.monotonic() - started) < seconds:
            time.sleep(10)
            samples.append(
                {
                    "seconds": passed + 10,
                    "MiB": server.process.memory_info().rss / 2**20,
                    "descriptors": server.process.num_fds(),
                }
            )
        stop.set()
        for client in clients:
            client.join()
    rows = {"requests": dict(counts), "samples": samples, **_summary(samples)}
    return Result("mixed_load", options.command("mixed_load"), rows)


def tables(result: Result) -> list[Table]:
    """Memory and descriptors at one minute and at the end."""
    rows = result.rows
    answered = sum(count for name, count in rows["requests"].items() if name.endswith(" 200"))
    failed = sum(rows["requests"].values()) - answered
    return [
        Table(
            title=f"{len(rows['samples']) / 6:.0f} minutes of requests in every dialect",
            head=("requests", "failed", "memory after a minute", "at most later", "descriptors"),
            rows=(
                (
                    f"{answered:,}",
                    str(failed),
                    f"{rows['MiB after a minute']:.0f} MiB",
                    f"{rows['most MiB later']:.0f} MiB ({rows['growth']:+.1%})",
                    f"{rows['descriptors after a minute']} and {rows['descriptors at the end']}",
                ),
            ),
        )
    ]


def _summary(samples: list[dict[str, float]]) -> dict[str, float]:
    first = next(each for each in samples if each["seconds"] >= 60)
    later = [each for each in samples if each["seconds"] > first["seconds"]] or [first]
    most = max(each["MiB"] for each in later)
    return {
        "MiB after a minute": first["MiB"],
        "most MiB later": most,
        "growth": most / first["MiB"] - 1,
        "descriptors after a minute": first["descriptors"],
        "descriptors at the end": samples[-1]["descriptors"],
    }


def _requests(texts: list[str], chance: random.Random) -> list[tuple[str, dict[str, Any]]]:
    some = chance.sample(texts, chance.choice((1, 1, 1, 4, 32)))
    one = some[0]
    return [
        ("/v1/embeddings", {"input": some, "model": "model"}),
        ("/v1/embeddings", {"input": one, "model": "model", "encoding_format": "base64"}),
        ("/embed", {"inputs": some, "truncate": True}),
        (
            "/similarity",
            {
                "inputs": {"source_sentence": one, "sentences": some},
                "parameters": {"truncate": True},
            },
        ),
        ("/tokenize", {"inputs": some}),
        ("/v2/rerank", {"model": "model", "query": one, "documents": some}),
        (
            "/v2/embed",
            {
                "model": "model", "texts": some, "input_type": "search_query",
                "embedding_types": ["float", "int8"],
            },
        ),
        ("/api/embed", {"model": "model", "input": some}),
        ("/api/v1/similarity", {"a": one, "b": some[-1]}),
    ]  # fmt: skip


def _client(
    server: RunningServer,
    texts: list[str],
    counts: Counter[str],
    stop: threading.Event,
    seed: int,
) -> None:
    chance = random.Random(seed)
    while not stop.is_set():
        path, body = chance.choice(_requests(texts, chance))
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}{path}",
            json.dumps(body).encode(),
            {"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                answer.read()
                status = str(answer.status)
        except urllib.error.HTTPError as error:
            status = str(error.code)
        except OSError as error:
            status = type(error).__name__
        counts[f"{path} {status}"] += 1
