"""The summary table of the READMEs: each claim with its measured ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.contenders import REFERENCE
from benchmarks.figures import ratios
from benchmarks.results import Result
from benchmarks.tables import Table, best_peer

OPENVINO = "sentence-transformers OpenVINO bfloat16"


@dataclass(frozen=True)
class Words:
    """Texts of the summary in one language."""

    title: str
    head: tuple[str, ...]
    rows: Mapping[str, str]
    below: str


@dataclass(frozen=True)
class Row:
    """A claim, and where its figures are in a result.

    Attributes:
        key: key of its label in `Words.rows`.
        benchmark: name of the benchmark.
        ours: name of the Likewise contender.
        seconds: key of the seconds per round in a row of the result.
        peer: the peer to compare with; None for the fastest one.
    """

    key: str
    benchmark: str
    ours: str
    seconds: str = "seconds"
    peer: str | None = None


ROWS = (
    Row("int8 sentences", "sentences", "likewise int8"),
    Row("int8 documents", "documents", "likewise int8"),
    Row("auto sentences", "sentences", "likewise auto", peer=OPENVINO),
    Row("auto documents", "documents", "likewise auto", peer=OPENVINO),
    Row("int8 query", "latency", "likewise int8", "p50 by round"),
    Row("auto query", "latency", "likewise auto", "p50 by round"),
    Row("auto cold", "cold_start", "likewise auto"),
)

ENGLISH = Words(
    title="all-MiniLM-L6-v2 on {cores} cores of {processor}: how many times faster",
    head=("", "than sentence-transformers (torch float32)", "than the best peer"),
    rows={
        "int8 sentences": "many sentences, int8",
        "int8 documents": "documents of 256 tokens, int8",
        "auto sentences": "many sentences, `auto`",
        "auto documents": "documents of 256 tokens, `auto`",
        "int8 query": "one short query, warm, int8",
        "auto query": "one short query, warm, `auto`",
        "auto cold": "a cold process to its first vector",
    },
    below="Medians of ratios taken in one run on the same texts; ranges, versions, machine and "
    "commands are in [benchmarks](benchmarks/README.md). `python -m benchmarks` measures yours.",
)

CHINESE = Words(
    title="all-MiniLM-L6-v2，{processor} 的 {cores} 个核心：快多少倍",
    head=("", "对比 sentence-transformers（torch float32）", "对比最快的同类"),
    rows={
        "int8 sentences": "大量句子，int8",
        "int8 documents": "256 个词元的文档，int8",
        "auto sentences": "大量句子，`auto`",
        "auto documents": "256 个词元的文档，`auto`",
        "int8 query": "单条短查询（预热后），int8",
        "auto query": "单条短查询（预热后），`auto`",
        "auto cold": "冷启动到第一个向量",
    },
    below="同一次运行、相同文本下各轮比值的中位数；范围、版本、机器与命令见 "
    "[benchmarks](benchmarks/README.md)。用 `python -m benchmarks` 可在你的机器上重新测量。",
)


def summary(found: Mapping[str, Result], words: Words) -> str:
    """The table of claims in one language; rows without a measurement are omitted."""
    rows = [line for row in ROWS if (line := _line(row, found, words))]
    if not rows:
        return ""
    machine = next(iter(found.values())).machine
    title = words.title.format(cores=machine["cores"], processor=machine["processor"])
    return f"{Table(title, words.head, tuple(rows)).markdown()}\n\n{words.below}"


def _line(row: Row, found: Mapping[str, Result], words: Words) -> tuple[str, ...] | None:
    result = found.get(row.benchmark)
    if result is None or row.ours not in result.rows:
        return None
    seconds = {name: figures[row.seconds] for name, figures in result.rows.items()}
    if REFERENCE not in seconds:
        return None
    peer = row.peer if row.peer in seconds else best_peer(seconds)
    ours = seconds[row.ours]
    return (
        words.rows[row.key],
        f"{ratios(seconds[REFERENCE], ours).median:.1f}×",
        f"{ratios(seconds[peer], ours).median:.1f}× ({peer})",
    )
