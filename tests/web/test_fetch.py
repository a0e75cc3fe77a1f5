"""Downloads from the tab Model: a real program, a real browser, a hub on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from likewise.errors import LikewiseError
from likewise.web.remote import check_remote
from tests.loopback_hub import Fault, LoopbackHub, serve
from tests.web.conftest import Site, Visitor

NAME, HUB_ID = "gte-small", "thenlper/gte-small"
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def hub(model_folder: Path) -> Iterator[LoopbackHub]:
    """A hub that publishes the real model under another name."""
    paths = [path for path in model_folder.rglob("*") if path.is_file()]
    with serve() as running:
        running.add(HUB_ID, {p.relative_to(model_folder).as_posix(): p.read_bytes() for p in paths})
        yield running


@contextmanager
def _program(folder: Path, hub: LoopbackHub, **environment: str) -> Iterator[Any]:
    """The program, and the address that it serves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    given = {"HF_ENDPOINT": hub.endpoint, "HF_HUB_CACHE": str(folder / "cache")}
    program = subprocess.Popen(
        [sys.executable, "-m", "likewise", "ui", "--port", port],
        cwd=folder, env={**os.environ, **given, **environment}, text=True,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert program.stderr is not None
        assert any("Likewise is at" in line for line in program.stderr)
        yield program, Site(f"http://127.0.0.1:{port}/", folder)
    finally:
        program.kill()
        program.wait()


@contextmanager
def _visitor(browser: Any, site: Site, **options: Any) -> Iterator[Visitor]:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
    context.set_default_timeout(60_000)
    yield Visitor(context.new_page(), site)
    context.close()


def _pick(visitor: Visitor, name: str) -> str:
    """Choose a model of the list; what its entry says."""
    visitor.page.click("#model-pick input")
    entry = visitor.page.locator("#model-pick [role=option]", has_text=f"{name} ·").first
    said = str(entry.inner_text())
    entry.click()
    return said


def _wait(visitor: Visitor, text: str) -> str:
    visitor.page.wait_for_function(
        "text => document.querySelector('#fetch-notice')?.innerText.includes(text)", arg=text
    )
    return visitor.text("#fetch-notice")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.incomplete"))


@pytest.mark.browser
def test_a_model_is_fetched_cancelled_killed_resumed_and_used(
    browser: Any, hub: LoopbackHub, tmp_path: Path
) -> None:
    hub.faults[:] = [Fault(f"/cdn/.*/{WEIGHTS}", times=2, pause=0.02)]
    with _program(tmp_path, hub) as (program, site), _visitor(browser, site) as visitor:
        visitor.go().tab("model")
        assert "not downloaded" in _pick(visitor, NAME)
        visitor.page.wait_for_selector("#fetch-run", state="visible")
        facts = visitor.text("#fetch-facts")
        for fact in ("about 134 MB", "MIT", f"{hub.endpoint}/{HUB_ID}", str(tmp_path / "cache")):
            assert fact in facts
        assert "Already here" not in facts
        assert not hub.requests, "no request goes to the hub before the button is pressed"

        visitor.page.click("#fetch-run")
        _wait(visitor, " of 92 MB")
        visitor.page.wait_for_selector("#fetch-notice .lw-bar i")
        _wait(visitor, "5 %")
        visitor.page.click("#fetch-cancel")
        _wait(visitor, "was cancelled")
        assert "Already here" in visitor.text("#fetch-facts")
        for _ in range(100):  # the worker stops at its next look
            before = _size(tmp_path)
            time.sleep(0.1)
            if _size(tmp_path) == before:
                break
        assert 1_000_000 < before < 80_000_000

        visitor.page.click("#fetch-run")
        _wait(visitor, " of 92 MB")
        while _size(tmp_path) < before + 1_000_000:
            time.sleep(0.02)
        program.kill()
        program.wait()
    partial = _size(tmp_path)
    assert partial > before
    hub.requests.clear()
    with _program(tmp_path, hub) as (_, site), _visitor(browser, site) as visitor:
        visitor.go().tab("model")
        _pick(visitor, NAME)
        visitor.page.click("#fetch-run")
        _wait(visitor, f"{NAME} is on this machine now.")
        resumed = [each.range for each in hub.asked(f"/cdn/{HUB_ID}") if each.range]
        assert resumed == [f"bytes={partial}-"]
        assert not visitor.page.is_visible("#fetch-run")
        assert "not downloaded" not in _pick(visitor, NAME)
        visitor.run("model")
        assert NAME in visitor.text("#status")
        assert "the download cache" in visitor.text("#model-card")
        assert visitor.complaints == []


@pytest.mark.browser
def test_errors_are_shown_in_the_visitors_language(
    browser: Any, hub: LoopbackHub, tmp_path: Path
) -> None:
    hub.faults[:] = [Fault(f"/cdn/.*/{WEIGHTS}", times=99, corrupt=True)]
    with _program(tmp_path, hub) as (_, site):
        with _visitor(browser, site, locale="zh-CN") as visitor:
            visitor.go().tab("model")
            assert "未下载" in _pick(visitor, "gte-base")
            visitor.page.click("#fetch-run")
            _wait(visitor, "没有找到该模型")
            assert "Traceback" not in visitor.text("#fetch-notice")
        with _visitor(browser, site) as visitor:
            visitor.go().tab("model")
            _pick(visitor, NAME)
            visitor.page.click("#fetch-run")
            assert "hint" not in _wait(visitor, "was received with the hash").lower()
            visitor.page.wait_for_selector("#fetch-run", state="visible")
            visitor.fill("#model-folder", "nobody/no-model")
            visitor.page.wait_for_function(
                "document.querySelector('#fetch-facts').innerText.includes('nobody/no-model')"
            )
            assert "see its page" in visitor.text("#fetch-facts")


@pytest.mark.browser
def test_offline_the_app_works_and_says_why_it_cannot_fetch(
    browser: Any, hub: LoopbackHub, tmp_path: Path
) -> None:
    hub.requests.clear()
    with (
        _program(tmp_path, hub, HF_HUB_OFFLINE="1") as (_, site),
        _visitor(browser, site) as visitor,
    ):
        visitor.go().tab("model")
        _pick(visitor, NAME)
        visitor.page.wait_for_selector("#fetch-facts .lw-info")
        assert "HF_HUB_OFFLINE" in visitor.text("#fetch-facts")
        assert not visitor.page.is_visible("#fetch-run")
        assert "likewise download gte-small" in visitor.fails("model")
        visitor.tab("similarity").run("similarity")
        assert hub.requests == []
        assert visitor.outside == []


def test_a_visitor_from_elsewhere_names_no_other_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "secret" / "model").mkdir(parents=True)
    inside = str(tmp_path / "models" / "mine")
    for name in ("gte-small", HUB_ID, "someone/other", "models/mine", "./models/mine", inside):
        check_remote(name)
    for name in (
        "/etc", str(tmp_path), "secret/model", "./secret/model", "models/../secret/model", "~",
        "models", "..", ".", "~root/x", f"{inside}/../../secret/model", "models/mine\0", "secret",
    ):  # fmt: skip
        if name == "models":
            continue
        with pytest.raises(LikewiseError, match="remote_folder"):
            check_remote(name)
