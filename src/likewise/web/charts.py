"""Heatmaps that are readable on light and dark ground and on a narrow screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

MOST_TOKENS = 48
"""Tokens of each text that are drawn; more could not be told apart."""

_WRITTEN = 16
"""Up to so many columns the numbers are written into the cells."""

_STOPS = (("#f4f7f6", 0.0), ("#c9e8e2", 0.4), ("#8fd1c4", 0.75), ("#2fa897", 1.0))
"""Colours of scores, all of them light enough for `_INK` to be read on them."""

_SCALE = [[share, color] for color, share in _STOPS]
_INK = "#111827"

_LAYOUT = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#7d8794"},
    "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
    "dragmode": False,
    "hoverlabel": {"align": "left"},
}
_AXIS = {"fixedrange": True, "showgrid": False, "zeroline": False, "automargin": True}


def heatmap(
    matrix: NDArray[np.float32],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    score: str,
    column_titles: Sequence[str] | None = None,
) -> Any:
    """A Plotly figure of scores, float32 `[len(rows), len(columns)]`, the first row on top.

    Args:
        matrix: the scores, drawn from 0 (or the lowest, where that is below) to 1.
        rows: names on the left, cut where they are long.
        columns: names above, short ones.
        score: what the score is called, for the box under the pointer.
        column_titles: whole names of the columns, for that box.
    """
    across = list(column_titles or columns)
    written = len(columns) <= _WRITTEN
    figure = go.Figure(
        go.Heatmap(
            z=np.round(matrix.astype(float), 4).tolist(),
            zmin=min(0.0, float(matrix.min(initial=0))),
            zmax=max(1.0, float(matrix.max(initial=1))),
            colorscale=_SCALE,
            texttemplate="%{z:.2f}" if written else None,
            textfont={"size": 11, "color": _INK},
            text=[[f"{_wrapped(row)}<br>{_wrapped(column)}" for column in across] for row in rows],
            hovertemplate=f"%{{text}}<br><b>{score} %{{z:.4f}}</b><extra></extra>",
            xgap=2,
            ygap=2,
            colorbar={"thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11}},
            showscale=not written,
        )
    )
    figure.update_layout(_LAYOUT, height=max(150, 70 + (34 if written else 20) * len(rows)))
    tilted = max(map(len, columns), default=0) > 3
    names = {"tickvals": list(range(len(columns))), "ticktext": _plain(columns, 18)}
    figure.update_xaxes(_AXIS, side="top", tickangle=-50 if tilted else 0, **names)
    names = {"tickvals": list(range(len(rows))), "ticktext": _plain(rows, 26)}
    figure.update_yaxes(_AXIS, autorange="reversed", **names)
    return figure


def shade(score: float, low: float = 0.0) -> str:
    """The colour of a score between `low` and 1, as CSS has it."""
    share = min(1.0, max(0.0, (score - low) / (1 - low)))
    shares = [share for _, share in _STOPS]
    channels = [
        np.interp(share, shares, [int(color[i : i + 2], 16) for color, _ in _STOPS])
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(float(channel)):02x}" for channel in channels)


def _plain(names: Sequence[str], most: int) -> list[str]:
    """Names as Plotly shall show them: no markup of its own, not longer than there is room."""
    cut = (name if len(name) <= most else name[: most - 1] + "…" for name in names)
    return [name.replace("&", "&amp;").replace("<", "&lt;") for name in cut]


def _wrapped(name: str, width: int = 48) -> str:
    name = name if len(name) <= 4 * width else name[: 4 * width] + "…"
    pieces = (name[i : i + width] for i in range(0, len(name), width))
    return "<br>".join(p.replace("&", "&amp;").replace("<", "&lt;") for p in pieces)
