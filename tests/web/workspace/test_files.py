"""The files of the workspace: how they are served, translated, typed, and how large they are."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from likewise.web.page import SECTIONS
from tests.conftest import skip_unless_ci
from tests.web.workspace.conftest import Workspace

ROOT = Path(__file__).parents[3]
FILES = ROOT / "src/likewise/web/workspace"
SCRIPT_LIMIT = 250_000


def translations(code: str) -> dict[str, str]:
    texts = [path.read_text("utf-8") for path in (FILES / "i18n" / code).glob("*.js")]
    found = re.findall(r'^  "([^"]+)": "(.*)",$', "\n".join(texts), re.MULTILINE)
    assert len(dict(found)) == len(found)
    return dict(found)


def test_the_page_allows_nothing_but_its_own_files(workspace: Workspace) -> None:
    page = httpx.get(f"{workspace.address}/app/collections/any/ask?q=1")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?://", page.text)
    assert not re.search(r"<script(?![^>]*src=)|<style|style=", page.text)
    script = re.search(r'src="([^"]+main\.js)"', page.text)
    assert script
    answer = httpx.get(workspace.address + script[1])
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert httpx.get(f"{workspace.address}/app/files/x/unknown.js").status_code == 404
    assert httpx.post(f"{workspace.address}/app").status_code == 405


def test_both_languages_have_every_text() -> None:
    english, chinese = translations("en"), translations("zh")
    assert len(english) > 100
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        names = set(re.findall(r"\{(\w+)", text))
        assert set(re.findall(r"\{(\w+)", chinese[key])) == names, key


def test_both_pages_have_the_same_navigation() -> None:
    header = (FILES / "components/header.js").read_text("utf-8")
    assert tuple(re.findall(r'section: "(\w+)"', header)) == SECTIONS


def test_every_text_is_used() -> None:
    scripts = "\n".join(
        path.read_text("utf-8")
        for path in FILES.rglob("*.js")
        if FILES / "i18n" not in path.parents
    )
    families = {found.removesuffix(".${") for found in re.findall(r"[a-z_.]+\.\$\{", scripts)}
    for key in translations("en"):
        stem = key.rpartition(".")[0]
        family = {stem, stem.rpartition(".")[0]} & families
        assert f'"{key}"' in scripts or family, key


def test_the_scripts_are_small() -> None:
    size = sum(len(gzip.compress(path.read_bytes())) for path in FILES.rglob("*.js"))
    assert 30_000 < size < SCRIPT_LIMIT


def test_the_types_agree() -> None:
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("no Node on this machine, so the types of the workspace are not checked")
    done = subprocess.run(
        [npx, "--yes", "--package", "typescript@7.0.2", "tsc", "-p", "tsconfig.json"],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if "npm error" in done.stderr and "tsc" not in done.stdout:
        skip_unless_ci(f"TypeScript cannot be fetched: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stdout
