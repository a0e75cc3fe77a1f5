"""`python -m benchmarks`: list, run one, run all, set the peers up, rewrite the pages."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.contenders import CONTENDERS
from benchmarks.environments import set_up
from benchmarks.options import Options
from benchmarks.pages import BENCHMARKS, rewrite
from benchmarks.results import UnavailableError, write
from benchmarks.texts import DATA


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("benchmarks", nargs="*", metavar="NAME", help="which to run, or: all")
    parser.add_argument("--peers", action="store_true", help="set up the peers' environments")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of texts")
    parser.add_argument("--rounds", type=int, help="turns of each contender")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=[c.name for c in CONTENDERS],
        help="measure this contender (can be given again)",
    )
    parser.add_argument("--pages", action="store_true", help="only rewrite the pages")
    given = parser.parse_args()
    names = list(BENCHMARKS) if given.benchmarks == ["all"] else given.benchmarks
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    if (names or given.peers) and not (given.data / "speed" / "sentences.txt").exists():
        parser.error(f"{given.data} has no speed/sentences.txt; --data names a folder that has")
    if given.peers:
        set_up(given.data.resolve())
    options = Options(given.data, given.rounds, tuple(given.only))
    unavailable = []
    for name in names:
        try:
            print(write(BENCHMARKS[name].run(options)))
        except UnavailableError as reason:
            unavailable.append(str(reason))
    if names or given.pages:
        for page in rewrite():
            print(page)
    if not (names or given.pages or given.peers):
        for name, benchmark in BENCHMARKS.items():
            print(f"{name:12} {benchmark.QUESTION}")
    if unavailable:
        raise SystemExit("\n".join(unavailable))


if __name__ == "__main__":
    main()
