"""A bake-off as one HTML page that needs nothing else: no script, no font, no network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from likewise.evaluation.model_comparison import SAME, ModelComparison, ModelStanding
from likewise.evaluation.score_report import meaning_section
from likewise.evaluation.style import STYLE, WIDTH, row

COLORS = ("#2563eb", "#d97706", "#059669", "#9333ea", "#dc2626", "#0891b2")
SHAPES = {"float32": "circle", "int8": "square", "binary": "diamond"}
HEIGHT, LEFT, TOP, BOTTOM = 380, 64, 24, 56


def html_report(result: ModelComparison) -> str:
    """The whole page."""
    done = result.manifest
    versions = ", ".join(f"{name} {version}" for name, version in done["versions"].items())
    warning = f'<p class="choice weak">{escape(result.weak)}</p>' if result.weak else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(result.task)}: which model to take</title><style>{STYLE}</style></head><body>
<h1>{escape(result.task)}: which model to take</h1>
<p class="soft">{result.kind}, {result.items:,} items, judged by {result.metric}. Higher is better;
intervals hold the score in 95 of 100 resamplings of the items.</p>
{warning}
<p class="choice"><b>Take {escape(result.choice.label)}</b><br>
{escape(_sentence(result.reason))}</p>
<h2>Quality against speed</h2>
{_scatter(result)}
<h2>All of them</h2>
<div class="wide first">{_table(result)}</div>
<h2>Item by item</h2>
{_wins(result)}
<h2>What went worst</h2>
<p class="soft">The items on which {escape(result.choice.label)} did worst.</p>
<div class="wide left">{_failures(result)}</div>
<h2>What a score means</h2>
{meaning_section(result.calibration)}
<h2>How it was made</h2>
<p class="soft">{escape(done["started"])} · {escape(done["machine"]["processor"])},
{done["machine"]["cores"]} cores · {escape(done["machine"]["system"])} · {escape(versions)} ·
seed {done["seed"]}. Speed, memory and start-up were measured in a process of its own for each model
and number format; the smaller forms of a model's vectors share its figures. Smaller vectors are
scored as an index would read them back, without rescoring.</p>
</body></html>
"""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(result: ModelComparison) -> str:
    metric = result.metric.replace("_", "_<wbr>")
    head = ["model · vectors", metric, "95% interval", "against the best", "p",
            "texts/s", "start", "memory", "bytes"]  # fmt: skip
    rows = [row(head, "th")]
    for standing in result.standings:
        best = standing is result.standings[0]
        gap = standing.against_best
        quality, cost = standing.quality, standing.cost
        color = "bad" if gap.significant and gap.interval.value < 0 else "soft"
        cells = [
            escape(standing.contestant.label),
            f"{100 * quality.value:.2f}",
            f"{100 * quality.low:.1f} to {100 * quality.high:.1f}",
            "best" if best else f'<span class="{color}">{100 * gap.interval.value:+.2f}</span>',
            "" if best else f"{gap.p:.3f}",
            f"{cost.texts_per_second:,.0f}",
            f"{cost.start_seconds:.1f} s",
            f"{cost.memory_mb:,.0f} MB",
            f"{standing.contestant.vector_bytes:,}",
        ]
        line = row(cells)
        chosen = standing.contestant == result.choice
        rows.append(line.replace("<tr>", '<tr class="chosen">', 1) if chosen else line)
    return f"<table>{''.join(rows)}</table>"


def _failures(result: ModelComparison) -> str:
    if not result.failures:
        return '<p class="soft">None: nothing went wrong on any item.</p>'
    rows = [row(("asked", "expected", "got"), "th")]
    for case in result.failures:
        cells = (escape(_short(text)) for text in (case.asked, case.expected, case.got))
        rows.append(row(cells).replace("<td>", '<td class="text">'))
    return f"<table>{''.join(rows)}</table>"


def _short(text: str, length: int = 280) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _scatter(result: ModelComparison) -> str:
    standings = result.standings
    speeds = [math.log10(s.cost.texts_per_second) for s in standings]
    left, right = min(speeds) - 0.08, max(speeds) + 0.08
    low = 100 * min(s.quality.low for s in standings)
    high = 100 * max(s.quality.high for s in standings)
    low, high = low - 0.05 * (high - low) - 0.1, high + 0.05 * (high - low) + 0.1
    inner, floor = WIDTH - LEFT - 20, HEIGHT - BOTTOM

    def x(speed: float) -> float:
        return LEFT + inner * (math.log10(speed) - left) / (right - left)

    def y(score: float) -> float:
        return floor - (floor - TOP) * (score - low) / (high - low)

    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 20}" y1="{y(v):.1f}" y2="{y(v):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y(v) + 4:.1f}" text-anchor="end">{v:g}</text>'
        for v in _ticks(low, high)
    ]
    parts += [
        f'<text x="{x(v):.1f}" y="{floor + 18}" text-anchor="middle">{v:,.0f}</text>'
        for v in _log_ticks(10**left, 10**right)
    ]
    models = list(dict.fromkeys(s.contestant.model for s in standings))
    seen: dict[float, int] = {}
    for standing in standings:
        # forms of one model share a speed; side by side they can be told apart
        place = seen.get(standing.cost.texts_per_second, 0)
        seen[standing.cost.texts_per_second] = place + 1
        shift = (place + 1) // 2 * 11 * (1 if place % 2 else -1)
        color = COLORS[models.index(standing.contestant.model) % len(COLORS)]
        at = x(standing.cost.texts_per_second) + shift
        parts.append(_mark(standing, at, [y(100 * v) for v in _ends(standing)], color, result))
    legend = " ".join(
        f'<tspan fill="{COLORS[i % len(COLORS)]}">● {escape(m)}</tspan>'
        for i, m in enumerate(models)
    )
    return (
        f'<div class="plot"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-label="quality against speed">'
        f"{''.join(parts)}"
        f'<text x="{LEFT}" y="14">{result.metric} × 100</text>'
        f'<text x="{WIDTH - 20}" y="{floor + 36}" text-anchor="end">texts a second →</text>'
        f'<text x="{LEFT}" y="{floor + 36}">{legend}</text>'
        f'<text class="soft" x="{LEFT}" y="{floor + 52}">● float32 vectors (smaller: fewer '
        "dimensions)  ■ int8  ◆ binary  ◯ the choice</text></svg></div>"
    )


def _ends(standing: ModelStanding) -> Sequence[float]:
    return standing.quality.low, standing.quality.value, standing.quality.high


def _mark(
    standing: ModelStanding,
    at: float,
    heights: Sequence[float],
    color: str,
    result: ModelComparison,
) -> str:
    bottom, middle, top = heights
    full = max(
        s.contestant.dimension
        for s in result.standings
        if s.contestant.model == standing.contestant.model
    )
    size = 3 + 3 * standing.contestant.dimension / full
    title = (
        f"<title>{escape(standing.contestant.label)}: {100 * standing.quality.value:.2f}</title>"
    )
    shape = SHAPES[standing.contestant.precision]
    if shape == "circle":
        round_ = f'cx="{at:.1f}" cy="{middle:.1f}" r="{size:.1f}"'
        body = f'<circle {round_} fill="{color}">{title}</circle>'
    else:
        turn = f' transform="rotate(45 {at:.1f} {middle:.1f})"' if shape == "diamond" else ""
        body = (
            f'<rect x="{at - size:.1f}" y="{middle - size:.1f}" width="{2 * size:.1f}" '
            f'height="{2 * size:.1f}" fill="{color}"{turn}>{title}</rect>'
        )
    ring = (
        f'<circle cx="{at:.1f}" cy="{middle:.1f}" r="11" fill="none" stroke="{color}" '
        'stroke-width="2"/>'
        if standing.contestant == result.choice
        else ""
    )
    line = (
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{bottom:.1f}" y2="{top:.1f}" stroke="{color}" '
        'stroke-opacity=".45" stroke-width="2"/>'
    )
    return line + body + ring


def _ticks(low: float, high: float) -> list[float]:
    step: float = 10 ** math.floor(math.log10((high - low) / 3))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (m * step) <= 6)
    first = math.ceil(low / step)
    return [round(i * step, 10) for i in range(first, math.floor(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers at about equal steps of a logarithmic axis."""
    if high / low < 4:
        return _ticks(low, high)
    steps = (1, 2, 5) if high / low < 100 else (1, 3) if high / low < 1000 else (1,)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = [step * 10.0**decade for decade in decades for step in steps]
    return [mark for mark in marks if low <= mark <= high]


def _wins(result: ModelComparison) -> str:
    """A histogram of how much better or worse each item went than with the rival."""
    both = np.array(result.goodness)
    gaps = both[:, 0] - both[:, 1]
    better, worse = int(np.sum(gaps > SAME)), int(np.sum(gaps < -SAME))
    same = len(gaps) - better - worse
    if result.rival == result.choice.label:
        return '<p class="soft">The choice is the best there is, and the only model.</p>'
    reach = max(float(np.abs(gaps).max()), 2 * SAME)
    edges = np.linspace(-reach, reach, 21)
    counts, _ = np.histogram(gaps[np.abs(gaps) > SAME], edges)
    tallest = max(1, int(counts.max()))
    width, base = (WIDTH - 40) / 20, 150
    bars = "".join(
        f'<rect x="{20 + i * width + 1:.1f}" y="{base - 120 * n / tallest:.1f}" '
        f'width="{width - 2:.1f}" height="{120 * n / tallest:.1f}" '
        f'fill="{"#dc2626" if i < 10 else "#059669"}"><title>{n}</title></rect>'
        for i, n in enumerate(counts.tolist())
    )
    axis = "".join(
        f'<text x="{20 + (v + 1) / 2 * (WIDTH - 40):.1f}" y="{base + 18}" '
        f'text-anchor="{anchor}">{f"{v * reach:+.2f}" if v else "0"}</text>'
        for v, anchor in (
            (-1, "start"),
            (-0.5, "middle"),
            (0, "middle"),
            (0.5, "middle"),
            (1, "end"),
        )
    )
    return (
        f"<p>{escape(result.choice.label)} did better on {better:,} items, worse on {worse:,}, the "
        f"same (within {SAME:g}) on {same:,}, than {escape(result.rival)}. Below: how many items "
        "went by how much worse (red) or better (green).</p>"
        f'<div class="plot"><svg viewBox="0 0 {WIDTH} {base + 28}" role="img" '
        'aria-label="wins and losses">'
        f'{bars}<line class="grid" x1="20" x2="{WIDTH - 20}" y1="{base}" y2="{base}"/>{axis}'
        "</svg></div>"
    )
