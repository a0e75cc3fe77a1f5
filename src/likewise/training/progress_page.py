"""The progress of a training as a page: curves that reload while it runs, and no script."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from likewise.atomic import atomic
from likewise.training.trainer import StepReport

WIDTH, HEIGHT = 640, 180
POINTS = 400
"""Most points of a curve; longer ones are averaged."""
RELOAD = 3
"""Seconds between two loads of the page."""

_STYLE = """
:root { color-scheme: light dark; --line: #1f6feb; --faint: #8888; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 680px; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
svg { width: 100%; height: auto; overflow: visible; } polyline { fill: none; stroke: var(--line);
stroke-width: 2; } text { font-size: 12px; fill: currentColor; } .axis { stroke: var(--faint); }
table { border-collapse: collapse; } th, td { padding: .15rem .75rem .15rem 0; text-align: left; }
progress { width: 100%; }
"""


@dataclass(frozen=True)
class PageState:
    """What the page shows besides the curves.

    Attributes:
        title: of the page.
        steps: planned number of steps.
        status: what is being done, or how it ended.
        running: whether the page reloads.
    """

    title: str
    steps: int
    status: str
    running: bool


CURVES: tuple[tuple[str, Callable[[StepReport], float | None]], ...] = (
    ("loss", lambda report: report.loss),
    ("dev score", lambda report: report.dev),
    ("learning rate", lambda report: report.learning_rate),
    ("gradient norm", lambda report: report.gradient_norm),
)


def write_page(path: Path, state: PageState, reports: Sequence[StepReport]) -> None:
    """Write the page.

    Raises:
        OutputError: it cannot be written.
    """
    with atomic(path) as file:
        file.write(_page(state, reports).encode())


def _page(state: PageState, reports: Sequence[StepReport]) -> str:
    title = html.escape(state.title)
    reload = f'<meta http-equiv="refresh" content="{RELOAD}">' if state.running else ""
    done = reports[-1].step if reports else 0
    curves = "".join(
        f"<h2>{name}</h2>{_curve(name, points)}"
        for name, value in CURVES
        if len(points := _points(reports, value)) > 1
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{reload}'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f'<p role="status">{html.escape(state.status)}</p>'
        f'<progress aria-label="steps" max="{state.steps}" value="{done}"></progress>'
        f"{_facts(state, reports)}{curves}</body></html>\n"
    )


def _facts(state: PageState, reports: Sequence[StepReport]) -> str:
    if not reports:
        return ""
    last, recent = reports[-1], reports[-20:]
    seconds = last.seconds - (recent[0].seconds if len(recent) > 1 else 0.0)
    tokens = sum(report.tokens for report in (recent[1:] or recent))
    per_step = seconds / max(1, len(recent) - 1)
    left = (state.steps - last.step) * per_step
    facts = {
        "step": f"{last.step:,} of {state.steps:,}",
        "loss": f"{last.loss:.4f}",
        "tokens per second": f"{tokens / max(seconds, 1e-9):,.0f}",
        "padding": f"{last.padding:.1%}",
        "time": _duration(last.seconds),
        "left": _duration(left) if state.running else "–",
    }
    rows = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in facts.items())
    return f"<table>{rows}</table>"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _points(
    reports: Sequence[StepReport], value: Callable[[StepReport], float | None]
) -> list[tuple[float, float]]:
    found = [(float(r.step), v) for r in reports if (v := value(r)) is not None]
    size = max(1, -(-len(found) // POINTS))
    parts = [found[start : start + size] for start in range(0, len(found), size)]
    return [(part[-1][0], sum(each for _, each in part) / len(part)) for part in parts]


def _curve(name: str, points: Sequence[tuple[float, float]]) -> str:
    steps, values = [p[0] for p in points], [p[1] for p in points]
    low, high = min(values), max(values)
    width, height = (steps[-1] - steps[0]) or 1.0, (high - low) or 1.0
    line = " ".join(
        f"{(step - steps[0]) / width * WIDTH:.1f},{(high - value) / height * HEIGHT:.1f}"
        for step, value in points
    )
    return (
        f'<svg viewBox="-2 -14 {WIDTH + 4} {HEIGHT + 32}" role="img" '
        f'aria-label="{name}: {values[0]:.4g} to {values[-1]:.4g}">'
        f'<line class="axis" x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}"/>'
        f'<text x="0" y="-3">{high:.4g}</text><text x="0" y="{HEIGHT + 14}">{low:.4g} · step '
        f'{steps[0]:.0f}</text><text x="{WIDTH}" y="{HEIGHT + 14}" text-anchor="end">step '
        f'{steps[-1]:.0f}</text><polyline points="{line}"/></svg>'
    )
