"""Writes a map as one self-contained HTML page that works offline."""

from __future__ import annotations

import base64
import gzip
import html
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.analysis.projection.map import Map
from likewise.atomic import atomic
from likewise.data.tabular import text_column
from likewise.data.writers import as_mapping

TEMPLATES = Path(__file__).parent / "page"
SCRIPTS = (
    "data.js", "grid.js", "scatter.js", "colors.js", "labels.js", "pointer.js", "app.js",
    "input.js",
)  # fmt: skip
"""In load order; those of `RENDERER` are modules, which the workspace imports."""

RENDERER = ("grid.js", "scatter.js", "colors.js", "labels.js", "pointer.js")
"""What draws a map, here and in the workspace."""

_RESOLUTION = 65535
"""Resolution of a coordinate: finer than the screen at the deepest zoom."""


def write_page(path: str | Path, drawn: Map, *, title: str) -> Path:
    """Write a map as one HTML file without external requests.

    Args:
        path: the file, written atomically.
        drawn: the map.
        title: heading of the page.

    Raises:
        OutputError: the file cannot be written.
    """
    page = page_html(drawn, title=title, file=Path(path).stem)
    with atomic(path) as file:
        file.write(page.encode("utf-8", "replace"))
    return Path(path)


def page_html(drawn: Map, *, title: str, file: str = "map") -> str:
    """A map as an HTML document.

    Args:
        drawn: the map.
        title: heading of the page.
        file: name of the files that the page exports, without extension.
    """
    columns = _columns(drawn)
    values = {
        "title": html.escape(title),
        "style": (TEMPLATES / "map.css").read_text("utf-8"),
        "translations": _script(json.loads((TEMPLATES / "translations.json").read_text("utf-8"))),
        "scripts": "\n".join(
            f"<script>\n{_classic((TEMPLATES / name).read_text('utf-8'))}</script>"
            for name in SCRIPTS
        ),
        "facts": _script(_facts(drawn, columns, file)),
        "parts": "\n".join(
            f'<script type="text/plain" id="part-{name}">{_compressed(content)}</script>'
            for name, content in _parts(drawn, columns).items()
        ),
    }
    first, *sections = (TEMPLATES / "index.html").read_text("utf-8").split("{{")
    filled = [first]
    for section in sections:  # one pass, so that braces in the data are not replaced
        name, after = section.split("}}", 1)
        filled += [values[name], after]
    return "".join(filled)


def _classic(script: str) -> str:
    """A module as a script: a page that is opened from a file cannot import modules."""
    return re.sub(r"^export (?=class|const|function)", "", script, flags=re.MULTILINE)


def _facts(drawn: Map, columns: Mapping[str, Any], file: str) -> dict[str, Any]:
    coloring = drawn.coloring
    taken = {text_column(drawn.records), *columns}
    return {
        "file": f"{file}-selection",
        "text": text_column(drawn.records),
        "extra": [_unused_name(name, taken) for name in ("x", "y", coloring.title)],
        "clusters": len(drawn.clustering.topics),
        "method": drawn.projection.method,
        "trustworthiness": drawn.projection.trustworthiness,
        "sampled": drawn.projection.sampled,
        "byColumn": coloring.by_column,
        "coloring": {
            "title": coloring.title,
            "names": coloring.names,
            "low": coloring.low,
            "high": coloring.high,
        },
        "labels": [asdict(label) for label in drawn.labels],
    }


def _unused_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _columns(drawn: Map) -> dict[str, list[Any]]:
    """The columns of the data, with the source and line of each row."""
    names = dict.fromkeys(name for record in drawn.records for name in record.fields)
    columns = {
        name: [_json_value(as_mapping(record.fields).get(name)) for record in drawn.records]
        for name in names
    }
    taken = {text_column(drawn.records), *names}
    if len({record.source for record in drawn.records}) > 1:
        columns[_unused_name("source", taken)] = [record.source for record in drawn.records]
    columns[_unused_name("line", taken)] = [record.line for record in drawn.records]
    return columns


def _json_value(value: Any) -> Any:
    """None for NaN and infinities, which JSON does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parts(drawn: Map, columns: Mapping[str, Any]) -> dict[str, bytes]:
    coordinates = np.rint((np.clip(drawn.positions, -1, 1) + 1) / 2 * _RESOLUTION).astype("<u2")
    return {
        "positions": coordinates.tobytes(),
        "groups": drawn.coloring.groups.astype("<u2").tobytes(),
        "texts": _json([record.text for record in drawn.records]),
        "columns": _json(columns),
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace")


def _compressed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 6, mtime=0)).decode()


def _script(value: Any) -> str:
    """JSON for a script element, escaped so that it cannot close the element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
