"""Share of the peak matrix throughput that encoding reaches; padding and overhead are losses."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import likewise
from benchmarks import texts
from benchmarks.adapters import checkpoint
from benchmarks.contenders import CONTENDERS
from benchmarks.figures import Spread, spread
from benchmarks.machine import this_machine
from benchmarks.options import Options
from benchmarks.processes import loaded
from benchmarks.results import Result
from benchmarks.tables import Table
from likewise.engine.openvino.roofline import CHAINS, Multiplier

QUESTION = "What share of the machine's matrix peak does encoding reach?"
ROUNDS = 5
SECONDS = 1.0
"""Seconds per chain of matrix products in a round."""
FORMATS = {"likewise float32": "float32", "likewise auto": "bfloat16", "likewise int8": "int8"}
"""Number format whose peak a contender is compared with; `auto` is bfloat16 where supported."""


def run(options: Options) -> Result:
    """Alternate matrix products and encoding; multiply-adds per second by round."""
    some = {
        "sentences": texts.sentences(options.data, 4000),
        "documents": texts.documents(options.data, 300),
    }
    model = likewise.load("all-MiniLM-L6-v2", compute="auto")
    work = {
        kind: sum(multiply_adds(count.kept) for count in model.count_tokens(part))
        for kind, part in some.items()
    }
    formats = FORMATS if model.compute == "bfloat16" else FORMATS | {"likewise auto": "float32"}
    with loaded(c for c in options.chosen(CONTENDERS) if c.ours) as field:
        computes = sorted({formats[name] for name in field.processes})
        peaks = [
            (compute, Multiplier(chain, compute, this_machine().cores))
            for compute in computes
            for chain in CHAINS
        ]
        peak: dict[str, dict[str, list[float]]] = {
            compute: {chain.name: [] for chain in CHAINS} for compute in computes
        }
        reached: dict[str, dict[str, list[float]]] = {
            name: {kind: [] for kind in some} for name in field.processes
        }
        for process in field.processes.values():
            for part in some.values():
                process.ask("encode", texts=part)
        for turn in range(options.rounds or ROUNDS):
            for compute, multiplier in peaks:
                peak[compute][multiplier.chain.name].append(multiplier.rate(SECONDS))
            for name, process in field.processes.items():
                for kind, part in some.items():
                    seconds = process.ask("encode", texts=part)["seconds"]
                    reached[name][kind].append(work[kind] / seconds)
            print(turn, file=sys.stderr)
    rows = {"peak": peak, "reached": {n: {"format": formats[n], **r} for n, r in reached.items()}}
    return Result("peak", options.command("peak"), rows, field.versions, field.notes)


def multiply_adds(tokens: int) -> int:
    """Multiply-adds the network needs for a text: projections, feed-forward and attention."""
    config = json.loads((checkpoint.folder() / "config.json").read_text("utf-8"))
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    token = 4 * hidden * hidden + 2 * hidden * inner + 2 * tokens * hidden
    return int(config["num_hidden_layers"] * tokens * token)


def tables(result: Result) -> list[Table]:
    """Peaks, and shares of the highest peak in the same round."""
    peak, reached = result.rows["peak"], result.rows["reached"]
    best = {c: [max(x) for x in zip(*chains.values(), strict=True)] for c, chains in peak.items()}
    return [
        Table(
            title="Matrix products, 10¹² operations per second",
            head=("products", *peak),
            rows=tuple(
                (chain.name, *(_tera(spread(peak[c][chain.name])) for c in peak))
                for chain in CHAINS
            ),
        ),
        Table(
            title="Encoding, 10¹² operations per second, and share of the highest peak",
            head=("contender", "sentences", "share", "documents", "share"),
            rows=tuple(
                (
                    f"{name} ({row['format']})",
                    *(
                        cell
                        for kind in ("sentences", "documents")
                        for cell in (
                            _tera(spread(row[kind])),
                            _share(row[kind], best[row["format"]]),
                        )
                    ),
                )
                for name, row in reached.items()
            ),
        ),
    ]


def _tera(rate: Spread) -> str:
    # a multiplication and an addition are two operations
    return "{median:.2f} ({low:.2f}–{high:.2f})".format(
        **{name: 2e-12 * value for name, value in asdict(rate).items()}
    )


def _share(reached: list[float], peak: list[float]) -> str:
    share = spread([a / b for a, b in zip(reached, peak, strict=True)])
    return f"{share.median:.0%} ({share.low:.0%}–{share.high:.0%})"
