"""What a model's scores mean, as plot, table and text: a section of a page, or a page."""

from __future__ import annotations

import math
from html import escape

from likewise.evaluation.calibration import Calibration, SuggestedThreshold
from likewise.evaluation.results import manifest
from likewise.evaluation.style import STYLE, WIDTH, row

HEIGHT, LEFT, TOP, BASELINE = 300, 56, 16, 250
RANDOM, PROBABILITY, THRESHOLD = "#2563eb", "#059669", "#d97706"


def calibration_page(calibration: Calibration, model: str, source: str) -> str:
    """A self-contained HTML page.

    Args:
        calibration: what the scores mean.
        model: name of the model.
        source: name of the file of the texts.
    """
    record = manifest()
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    title = escape(f"What scores of {model} mean on {source}")
    labelled = f" and {calibration.labelled:,} labelled pairs" if calibration.labelled else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{STYLE}</style></head><body>
<h1>{title}</h1>
<p class="soft">{calibration.texts:,} texts, {calibration.pairs:,} random pairs{labelled}. Other
texts need other thresholds.</p>
<h2>Suggested thresholds</h2>
{meaning_section(calibration)}
<h2>Measurement</h2>
<p class="soft">{escape(record["started"])} · {escape(versions)} · seed {calibration.seed}</p>
</body></html>
"""


def meaning_section(calibration: Calibration) -> str:
    """Suggested thresholds, a plot, and a table by steps of 0.1 of the cosine."""
    known = calibration.labelled > 0
    head = ("cosine", "random pairs below", "probability of a match")[: 2 + known]
    rows = [row(head, "th")]
    for meaning in calibration.meanings[::2]:
        probability = [f"{meaning.probability:.0%}"] if known else []
        rows.append(row([f"{meaning.score:.1f}", f"{100 * meaning.percentile:.2f}%", *probability]))
    thresholds = "".join(
        f"<p><b>{item.purpose}</b>: {item.interval.value:.2f} "
        f"(95% interval {item.interval.low:.2f} to {item.interval.high:.2f}); "
        f"{escape(item.basis)}.</p>"
        for item in calibration.thresholds
    )
    table = f'<div class="wide narrow"><table>{"".join(rows)}</table></div>'
    return thresholds + _plot(calibration) + table


def _x(score: float) -> float:
    return LEFT + (WIDTH - LEFT - 20) * max(0.0, min(1.0, score))


def _y(share: float) -> float:
    return BASELINE - (BASELINE - TOP) * share


def _plot(calibration: Calibration) -> str:
    """Shares by cosine, with the suggested thresholds and their intervals."""
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 20}" y1="{_y(v):.1f}" y2="{_y(v):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{_y(v) + 4:.1f}" text-anchor="end">{v:.0%}</text>'
        for v in (0, 0.25, 0.5, 0.75, 1)
    ) + "".join(
        f'<text x="{_x(v / 5):.1f}" y="{BASELINE + 18}" text-anchor="middle">{v / 5:g}</text>'
        for v in range(6)
    )
    lines = [_line([(m.score, m.percentile) for m in calibration.meanings], RANDOM)]
    legend = f'<tspan fill="{RANDOM}">— random pairs that score lower</tspan>'
    if calibration.labelled:
        lines.append(_line([(m.score, m.probability) for m in calibration.meanings], PROBABILITY))
        legend += f' <tspan fill="{PROBABILITY}">— probability of a match</tspan>'
    legend += f' <tspan fill="{THRESHOLD}">▮ thresholds</tspan>'
    thresholds = "".join(map(_threshold, calibration.thresholds))
    return (
        f'<div class="plot"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="what a cosine means">{grid}{thresholds}{"".join(lines)}'
        f'<text x="{LEFT}" y="{BASELINE + 38}">{legend}</text>'
        f'<text x="{WIDTH - 20}" y="{BASELINE + 38}" text-anchor="end">cosine →</text></svg></div>'
    )


def _line(points: list[tuple[float, float]], color: str) -> str:
    drawn = " ".join(f"{_x(a):.1f},{_y(b):.1f}" for a, b in points if not math.isnan(b))
    return f'<polyline points="{drawn}" fill="none" stroke="{color}" stroke-width="2"/>'


def _threshold(item: SuggestedThreshold) -> str:
    interval = item.interval
    at, low, high = (_x(v) for v in (interval.value, interval.low, interval.high))
    return (
        f'<rect x="{low:.1f}" y="{TOP}" width="{max(1.0, high - low):.1f}" '
        f'height="{BASELINE - TOP}" fill="{THRESHOLD}" fill-opacity=".2"/>'
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{BASELINE}" stroke="{THRESHOLD}"/>'
        f'<text transform="translate({at - 4:.1f} {BASELINE - 6}) rotate(-90)">'
        f"{item.purpose}</text>"
    )
