"""A map as one self-contained HTML page that works offline."""

from __future__ import annotations

import base64
import gzip
import html
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.analysis.projection.map import Map
from likewise.atomic import atomic
from likewise.data.tabular import text_column
from likewise.data.writers import as_mapping

PARTS = Path(__file__).parent / "page"
SCRIPTS = ("data.js", "scatter.js", "colors.js", "labels.js", "app.js", "input.js")
"""In load order."""

_RESOLUTION = 65535
"""Resolution of a coordinate: finer than the screen at the deepest zoom."""


def write_page(path: str | Path, drawn: Map, *, title: str) -> Path:
    """Write a map as one HTML file without external requests.

    Args:
        path: the file; written atomically.
        drawn: the map.
        title: its heading.

    Raises:
        OutputError: it cannot be written.
    """
    page = page_html(drawn, title=title, file=Path(path).stem)
    with atomic(path) as file:
        file.write(page.encode("utf-8", "replace"))
    return Path(path)


def page_html(drawn: Map, *, title: str, file: str = "map") -> str:
    """The page.

    Args:
        drawn: the map.
        title: its heading.
        file: name of files exported from it, without the extension.
    """
    columns = _columns(drawn)
    pieces = {
        "title": html.escape(title),
        "style": (PARTS / "map.css").read_text("utf-8"),
        "translations": _script(json.loads((PARTS / "translations.json").read_text("utf-8"))),
        "scripts": "\n".join(
            f"<script>\n{(PARTS / name).read_text('utf-8')}</script>" for name in SCRIPTS
        ),
        "facts": _script(_facts(drawn, columns, file)),
        "parts": "\n".join(
            f'<script type="text/plain" id="part-{name}">{_packed(content)}</script>'
            for name, content in _parts(drawn, columns).items()
        ),
    }
    first, *rest = (PARTS / "index.html").read_text("utf-8").split("{{")
    filled = [first]
    for part in rest:  # one pass, so that braces in the data are not replaced
        name, after = part.split("}}", 1)
        filled += [pieces[name], after]
    return "".join(filled)


def _facts(drawn: Map, columns: Mapping[str, Any], file: str) -> dict[str, Any]:
    coloring = drawn.coloring
    taken = {text_column(drawn.records), *columns}
    return {
        "file": f"{file}-selection",
        "text": text_column(drawn.records),
        "extra": [_free(name, taken) for name in ("x", "y", coloring.title)],
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


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _columns(drawn: Map) -> dict[str, list[Any]]:
    """The other columns of the data, with the source and line of each row."""
    names = dict.fromkeys(name for record in drawn.records for name in record.fields)
    columns = {
        name: [_json_value(as_mapping(record.fields).get(name)) for record in drawn.records]
        for name in names
    }
    taken = {text_column(drawn.records), *names}
    if len({record.source for record in drawn.records}) > 1:
        columns[_free("source", taken)] = [record.source for record in drawn.records]
    columns[_free("line", taken)] = [record.line for record in drawn.records]
    return columns


def _json_value(value: Any) -> Any:
    """JSON has no infinities and no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parts(drawn: Map, columns: Mapping[str, Any]) -> dict[str, bytes]:
    places = np.rint((np.clip(drawn.positions, -1, 1) + 1) / 2 * _RESOLUTION).astype("<u2")
    return {
        "positions": places.tobytes(),
        "groups": drawn.coloring.groups.astype("<u2").tobytes(),
        "texts": _json([record.text for record in drawn.records]),
        "columns": _json(columns),
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace")


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 6, mtime=0)).decode()


def _script(value: Any) -> str:
    """JSON that is safe inside a script element: it cannot close the element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
