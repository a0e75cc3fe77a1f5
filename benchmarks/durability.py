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
from benchmarks.indexing import done, start
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.tables import Table
from likewise.collections.open_collection import open_collection
from likewise.data.records import read_records
from likewise.errors import CollectionNotFoundError

QUESTION = "Does an index build survive kill -9: nothing lost that was reported, nothing doubled?"
KILLS = 20
COUNT = 24_000
"""Enough for an index of neighbours to be built at the end."""
COMMIT_ROWS = 1_000
"""What people get is 16,384; a short build has many commits this way, so many points to be hit."""
PATIENCE = 60.0
"""A build that says nothing for so long is killed: so all of it comes to an end."""


@dataclass(frozen=True)
class Moment:
    """A time to kill.

    Attributes:
        name: what the build does then.
        awaited: what it says before that; nothing where a file is awaited.
        seconds: the kill falls somewhere in these after it.
        times: how often it must have said it.
    """

    name: str
    awaited: str
    seconds: float
    times: int = 1


WRITING = (
    Moment("a commit", "", 0.02),
    Moment("encoding", "written", 3.0),
    Moment("a commit", "", 0.02),
    Moment("the first texts", "loaded", 1.0),
    Moment("a later commit", "written", 1.0, times=2),
)
"""Turn by turn while texts are left."""
FINISHING = (
    Moment("joining files", "joining files", 0.01),
    Moment("indexing words", "indexing words", 0.05),
    Moment("indexing vectors", "indexing vectors", 1.0),
)
"""The last kills."""


@dataclass(frozen=True)
class Killed:
    """What one kill left.

    Attributes:
        moment: what it fell into, as it was meant.
        said: what the build had said last.
        before: passages that were there when it began.
        reported: passages that it reported as written.
        there: passages that are there.
        different: ids among them; as many, if nothing is doubled.
    """

    moment: str
    said: str
    before: int
    reported: int
    there: int
    different: int

    @property
    def lost(self) -> int:
        """Passages that were reported as written, or were there before, and are not there."""
        return max(self.before + self.reported - self.there, 0)


def run(options: Options) -> Result:
    """Kill a build again and again, look at what is there each time, let it finish at last."""
    chance = random.Random(0)
    kills = options.rounds or KILLS
    late = kills * 3 // 10
    found: list[Killed] = []
    with tempfile.TemporaryDirectory(prefix="likewise-") as folder:
        file, store = Path(folder) / "sentences.txt", str(Path(folder) / "store")
        lines = texts.sentences(options.data, COUNT)
        file.write_text("\n".join(lines) + "\n", "utf-8")
        wanted = sum(1 for _ in read_records(file))
        build = {"file": str(file), "store": store, "compute": "auto", "commit_rows": COMMIT_ROWS}
        while len(found) < kills:
            moments = WRITING if len(found) < kills - late else FINISHING
            moment = moments[len(found) % len(moments)]
            before = found[-1].there if found else 0
            spare = Path(folder) / "spare"
            if moments is FINISHING:
                shutil.copytree(store, spare)
            one = _killed(build, before, moment, chance)
            print(one, file=sys.stderr)
            if not one.said.startswith("{"):
                found.append(one)
            elif moments is FINISHING:  # it was whole before it was hit, so it is hit once more
                shutil.rmtree(store)
                spare.rename(store)
            shutil.rmtree(spare, ignore_errors=True)
        done("told", **build)
        summary = open_collection("killed", store=store).summary()
        whole = summary.whole and summary.records == wanted and _ids(store)[1] == summary.chunks
    rows = {
        "kills": [asdict(one) for one in found],
        "lost": sum(one.lost for one in found),
        "doubled": sum(one.there - one.different for one in found),
        "records": wanted,
        "whole": whole,
    }
    versions = {name: version(name) for name in ("likewise", "lancedb", "openvino")}
    return Result("durability", options.command("durability"), rows, versions)


def _killed(build: dict[str, Any], before: int, moment: Moment, chance: random.Random) -> Killed:
    """Kill a build at some moment."""
    said: list[str] = []

    def listen(process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            said.append(line.strip())  # noqa: PERF401 - others look at it meanwhile

    def come() -> bool:
        if moment.awaited:
            return sum(moment.awaited in line for line in said) >= moment.times
        return "loaded" in said and len(list(files.glob("*.lance"))) > len(old)

    files = Path(build["store"]) / "killed.lance" / "data"
    process = start("told", **build)
    reader = threading.Thread(target=listen, args=(process,))
    reader.start()
    old = list(files.glob("*.lance"))
    began = time.monotonic()
    while not come() and process.poll() is None and time.monotonic() - began < PATIENCE:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, moment.seconds))
    process.send_signal(signal.SIGKILL)
    process.wait()
    reader.join()
    reported = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) written", "\n".join(said))]
    there, different = _ids(build["store"])
    last = said[-1] if said else ""
    return Killed(moment.name, last, before, max(reported, default=0), there, different)


def _ids(store: str) -> tuple[int, int]:
    """Passages that are there, and how many different ones."""
    try:
        table = open_collection("killed", store=store)._table
    except CollectionNotFoundError:
        return 0, 0  # killed before there was anything
    ids = table.search().select(["id"]).to_arrow()["id"].to_pylist()
    return len(ids), len(set(ids))


def tables(result: Result) -> list[Table]:
    """What became of the kills."""
    rows = result.rows
    moments = Counter(one["moment"] for one in rows["kills"])
    return [
        Table(
            title=f"Builds of {rows['records']:,} sentences killed with kill -9, and begun again",
            head=("kills", "amid", "reported and lost", "doubled", "whole at the end"),
            rows=(
                (
                    str(len(rows["kills"])),
                    ", ".join(f"{name} {count}" for name, count in moments.items()),
                    f"{rows['lost']:,}",
                    f"{rows['doubled']:,}",
                    "yes" if rows["whole"] else "no",
                ),
            ),
        )
    ]
