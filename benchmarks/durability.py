"""Durability: an index build killed twenty times at random points."""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks import texts
from benchmarks.indexing import done, start
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.tables import Table
from likewise.corpus.opening import open_collection
from likewise.corpus.records import read_records
from likewise.errors import CollectionError

QUESTION = "Does an index build survive kill -9: nothing lost that was reported, nothing doubled?"
KILLS = 20
COUNT = 100_000
SHORTEST, LONGEST = 2.0, 14.0
"""Seconds after which a build is killed, drawn between these."""


def run(options: Options) -> Result:
    """Kill a build again and again, look at what is there each time, let it finish at last."""
    chance = random.Random(0)
    kills = options.rounds or KILLS
    count = int(os.environ.get("LIKEWISE_BENCHMARK_COUNT", COUNT))
    lost = doubled = finished = 0
    there: list[int] = []
    with tempfile.TemporaryDirectory(prefix="likewise-") as folder:
        file, store = Path(folder) / "sentences.txt", str(Path(folder) / "store")
        lines = texts.sentences(options.data, count)
        file.write_text("\n".join(lines) + "\n", "utf-8")
        before = 0
        for _ in range(kills):
            reported = _killed(file, store, chance.uniform(SHORTEST, LONGEST))
            ids = _ids(store)
            finished += reported < 0
            lost += max(before + max(reported, 0) - len(ids), 0)
            doubled += len(ids) - len(set(ids))
            before = len(ids)
            there.append(len(ids))
            print(f"reported {reported:,}, there {len(ids):,}", file=sys.stderr)
            if before >= count:  # all is written; begin again
                store, before = str(Path(folder) / f"store{len(there)}"), 0
        done("told", file=str(file), store=store, compute="auto")
        collection = open_collection("killed", store=store)
        wanted = sum(1 for _ in read_records(file))
        whole = collection.summary().whole and collection.summary().records == wanted
    rows = {
        "kills": kills, "finished_before": finished, "lost": lost, "doubled": doubled,
        "there": there, "whole": whole,
    }  # fmt: skip
    return Result("durability", options.command("durability"), rows)


def _killed(file: Path, store: str, seconds: float) -> int:
    """Kill a build; how many passages it had reported as written, -1 where it had finished."""
    process = start("told", file=str(file), store=store, compute="auto")
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout or ()))
    reader.start()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reader.join()
    if any("finished" in line for line in said):
        return -1
    reported = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) written", "".join(said))]
    return max(reported, default=0)


def _ids(store: str) -> list[str]:
    try:
        return list(open_collection("killed", store=store)._table.to_arrow()["id"].to_pylist())
    except CollectionError:
        return []  # killed before there was anything


def tables(result: Result) -> list[Table]:
    """What became of the kills."""
    rows = result.rows
    return [
        Table(
            title="An index build killed with kill -9 at random points, and begun again",
            head=("kills", "reported and lost", "doubled", "whole at the end"),
            rows=(
                (
                    str(rows["kills"]),
                    f"{rows['lost']:,}",
                    f"{rows['doubled']:,}",
                    "yes" if rows["whole"] else "no",
                ),
            ),
        )
    ]
