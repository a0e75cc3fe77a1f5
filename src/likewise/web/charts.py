"""Heatmaps for light and dark themes and narrow screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

MAX_TOKENS = 48
"""Most tokens of each text that are drawn."""

_LABELED_COLUMNS = 16
"""Up to this number of columns, cells show their values."""

_STOPS = (("#f4f7f6", 0.0), ("#c9e8e2", 0.4), ("#8fd1c4", 0.75), ("#2fa897", 1.0))
"""Colors of scores, light enough for text in `_INK`."""

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
        matrix: the scores; the color scale is from 0, or the lowest score if that is below, to 1.
        rows: names of the rows, shortened if they are long.
        columns: names of the columns.
        score: name of the score, for the tooltip.
        column_titles: full names of the columns, for the tooltip.
    """
    titles = list(column_titles or columns)
    labeled = len(columns) <= _LABELED_COLUMNS
    figure = go.Figure(
        go.Heatmap(
            z=np.round(matrix.astype(float), 4).tolist(),
            zmin=min(0.0, float(matrix.min(initial=0))),
            zmax=max(1.0, float(matrix.max(initial=1))),
            colorscale=_SCALE,
            texttemplate="%{z:.2f}" if labeled else None,
            textfont={"size": 11, "color": _INK},
            text=[[f"{_wrapped(row)}<br>{_wrapped(column)}" for column in titles] for row in rows],
            hovertemplate=f"%{{text}}<br><b>{score} %{{z:.4f}}</b><extra></extra>",
            xgap=2,
            ygap=2,
            colorbar={"thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11}},
            showscale=not labeled,
        )
    )
    figure.update_layout(_LAYOUT, height=max(150, 70 + (34 if labeled else 20) * len(rows)))
    tilted = max(map(len, columns), default=0) > 3
    names = {"tickvals": list(range(len(columns))), "ticktext": _plain(columns, 18)}
    figure.update_xaxes(_AXIS, side="top", tickangle=-50 if tilted else 0, **names)
    names = {"tickvals": list(range(len(rows))), "ticktext": _plain(rows, 26)}
    figure.update_yaxes(_AXIS, autorange="reversed", **names)
    return figure


def shade(score: float, low: float = 0.0) -> str:
    """The CSS color of a score between `low` and 1."""
    share = min(1.0, max(0.0, (score - low) / (1 - low)))
    shares = [share for _, share in _STOPS]
    channels = [
        np.interp(share, shares, [int(color[i : i + 2], 16) for color, _ in _STOPS])
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(float(channel)):02x}" for channel in channels)


def _plain(names: Sequence[str], most: int) -> list[str]:
    """Names for Plotly: escaped, and shortened to `most` characters."""
    cut = (name if len(name) <= most else name[: most - 1] + "…" for name in names)
    return [name.replace("&", "&amp;").replace("<", "&lt;") for name in cut]


def _wrapped(name: str, width: int = 48) -> str:
    name = name if len(name) <= 4 * width else name[: 4 * width] + "…"
    pieces = (name[i : i + width] for i in range(0, len(name), width))
    return "<br>".join(p.replace("&", "&amp;").replace("<", "&lt;") for p in pieces)
