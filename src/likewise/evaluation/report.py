"""A model comparison as a self-contained HTML page: no script, no font, no network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from likewise.evaluation.candidates import CandidateResult
from likewise.evaluation.disagreements import EQUAL, shortened
from likewise.evaluation.model_comparison import ModelComparison
from likewise.evaluation.score_report import meaning_section
from likewise.evaluation.style import STYLE, WIDTH, row

COLORS = ("#2563eb", "#d97706", "#059669", "#9333ea", "#dc2626", "#0891b2")
SHAPES = {"float32": "circle", "int8": "square", "binary": "diamond"}
HEIGHT, LEFT, TOP, BOTTOM = 380, 64, 24, 56


def html_report(result: ModelComparison) -> str:
    """A comparison as an HTML page."""
    done = result.manifest
    versions = ", ".join(f"{name} {version}" for name, version in done["versions"].items())
    warning = (
        f'<p class="choice weak">{escape(result.label_warning)}</p>' if result.label_warning else ""
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(result.task)}: which model to use</title><style>{STYLE}</style></head><body>
<h1>{escape(result.task)}: which model to use</h1>
<p class="soft">{result.type}, {result.items:,} items, metric: {result.metric}. Higher is better.
Intervals are 95% bootstrap intervals over the items.</p>
{warning}
<p class="choice"><b>Use {escape(result.choice.label)}</b><br>
{escape(_sentence(result.reason))}</p>
<h2>Quality and speed</h2>
{_scatter(result)}
<h2>All candidates</h2>
<div class="wide first">{_table(result)}</div>
<h2>Item by item</h2>
{_differences(result)}
{_disagreements(result)}
<h2>Lowest scores</h2>
<p class="soft">The items with the lowest scores of {escape(result.choice.label)}.</p>
<div class="wide left">{_failures(result)}</div>
<h2>What a score means</h2>
{meaning_section(result.calibration)}
<h2>Measurement</h2>
<p class="soft">{escape(done["started"])} · {escape(done["machine"]["processor"])},
{done["machine"]["cores"]} cores · {escape(done["machine"]["system"])} · {escape(versions)} ·
seed {done["seed"]}. Speed, memory and start-up time were measured in a separate process for each
model and number format; all vector forms of a model share these figures. Smaller vectors are scored
after quantization and dequantization, without rescoring.</p>
</body></html>
"""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(result: ModelComparison) -> str:
    metric = result.metric.replace("_", "_<wbr>")
    head = ["model · vectors", metric, "95% interval", "difference to best", "p",
            "texts/s", "start", "memory", "bytes"]  # fmt: skip
    rows = [row(head, "th")]
    for item in result.results:
        best = item is result.results[0]
        gap = item.against_best
        quality, cost = item.quality, item.cost
        color = "bad" if gap.significant and gap.interval.value < 0 else "soft"
        cells = [
            escape(item.candidate.label),
            f"{100 * quality.value:.2f}",
            f"{100 * quality.low:.1f} to {100 * quality.high:.1f}",
            "best" if best else f'<span class="{color}">{100 * gap.interval.value:+.2f}</span>',
            "" if best else f"{gap.p:.3f}",
            f"{cost.texts_per_second:,.0f}",
            f"{cost.start_seconds:.1f} s",
            f"{cost.memory_mb:,.0f} MB",
            f"{item.candidate.vector_bytes:,}",
        ]
        line = row(cells)
        chosen = item.candidate == result.choice
        rows.append(line.replace("<tr>", '<tr class="chosen">', 1) if chosen else line)
    return f"<table>{''.join(rows)}</table>"


def _disagreements(result: ModelComparison) -> str:
    """The items on which the choice and the reference differ most, with their texts."""
    labels = [item.candidate.label for item in result.results]
    places = labels.index(result.choice.label), labels.index(result.reference)
    rows = [row(map(escape, ("input", "expected", *(labels[i] for i in places))), "th")]
    for item in result.disagreements.between(*places):
        cells = map(escape, (item.input, item.expected, item.first, item.second))
        rows.append(row(cells).replace("<td>", '<td class="text">'))
    if len(rows) == 1:
        return ""
    return f'<div class="wide left"><table>{"".join(rows)}</table></div>'


def _failures(result: ModelComparison) -> str:
    if not result.failures:
        return '<p class="soft">None: no item has a low score.</p>'
    rows = [row(("input", "expected", "predicted"), "th")]
    for case in result.failures:
        cells = (escape(shortened(text)) for text in (case.input, case.expected, case.predicted))
        rows.append(row(cells).replace("<td>", '<td class="text">'))
    return f"<table>{''.join(rows)}</table>"


def _scatter(result: ModelComparison) -> str:
    results = result.results
    speeds = [math.log10(s.cost.texts_per_second) for s in results]
    left, right = min(speeds) - 0.08, max(speeds) + 0.08
    low = 100 * min(s.quality.low for s in results)
    high = 100 * max(s.quality.high for s in results)
    low, high = low - 0.05 * (high - low) - 0.1, high + 0.05 * (high - low) + 0.1
    plot_width, baseline = WIDTH - LEFT - 20, HEIGHT - BOTTOM

    def x(speed: float) -> float:
        return LEFT + plot_width * (math.log10(speed) - left) / (right - left)

    def y(score: float) -> float:
        return baseline - (baseline - TOP) * (score - low) / (high - low)

    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 20}" y1="{y(v):.1f}" y2="{y(v):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y(v) + 4:.1f}" text-anchor="end">{v:g}</text>'
        for v in _ticks(low, high)
    ]
    parts += [
        f'<text x="{x(v):.1f}" y="{baseline + 18}" text-anchor="middle">{v:,.0f}</text>'
        for v in _log_ticks(10**left, 10**right)
    ]
    models = list(dict.fromkeys(s.candidate.model for s in results))
    shown: dict[float, int] = {}
    for item in results:
        # the forms of a model have the same speed: draw them side by side
        index = shown.get(item.cost.texts_per_second, 0)
        shown[item.cost.texts_per_second] = index + 1
        shift = (index + 1) // 2 * 11 * (1 if index % 2 else -1)
        color = COLORS[models.index(item.candidate.model) % len(COLORS)]
        at = x(item.cost.texts_per_second) + shift
        parts.append(_mark(item, at, [y(100 * v) for v in _ends(item)], color, result))
    legend = " ".join(
        f'<tspan fill="{COLORS[i % len(COLORS)]}">● {escape(m)}</tspan>'
        for i, m in enumerate(models)
    )
    return (
        f'<div class="plot"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-label="quality and speed">'
        f"{''.join(parts)}"
        f'<text x="{LEFT}" y="14">{result.metric} × 100</text>'
        f'<text x="{WIDTH - 20}" y="{baseline + 36}" text-anchor="end">texts per second →</text>'
        f'<text x="{LEFT}" y="{baseline + 36}">{legend}</text>'
        f'<text class="soft" x="{LEFT}" y="{baseline + 52}">● float32 vectors (smaller: fewer '
        "dimensions)  ■ int8  ◆ binary  ◯ recommended</text></svg></div>"
    )


def _ends(item: CandidateResult) -> Sequence[float]:
    return item.quality.low, item.quality.value, item.quality.high


def _mark(
    item: CandidateResult,
    at: float,
    heights: Sequence[float],
    color: str,
    result: ModelComparison,
) -> str:
    bottom, middle, top = heights
    full = max(
        s.candidate.dimension for s in result.results if s.candidate.model == item.candidate.model
    )
    size = 3 + 3 * item.candidate.dimension / full
    title = f"<title>{escape(item.candidate.label)}: {100 * item.quality.value:.2f}</title>"
    shape = SHAPES[item.candidate.precision]
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
        if item.candidate == result.choice
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
    """Round numbers at about equal distances on a logarithmic axis."""
    if high / low < 4:
        return _ticks(low, high)
    steps = (1, 2, 5) if high / low < 100 else (1, 3) if high / low < 1000 else (1,)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = [step * 10.0**decade for decade in decades for step in steps]
    return [mark for mark in marks if low <= mark <= high]


def _differences(result: ModelComparison) -> str:
    """A histogram of the score differences between the choice and the reference, by item."""
    both = np.array(result.per_item_scores)
    gaps = both[:, 0] - both[:, 1]
    better, worse = int(np.sum(gaps > EQUAL)), int(np.sum(gaps < -EQUAL))
    equal = len(gaps) - better - worse
    if result.reference == result.choice.label:
        return '<p class="soft">There is no other model to compare with.</p>'
    limit = max(float(np.abs(gaps).max()), 2 * EQUAL)
    edges = np.linspace(-limit, limit, 21)
    counts, _ = np.histogram(gaps[np.abs(gaps) > EQUAL], edges)
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
        f'text-anchor="{anchor}">{f"{v * limit:+.2f}" if v else "0"}</text>'
        for v, anchor in (
            (-1, "start"),
            (-0.5, "middle"),
            (0, "middle"),
            (0.5, "middle"),
            (1, "end"),
        )
    )
    return (
        f"<p>{escape(result.choice.label)} scores higher than {escape(result.reference)} on "
        f"{better:,} items, lower on {worse:,}, and the same (within {EQUAL:g}) on {equal:,}. The "
        "histogram counts items by score difference: lower (red), higher (green).</p>"
        f'<div class="plot"><svg viewBox="0 0 {WIDTH} {base + 28}" role="img" '
        'aria-label="score differences by item">'
        f'{bars}<line class="grid" x1="20" x2="{WIDTH - 20}" y1="{base}" y2="{base}"/>{axis}'
        "</svg></div>"
    )
