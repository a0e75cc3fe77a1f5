"""The files in `deploy/` fit the server: metrics of the dashboard exist, YAML is well formed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
import yaml

from tests.server.conftest import Served

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.y*ml")), ids=lambda path: path.name)
def test_yaml_is_well_formed(path: Path) -> None:
    assert all(yaml.safe_load_all(path.read_text("utf-8")))


@pytest.mark.parametrize(
    "path",
    ["compose/grafana/dashboards/likewise.json", "kubernetes/prometheus-adapter.yaml"],
)
def test_every_metric_that_is_read_exists(served: Served, path: str) -> None:
    httpx.post(f"{served.address}/v1/embeddings", json={"input": "a"})
    exposed = httpx.get(f"{served.address}/metrics").text
    found = re.findall(r"likewise_[a-z_]+", _expressions(DEPLOY / path))
    assert found
    for name in set(found) - {"likewise_queue_seconds"}:  # made by the adapter
        assert re.search(rf"^{name}[{{ ]", exposed, re.MULTILINE), name


def test_panels_do_not_overlap() -> None:
    text = (DEPLOY / "compose/grafana/dashboards/likewise.json").read_text("utf-8")
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(text)["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def _expressions(path: Path) -> str:
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        panels = json.loads(text)["panels"]
        return " ".join(target["expr"] for panel in panels for target in panel["targets"])
    return text
