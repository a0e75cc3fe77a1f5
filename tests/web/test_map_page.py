"""The map page in a real Chromium: 100,000 points, no external requests."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from likewise.analysis.clustering.clusters import Clusters, Hierarchy
from likewise.analysis.clustering.granularity import Granularity
from likewise.analysis.clustering.hierarchy import Merges
from likewise.analysis.clustering.topics import Material, Topic, TopicNames
from likewise.analysis.projection.coloring import Coloring, by_cluster, by_column
from likewise.analysis.projection.map import Label, Map
from likewise.analysis.projection.map_page import SCRIPTS, TEMPLATES, page_html, write_page
from likewise.analysis.projection.projection import METHODS, Projection
from likewise.data.records import Record

MANY = 100_000
GROUPS = 20
FRAME = 250
"""Milliseconds that drawing 100,000 points may take without a graphics card."""


def drawn(count: int, color: str | None = None, **fields: Any) -> Map:
    """A map of groups in a circle; the text of row 7 is an attempt to break the page."""
    chance = np.random.default_rng(0)
    groups = np.arange(count, dtype=np.int32) % GROUPS
    angle = groups / GROUPS * 2 * np.pi
    centres = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 0.8
    positions = (centres + chance.normal(scale=0.04, size=(count, 2))).clip(-1, 1)
    texts = [f"text {i} of topic{g}, 中文" for i, g in enumerate(groups)]
    texts[7] = '</script><script>document.title="broken"</script><b>"quoted", {{facts}}\ntwo lines'
    records = [
        Record(text, {"half": i % 2, "rank": i, "gap": float("nan")} | fields, "f.csv", i + 2)
        for i, text in enumerate(texts)
    ]
    topics = tuple(
        Topic(str(g), 1, f"topic{g} <i>", ("a",), int((groups == g).sum()), (g,), 0.5)
        for g in range(GROUPS)
    )
    none = np.zeros((count, 0))
    merges = Merges(1, np.empty((0, 2), np.int32))
    leaves = np.zeros(count, np.int32)
    material = Material(texts, none.astype(np.float32), np.arange(count), leaves, merges, np.eye(1))
    found = Clusters(
        groups, ("",) * count, np.ones(count, np.float32), topics, None, "leiden", 0, count,
        Granularity(GROUPS, GROUPS, GROUPS, 0.5, ()),
        Hierarchy(material, leaves, TopicNames(1, 2)),
    )  # fmt: skip
    coloring: Coloring = by_cluster(groups, [topic.name for topic in topics])
    if color:
        coloring = by_column(records, color)
    places = [
        (np.cos(g / GROUPS * 6.283) * 0.8, np.sin(g / GROUPS * 6.283) * 0.8) for g in range(20)
    ]
    labels = tuple(Label(t.name, *places[g], t.size, 1, g) for g, t in enumerate(topics))
    plane = Projection(positions.astype(np.float32), "tsne", 0.954, 1000, count)
    return Map(
        records, plane.positions, coloring, labels, found, plane, none.astype(np.int32),
        none.astype(np.float32),
    )  # fmt: skip


@pytest.fixture(scope="session")
def page_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("maps")
    return {
        "many": write_page(folder / "many.html", drawn(MANY), title="Many <texts>"),
        "few": write_page(folder / "few.html", drawn(GROUPS), title="Few"),
        "shades": write_page(folder / "shades.html", drawn(500, "rank"), title="By rank"),
    }


@pytest.fixture
def opened(browser: Any, page_files: dict[str, Path]) -> Iterator[Callable[..., Any]]:
    """Opens a page; no page may log an error or make a request."""
    contexts: list[Any] = []
    console_errors: list[str] = []
    requests: list[str] = []

    def open_page(name: str = "many", **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}} | options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: console_errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: console_errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(page_files[name].as_uri())
        page.wait_for_selector("html[data-ready=yes]")
        return page

    yield open_page
    complaints = list(console_errors)
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert len([url for url in requests if url.startswith("file:")]) == len(contexts)


def ink(page: Any) -> int:
    """Number of pixels that points cover on the screen."""
    return int(
        page.evaluate(
            """() => { likewiseMap.draw(); const gl = likewiseMap.scatter.gl;
            const { width, height } = gl.canvas; const out = new Uint8Array(width * height * 4);
            gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, out);
            let count = 0; for (let i = 3; i < out.length; i += 4) count += out[i] > 40;
            return count; }"""
        )
    )


def count(page: Any) -> int:
    return int(re.sub(r"\D", "", page.inner_text("#count")))


@pytest.mark.browser
def test_a_hundred_thousand_points_move_smoothly(opened: Callable[..., Any]) -> None:
    page = opened()
    assert page.title() == page.inner_text("h1") == "Many <texts>"
    assert page.inner_text("#facts") == "100,000 texts · 20 clusters · t-SNE"
    assert ink(page) > 20_000
    times = page.evaluate(
        """() => { const gl = likewiseMap.scatter.gl, pixel = new Uint8Array(4), times = [];
        for (let turn = 0; turn < 30; turn++) {
          const begun = performance.now();
          likewiseMap.camera.zoomBy(turn % 10 < 5 ? 1.3 : 1 / 1.3, 400, 300);
          likewiseMap.camera.pan(20, 10);
          likewiseMap.draw();
          gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);  // waits until it is drawn
          times.push(performance.now() - begun);
        } return times; }"""
    )
    assert float(np.median(times)) < FRAME, times
    before = page.evaluate("likewiseMap.drawCount")
    page.wait_for_timeout(300)
    assert page.evaluate("likewiseMap.drawCount") == before  # drawn only on a change


@pytest.mark.browser
def test_pointer_and_keys_move_the_map(opened: Callable[..., Any]) -> None:
    page = opened()
    camera = "[likewiseMap.camera.x, likewiseMap.camera.y, likewiseMap.camera.zoom]"
    x, y, zoom = page.evaluate(camera)
    assert zoom == pytest.approx(1)
    page.mouse.move(400, 400)
    page.mouse.wheel(0, -400)
    page.wait_for_function("likewiseMap.camera.zoom > 1.5")
    page.mouse.down()
    page.mouse.move(300, 350, steps=3)
    page.mouse.up()
    assert page.evaluate(camera)[0] > x
    page.focus("#overlay")
    for key in ("+", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate(camera)[2] > 2
    page.keyboard.press("0")
    assert page.evaluate(camera) == [x, y, zoom]


@pytest.mark.browser
def test_hover_shows_the_text(opened: Callable[..., Any]) -> None:
    page = opened("few")  # texts far apart, so that the nearest is unambiguous
    the_map = drawn(GROUPS)
    box = page.locator("#overlay").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = page.locator("#tip")
    for row in (0, 3, 7, 12, 19):
        page.mouse.move(*middle)
        page.wait_for_selector("#tip", state="hidden")
        x, y = page.evaluate(
            "([x, y]) => likewiseMap.camera.toScreen((x + 1) / 2 * 65535, (y + 1) / 2 * 65535)",
            the_map.positions[row].tolist(),
        )
        page.mouse.move(box["x"] + x + 2, box["y"] + y - 1)
        page.wait_for_selector("#tip", state="visible")
        first, *_, last = tip.inner_text().splitlines()
        assert first == the_map.records[row].text.splitlines()[0]
        assert last == f"topic{row} <i>"
        shown = tip.bounding_box()
        assert abs(shown["x"] - (box["x"] + x)) < 60 + shown["width"]
        assert abs(shown["y"] - (box["y"] + y)) < 60 + shown["height"]
    page.click("#legend button >> nth=3")  # a hidden point shows nothing
    x, y = page.evaluate(
        "likewiseMap.camera.toScreen(...[6, 7].map((i) => likewiseMap.data.coordinates[i]))"
    )
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.wait_for_timeout(200)
    assert tip.is_hidden()


@pytest.mark.browser
def test_search_and_save(opened: Callable[..., Any], tmp_path: Path) -> None:
    page = opened()
    page.fill("#search", "OF TOPIC3,")
    page.wait_for_selector("#list button")
    assert count(page) == MANY // GROUPS
    assert page.locator("#list button").count() == 100
    assert "4,900 more" in page.inner_text("#list")
    page.click("#list button >> nth=2")
    assert page.evaluate("likewiseMap.camera.zoom") >= 4
    with page.expect_download() as waiting:
        page.click("#jsonl")
    waiting.value.save_as(tmp_path / "found.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text("utf-8").splitlines()]
    assert waiting.value.suggested_filename == "many-selection.jsonl"
    assert len(rows) == MANY // GROUPS
    assert list(rows[0]) == ["text", "half", "rank", "gap", "line", "x", "y", "cluster"]
    assert rows[1]["text"] == "text 23 of topic3, 中文"
    assert (rows[1]["rank"], rows[1]["gap"], rows[1]["line"]) == (23, None, 25)
    assert rows[1]["cluster"] == "topic3 <i>"
    np.testing.assert_allclose([rows[1]["x"], rows[1]["y"]], drawn(100).positions[23], atol=0.15)
    page.press("#search", "Escape")
    assert count(page) == MANY
    assert page.locator("#list button").count() == 0


@pytest.mark.browser
def test_lasso_and_save(opened: Callable[..., Any], tmp_path: Path) -> None:
    page = opened()
    page.click("#lasso")
    middle = page.evaluate(
        """() => { const box = document.getElementById("overlay").getBoundingClientRect();
        const [x, y] = likewiseMap.camera.toScreen(65535 * 0.9, 65535 / 2);
        return [x + box.left, y + box.top]; }"""
    )
    x, y = middle
    page.mouse.move(x - 60, y - 45)
    page.mouse.down()
    for dx, dy in ((60, -45), (60, 45), (-60, 45)):
        page.mouse.move(x + dx, y + dy, steps=2)
    page.mouse.up()
    page.wait_for_selector("#list button")
    assert page.get_attribute("#lasso", "aria-pressed") == "false"
    chosen = count(page)
    assert 2500 < chosen <= 6000  # the group in the east, of 5,000
    with page.expect_download() as waiting:
        page.click("#csv")
    waiting.value.save_as(tmp_path / "chosen.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "chosen.csv").read_text("utf-8"))))
    assert len(rows) == chosen
    share = np.mean([row["cluster"] == "topic0 <i>" for row in rows])
    assert share > 0.8
    page.click("#clear")
    assert count(page) == MANY


@pytest.mark.browser
def test_legend_hides_and_shows(opened: Callable[..., Any]) -> None:
    page = opened()
    all_ink = ink(page)
    assert page.locator("#legend button").count() == GROUPS  # none is unclustered
    for number in range(10):
        page.click(f"#legend button >> nth={number}")
    assert count(page) == MANY // 2
    assert ink(page) < 0.7 * all_ink
    page.click("#legend button >> nth=0")
    assert count(page) == MANY // 2 + MANY // GROUPS


@pytest.mark.browser
def test_narrow_dark_and_chinese(opened: Callable[..., Any]) -> None:
    page = opened(
        viewport={"width": 390, "height": 844}, locale="zh-CN", color_scheme="dark", has_touch=True
    )
    assert page.inner_text("#facts") == "100,000 条文本 · 20 个簇 · t-SNE"
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 27)"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator("#stage").bounding_box()["height"] > 300
    page.click("#language")
    assert "clusters" in page.inner_text("#facts")
    page.click("#theme")
    assert page.get_attribute("html", "data-theme") == "light"


@pytest.mark.browser
def test_shades_of_a_column_of_numbers(opened: Callable[..., Any]) -> None:
    page = opened("shades")
    assert page.inner_text("#coloring") == "By rank"
    assert page.inner_text("#legend .ends").split() == ["0", "499"]
    assert "0.95" in page.inner_text("#trust")
    assert ink(page) > 1000


@pytest.mark.browser
def test_without_webgl(browser: Any, page_files: dict[str, Path]) -> None:
    context = browser.new_context()
    context.add_init_script(
        """const get = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
          return kind === "webgl2" ? null : get.call(this, kind, ...rest); };"""
    )
    page = context.new_page()
    page.goto(page_files["shades"].as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    assert page.evaluate("likewiseMap.scatter.constructor.name") == "CanvasScatter"
    seen = page.evaluate(
        """() => { const c = document.getElementById("points");
        const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 40; return n; }"""
    )
    assert seen > 1000
    context.close()


def test_translations_have_the_same_keys() -> None:
    translations = json.loads((TEMPLATES / "translations.json").read_text("utf-8"))
    assert set(translations["en"]) == set(translations["zh"])
    for key, english in translations["en"].items():
        chinese = translations["zh"][key]
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese))
    scripts = "".join(path.read_text("utf-8") for path in TEMPLATES.glob("*.js"))
    page = (TEMPLATES / "index.html").read_text("utf-8")
    for key in set(translations["en"]) - set(METHODS):
        assert re.search(rf"\b{key}\b", scripts + page), key


def test_page_is_one_file() -> None:
    page = page_html(drawn(100), title="A & B")
    assert not re.search(r'\b(src|href)=(?!"data:)', page.split("<script>")[0])
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("</script>") == 2 + 4 + len(SCRIPTS)
    assert "<title>A &amp; B</title>" in page
    assert page == page_html(drawn(100), title="A & B")
