"""What a model's scores mean, drawn and in words: a part of a page, or a page of its own."""

from __future__ import annotations

import math
from html import escape

from likewise.evaluation.calibration import Calibration, Cut
from likewise.evaluation.results import manifest
from likewise.evaluation.style import STYLE, WIDTH, row

HEIGHT, LEFT, TOP, FLOOR = 300, 56, 16, 250
RANDOM, CHANCE, CUT = "#2563eb", "#059669", "#d97706"


def calibration_page(found: Calibration, model: str, source: str) -> str:
    """A whole page that needs nothing else.

    Args:
        found: what the scores mean.
        model: of whose scores.
        source: what the texts were read from.
    """
    record = manifest()
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    title = escape(f"What scores of {model} mean on {source}")
    labelled = f" and {found.labelled:,} labelled ones" if found.labelled else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{STYLE}</style></head><body>
<h1>{title}</h1>
<p class="soft">{found.texts:,} texts, {found.pairs:,} random pairs of them{labelled}. Other texts
have other cuts.</p>
<h2>Where to cut</h2>
{meaning_section(found)}
<h2>How it was made</h2>
<p class="soft">{escape(record["started"])} · {escape(versions)} · seed {found.seed}</p>
</body></html>
"""


def meaning_section(found: Calibration) -> str:
    """Suggested cuts, a plot, and what every tenth of a cosine means."""
    known = found.labelled > 0
    head = ("cosine", "above so many random pairs", "chance of a true pair")[: 2 + known]
    rows = [row(head, "th")]
    for meaning in found.meanings[::2]:
        chance = [f"{meaning.probability:.0%}"] if known else []
        rows.append(row([f"{meaning.score:.1f}", f"{100 * meaning.percentile:.2f}%", *chance]))
    cuts = "".join(
        f"<p><b>{cut.purpose}</b>: cut at {cut.threshold.value:.2f} "
        f"({cut.threshold.low:.2f} to {cut.threshold.high:.2f}); {escape(cut.basis)}.</p>"
        for cut in found.cuts
    )
    return f'{cuts}{_plot(found)}<div class="wide narrow"><table>{"".join(rows)}</table></div>'


def _x(score: float) -> float:
    return LEFT + (WIDTH - LEFT - 20) * max(0.0, min(1.0, score))


def _y(share: float) -> float:
    return FLOOR - (FLOOR - TOP) * share


def _plot(found: Calibration) -> str:
    """Shares by cosine; the suggested cuts stand in it, their intervals behind them."""
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 20}" y1="{_y(v):.1f}" y2="{_y(v):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{_y(v) + 4:.1f}" text-anchor="end">{v:.0%}</text>'
        for v in (0, 0.25, 0.5, 0.75, 1)
    ) + "".join(
        f'<text x="{_x(v / 5):.1f}" y="{FLOOR + 18}" text-anchor="middle">{v / 5:g}</text>'
        for v in range(6)
    )
    lines = [_line([(m.score, m.percentile) for m in found.meanings], RANDOM)]
    legend = f'<tspan fill="{RANDOM}">— random pairs that score lower</tspan>'
    if found.labelled:
        lines.append(_line([(m.score, m.probability) for m in found.meanings], CHANCE))
        legend += f' <tspan fill="{CHANCE}">— chance of a true pair</tspan>'
    cuts = "".join(map(_cut, found.cuts))
    return (
        f'<div class="plot"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="what a cosine means">{grid}{cuts}{"".join(lines)}'
        f'<text x="{LEFT}" y="{FLOOR + 38}">{legend} <tspan fill="{CUT}">▮ cuts</tspan></text>'
        f'<text x="{WIDTH - 20}" y="{FLOOR + 38}" text-anchor="end">cosine →</text></svg></div>'
    )


def _line(points: list[tuple[float, float]], color: str) -> str:
    drawn = " ".join(f"{_x(a):.1f},{_y(b):.1f}" for a, b in points if not math.isnan(b))
    return f'<polyline points="{drawn}" fill="none" stroke="{color}" stroke-width="2"/>'


def _cut(cut: Cut) -> str:
    at, low, high = (_x(v) for v in (cut.threshold.value, cut.threshold.low, cut.threshold.high))
    return (
        f'<rect x="{low:.1f}" y="{TOP}" width="{max(1.0, high - low):.1f}" '
        f'height="{FLOOR - TOP}" fill="{CUT}" fill-opacity=".2"/>'
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{FLOOR}" stroke="{CUT}"/>'
        f'<text transform="translate({at - 4:.1f} {FLOOR - 6}) rotate(-90)">{cut.purpose}</text>'
    )
