"""`python -m benchmarks`: list benchmarks, run them, set up the peers, update the pages."""

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
    """Command-line entry point."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("benchmarks", nargs="*", metavar="NAME", help="which to run, or: all")
    parser.add_argument("--peers", action="store_true", help="set up the peers' environments")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of texts")
    parser.add_argument("--rounds", type=int, help="measurements of each contender")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="measure this contender, or this section of a benchmark that has some (repeatable)",
    )
    parser.add_argument("--pages", action="store_true", help="only update the pages")
    args = parser.parse_args()
    names = list(BENCHMARKS) if args.benchmarks == ["all"] else args.benchmarks
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    sections = [name for each in names for name in getattr(BENCHMARKS[each], "SECTIONS", ())]
    known = [*(c.name for c in CONTENDERS), *sections]
    if unknown := set(args.only) - set(known):
        parser.error(f"--only {', '.join(sorted(unknown))}: choose from {', '.join(known)}")
    if (names or args.peers) and not (args.data / "speed" / "sentences.txt").exists():
        parser.error(
            f"{args.data} has no speed/sentences.txt; use --data to name a folder that has it"
        )
    if args.peers:
        set_up(args.data.resolve())
    options = Options(args.data, args.rounds, tuple(args.only))
    unavailable = []
    for name in names:
        try:
            print(write(BENCHMARKS[name].run(options)))
        except UnavailableError as reason:
            unavailable.append(str(reason))
    if names or args.pages:
        for page in rewrite():
            print(page)
    if not (names or args.pages or args.peers):
        for name, benchmark in BENCHMARKS.items():
            print(f"{name:12} {benchmark.QUESTION}")
    if unavailable:
        raise SystemExit("\n".join(unavailable))


if __name__ == "__main__":
    main()
