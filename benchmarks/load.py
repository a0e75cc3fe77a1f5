"""Load on a server: wrk for many clients, a plain client for latencies under other load."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import UnavailableError
from benchmarks.servers import RunningServer

_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local bodies, n, good = {{}}, 0, 0
for line in io.lines("{bodies}") do bodies[#bodies + 1] = line end
function init() math.randomseed(os.time()); n = math.random(#bodies) end
{delay}
function request()
  n = n % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[n])
end
function done(summary, latency)
  local f = io.open("{result}", "w")
  f:write(string.format('{{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, ' ..
    '"lost": %d}}', summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6,
    latency:percentile(99) / 1e6, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
  f:close()
end
"""


@dataclass(frozen=True)
class Load:
    """What some seconds of load gave.

    Attributes:
        requests: that were answered, refused ones too.
        refused: that were answered with a status of 400 or more.
        lost: that were not answered.
        seconds: that it took.
        p50: median of the latencies, in seconds.
        p99: 99th percentile of the latencies, in seconds.
    """

    requests: int
    refused: int
    lost: int
    seconds: float
    p50: float
    p99: float

    @property
    def per_second(self) -> float:
        """Requests a second that were answered well."""
        return (self.requests - self.refused) / self.seconds


def wrk(
    server: RunningServer,
    texts: list[str],
    *,
    clients: int,
    batch: int = 1,
    seconds: float = 10,
    rate: float | None = None,
) -> Load:
    """Clients that each send a request as soon as the last was answered, or at a given rate.

    Args:
        server: what is measured.
        texts: they are sent in turn.
        clients: connections.
        batch: texts of a request.
        seconds: how long.
        rate: requests a second of all clients, at most; each waits a random time before the next.

    Raises:
        UnavailableError: wrk is not installed.
    """
    if not shutil.which("wrk"):
        raise UnavailableError("wrk is not installed (apt-get install wrk)")
    with tempfile.TemporaryDirectory() as folder:
        bodies, result = Path(folder) / "bodies", Path(folder) / "result.json"
        script = Path(folder) / "load.lua"
        groups = [texts[i : i + batch] for i in range(0, len(texts) - batch + 1, batch)]
        inputs = [group[0] if batch == 1 else group for group in groups]
        bodies.write_text(
            "".join(json.dumps({"input": given, "model": "model"}) + "\n" for given in inputs),
            "utf-8",
        )
        longest = int(2000 * clients / rate) if rate else 0  # ms; the mean is half of it
        delay = f"function delay() return math.random({longest}) end" if rate else ""
        script.write_text(_SCRIPT.format(bodies=bodies, result=result, delay=delay), "utf-8")
        subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "60s", "--latency",
             "-s", str(script), server.url],
            check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return Load(**json.loads(result.read_text("utf-8")))


def latencies(server: RunningServer, texts: list[str], seconds: float = 0) -> list[float]:
    """Seconds of requests of one client, one after the other.

    Args:
        server: what is measured.
        texts: one a request.
        seconds: how long at the least; the texts are sent again until then.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    found: list[float] = []
    until = time.monotonic() + seconds
    while not found or time.monotonic() < until:
        for text in texts:
            body = json.dumps({"input": text, "model": "model"})
            started = time.perf_counter()
            connection.request("POST", server.path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            found.append(time.perf_counter() - started)
            if answer.status != 200:
                raise UnavailableError(f"{server.name} answered with {answer.status}")
    connection.close()
    return found
