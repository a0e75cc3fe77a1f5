"""Who uses the page with a keyboard, or sees little contrast: measured in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import Visitor

pytestmark = pytest.mark.browser
Visitors = Callable[..., Visitor]
TABS = ("model", "similarity", "encode", "find", "example")

CONTRASTS = """() => {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith("color(") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const light = (color) => {
    const [r, g, b] = color.slice(0, 3).map((v) => {
      v /= 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({ opacityProperty: true });
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const text = walk.currentNode.data.trim();
    if (!text || !shown(element) || element.closest("[disabled], script, style, svg")) continue;
    const style = getComputedStyle(element), behind = ground(element);
    const large = parseFloat(style.fontSize) >= 24;
    const value = ratio(over(parse(style.color), behind), behind);
    if (value < (large ? 3 : 4.5)) found.push(`text ${text.slice(0, 30)}: ${value.toFixed(2)}`);
  }
  for (const box of document.querySelectorAll("textarea, input, button.primary, button.lg")) {
    if (!shown(box) || box.disabled || box.type === "file") continue;
    const frame = box.matches('[role="combobox"]') ? box.closest(".wrap") : box;
    const outside = ground(frame.parentElement), style = getComputedStyle(frame);
    const edge = parseFloat(style.borderTopWidth) ? parse(style.borderTopColor) : [0, 0, 0, 0];
    const best = Math.max(ratio(ground(frame), outside), ratio(over(edge, outside), outside));
    const name = box.closest("[id]")?.id;
    if (best < 3) found.push(`control ${name}: ${best.toFixed(2)}`);
    if (box.placeholder && !box.value) {
      const ink = over(parse(getComputedStyle(box, "::placeholder").color), ground(box));
      const value = ratio(ink, ground(box));
      if (value < 4.5) found.push(`placeholder ${name}: ${value.toFixed(2)}`);
    }
  }
  return found;
}"""
"""A script that lists text and controls with less contrast than WCAG 2.2 requires at level AA."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough(visitors: Visitors, scheme: str) -> None:
    visitor = visitors(color_scheme=scheme).go()
    for tab in TABS:
        visitor.tab(tab).run(tab)
        visitor.page.wait_for_timeout(400)
        assert visitor.page.evaluate(CONTRASTS) == [], tab


FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  if (at === document.body) return null;
  const name = at.id || at.closest("[id]")?.id || at.tagName;
  return [`${name} ${at.tagName}`, style.outlineStyle, parseFloat(style.outlineWidth)];
}"""


@pytest.mark.parametrize("tab", ["similarity", "encode", "find"])
def test_focus_is_seen_on_every_control(visitors: Visitors, tab: str) -> None:
    visitor = visitors().go().tab(tab).run(tab)
    visitor.page.focus("#lang-en")
    seen: list[str] = []
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        found = visitor.page.evaluate(FOCUS)
        if found is None:
            break
        name, style, width = found
        seen.append(name)
        assert (style, width) == ("solid", 3), name
    assert any("-run" in name for name in seen)
    assert any("lang-" in name for name in seen)
    assert any("TEXTAREA" in name for name in seen)


def test_control_and_enter_run_a_tab(visitors: Visitors) -> None:
    visitor = visitors().go()
    for tab, box in (
        ("similarity", "#similarity-b textarea"),
        ("encode", "#encode-texts textarea"),
        ("find", "#find-threshold input"),
        ("example", "#example-texts textarea"),
    ):
        visitor.tab(tab)
        visitor.page.press(box, "Control+Enter")
        visitor.page.wait_for_selector(f"#{tab}-result", state="visible")
    visitor.page.press("#example-texts textarea", "Enter")
    assert visitor.page.input_value("#example-texts textarea").count("\n") == 8, "Enter is a line"


def test_inputs_outlive_a_refresh_and_a_switch_of_language(visitors: Visitors) -> None:
    visitor = visitors().go()
    sample = visitor.page.input_value("#similarity-b textarea")
    visitor.fill("#similarity-a", "typed by a person")
    visitor.tab("find").fill("#find-texts", "one\ntwo").fill("#find-top-k", "3")
    visitor.page.wait_for_timeout(500)
    visitor.page.reload()
    visitor.page.wait_for_function(
        "document.querySelector('#similarity-a textarea')?.value === 'typed by a person'"
    )
    assert visitor.page.input_value("#similarity-b textarea") == sample
    visitor.tab("find")
    assert visitor.page.input_value("#find-texts textarea") == "one\ntwo"
    assert visitor.page.input_value("#find-top-k input") == "3"
    visitor.page.click("#lang-zh")
    visitor.page.wait_for_function(
        "document.querySelector('#similarity-run')?.innerText === '比较'"
        " && document.querySelector('#similarity-a textarea').value === 'typed by a person'"
    )
    assert visitor.page.input_value("#similarity-b textarea") == sample, "the model reads English"
    other = visitors().go()
    assert other.page.input_value("#similarity-a textarea") != "typed by a person"


def test_a_rejected_or_lost_file_blocks_the_run(visitors: Visitors, tmp_path: Path) -> None:
    rejected = tmp_path / "report.docx"
    rejected.write_bytes(b"PK")
    visitor = visitors().go().tab("encode")
    _choose(visitor, rejected)
    visitor.page.wait_for_selector("#encode-about .lw-error")
    assert "unknown file format '.docx'" in visitor.fails("encode")
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(230_000_000)  # the browser refuses to upload it
    visitor = visitors().go().tab("encode")
    _choose(visitor, large)
    visitor.page.wait_for_timeout(1000)
    assert "large.csv has not been uploaded" in visitor.fails("encode")
    visitor.run("encode")
    visitor.complaints.clear()  # the refusal is one


def test_a_file_shows_its_column_and_encoding_and_takes_others(
    visitors: Visitors, tmp_path: Path
) -> None:
    path = tmp_path / "old.csv"
    rows = "编号,标题,内容\n1,天气,今天天气很好我们去公园散步\n2,新闻,股市下午大幅下跌引起关注\n"
    path.write_bytes(rows.encode("gb18030"))
    visitor = visitors().go().tab("encode")
    _choose(visitor, path)
    visitor.page.wait_for_selector("#encode-about table")
    shown = visitor.text("#encode-about")
    assert "GB18030, detected" in shown
    assert "标题" in shown
    _pick(visitor, "#encode-column", "内容")
    visitor.page.wait_for_selector("#encode-about >> text=公园散步")
    assert "公园散步" in visitor.run("encode").text("#encode-preview")
    _pick(visitor, "#encode-encoding", "utf-8")
    visitor.page.wait_for_selector("#encode-about .lw-error")
    visitor.fails("encode")


def test_results_of_the_run_before_are_dimmed(visitors: Visitors, tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("".join(f"{i} " + "word " * 150 + "\n" for i in range(4000)), "utf-8")
    visitor = visitors().go().tab("encode").run("encode")
    _choose(visitor, path)
    visitor.page.wait_for_selector("#encode-about table")
    visitor.page.click("#encode-run")
    visitor.page.wait_for_function(
        "getComputedStyle(document.querySelector('#encode-result')).opacity < 0.5"
    )
    visitor.page.wait_for_function(
        "document.querySelector('#encode-notice')?.innerText?.includes('left')"
    )
    visitor.page.click("#encode-stop")
    visitor.page.wait_for_selector("#encode-notice >> text=Stopped.")
    assert not visitor.page.is_visible("#encode-result")


def test_the_matrix_is_readable_on_a_phone(visitors: Visitors) -> None:
    visitor = visitors(viewport={"width": 390, "height": 844}).go().tab("example").run("example")
    cells = visitor.page.locator("#example-plot tbody td")
    texts = visitor.page.locator("#example-plot tbody th span")
    assert cells.count() == texts.count() ** 2
    sizes: Any = cells.first.bounding_box()
    assert sizes["width"] >= 40
    size = cells.first.evaluate("cell => parseFloat(getComputedStyle(cell).fontSize)")
    assert size >= 12
    visitor.page.evaluate("document.querySelector('#example-plot .lw-scroll').scrollLeft = 500")
    first: Any = texts.first.bounding_box()
    assert 0 <= first["x"] < 40, "the sentences stay in sight"
    assert visitor.overflow() == 0


def _choose(visitor: Visitor, path: Path) -> None:
    visitor.page.click("#encode-source > button")
    visitor.page.set_input_files("#encode-file input[type=file]", path)


def _pick(visitor: Visitor, box: str, label: str) -> None:
    visitor.page.click(f"{box} input")
    visitor.page.locator(f"{box} [role=option]", has_text=label).last.click()
