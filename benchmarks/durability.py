"""Durability: index builds with the real model, killed twenty times at random points."""

from __future__ import annotations

import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import texts
from benchmarks.indexing import run_task, start
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.tables import Table
from likewise.collections.open_collection import open_collection
from likewise.data.records import read_records
from likewise.errors import CollectionNotFoundError

QUESTION = "Does an index build survive kill -9: are no reported rows lost and none duplicated?"
KILLS = 20
COUNT = 24_000
"""Enough rows for an approximate vector index to be built."""
COMMIT_ROWS = 1_000
"""The default is 16,384; a smaller value gives a short build many commits."""
TIMEOUT = 60.0
"""Seconds after which a build without the expected message is killed."""


@dataclass(frozen=True)
class Moment:
    """A point in the build at which to kill it.

    Attributes:
        name: the step the build is in.
        message: text of the progress message to wait for; empty to wait for a new data file.
        seconds: the kill follows within this random delay.
        times: number of such messages to wait for.
    """

    name: str
    message: str
    seconds: float
    times: int = 1


WRITING = (
    Moment("a commit", "", 0.02),
    Moment("encoding", "written", 3.0),
    Moment("a commit", "", 0.02),
    Moment("the first texts", "loaded", 1.0),
    Moment("a later commit", "written", 1.0, times=2),
)
"""Repeated while texts are being written."""
FINISHING = (
    Moment("joining files", "joining files", 0.01),
    Moment("indexing words", "indexing words", 0.05),
    Moment("indexing vectors", "indexing vectors", 1.0),
)
"""Used for the last 30% of the kills."""


@dataclass(frozen=True)
class Killed:
    """State after one kill.

    Attributes:
        moment: the step that the kill was aimed at.
        last_message: last message of the build.
        before: chunks stored when it started.
        reported: chunks it reported as written.
        stored: chunks stored after the kill.
        distinct: distinct ids among them; equal to `stored` if nothing is duplicated.
    """

    moment: str
    last_message: str
    before: int
    reported: int
    stored: int
    distinct: int

    @property
    def lost(self) -> int:
        """Chunks that were stored before or reported as written, and are missing."""
        return max(self.before + self.reported - self.stored, 0)


def run(options: Options) -> Result:
    """Kill a build repeatedly, check the stored rows each time, then let it finish."""
    chance = random.Random(0)
    kills = options.rounds or KILLS
    late = kills * 3 // 10
    found: list[Killed] = []
    with tempfile.TemporaryDirectory(prefix="likewise-") as folder:
        file, store = Path(folder) / "sentences.txt", str(Path(folder) / "store")
        lines = texts.sentences(options.data, COUNT)
        file.write_text("\n".join(lines) + "\n", "utf-8")
        expected = sum(1 for _ in read_records(file))
        build = {"file": str(file), "store": store, "compute": "auto", "commit_rows": COMMIT_ROWS}
        while len(found) < kills:
            moments = WRITING if len(found) < kills - late else FINISHING
            moment = moments[len(found) % len(moments)]
            before = found[-1].stored if found else 0
            spare = Path(folder) / "spare"
            if moments is FINISHING:
                shutil.copytree(store, spare)
            one = _killed(build, before, moment, chance)
            print(one, file=sys.stderr)
            if not one.last_message.startswith("{"):
                found.append(one)
            elif moments is FINISHING:  # it finished before the kill: restore and try again
                shutil.rmtree(store)
                spare.rename(store)
            shutil.rmtree(spare, ignore_errors=True)
        run_task("report", **build)
        summary = open_collection("killed", store=store).summary()
        complete = (
            summary.whole and summary.records == expected and _ids(store)[1] == summary.chunks
        )
    rows = {
        "kills": [asdict(one) for one in found],
        "lost": sum(one.lost for one in found),
        "duplicated": sum(one.stored - one.distinct for one in found),
        "records": expected,
        "complete": complete,
    }
    versions = {name: version(name) for name in ("likewise", "lancedb", "openvino")}
    return Result("durability", options.command("durability"), rows, versions)


def _killed(build: dict[str, Any], before: int, moment: Moment, chance: random.Random) -> Killed:
    """Start a build and kill it at the given moment."""
    messages: list[str] = []

    def listen(process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            messages.append(line.strip())  # noqa: PERF401 - read by the main thread meanwhile

    def reached() -> bool:
        if moment.message:
            return sum(moment.message in line for line in messages) >= moment.times
        return "loaded" in messages and len(list(files.glob("*.lance"))) > len(old)

    files = Path(build["store"]) / "killed.lance" / "data"
    process = start("report", **build)
    reader = threading.Thread(target=listen, args=(process,))
    reader.start()
    old = list(files.glob("*.lance"))
    started = time.monotonic()
    while not reached() and process.poll() is None and time.monotonic() - started < TIMEOUT:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, moment.seconds))
    process.send_signal(signal.SIGKILL)
    process.wait()
    reader.join()
    reported = [
        int(n.replace(",", "")) for n in re.findall(r"([\d,]+) written", "\n".join(messages))
    ]
    stored, distinct = _ids(build["store"])
    last = messages[-1] if messages else ""
    return Killed(moment.name, last, before, max(reported, default=0), stored, distinct)


def _ids(store: str) -> tuple[int, int]:
    """Number of stored chunks, and of distinct ids."""
    try:
        table = open_collection("killed", store=store)._table
    except CollectionNotFoundError:
        return 0, 0  # killed before the first commit
    ids = table.search().select(["id"]).to_arrow()["id"].to_pylist()
    return len(ids), len(set(ids))


def tables(result: Result) -> list[Table]:
    """Outcome of the kills."""
    rows = result.rows
    moments = Counter(one["moment"] for one in rows["kills"])
    return [
        Table(
            title=f"Builds of {rows['records']:,} sentences killed with kill -9 and restarted",
            head=("kills", "during", "reported rows lost", "duplicated", "complete at the end"),
            rows=(
                (
                    str(len(rows["kills"])),
                    ", ".join(f"{name} {count}" for name, count in moments.items()),
                    f"{rows['lost']:,}",
                    f"{rows['duplicated']:,}",
                    "yes" if rows["complete"] else "no",
                ),
            ),
        )
    ]
