"""What the tab *Model* says about a loaded model."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

import pytest

import likewise
from likewise.web.model import _card
from likewise.web.translations import LANGUAGES, translations_for


@pytest.mark.parametrize("code", [each.code for each in LANGUAGES])
def test_the_runtime_and_why_it_was_chosen(code: str, encoder: likewise.Encoder) -> None:
    words = translations_for(code)
    card = html.unescape(_card(encoder, words, local=True))
    assert words("model.runtime_reason") in card
    assert encoder.runtime_reason in card


def test_remote_visitors_see_no_folder(tiny_checkpoint: Callable[..., Path]) -> None:
    folder = tiny_checkpoint()
    encoder = likewise.load(folder)
    encoder._runtime.reason += f"; {folder}/model.onnx is damaged"
    card = html.unescape(_card(encoder, translations_for("en"), local=False))
    assert f"{folder.name}/model.onnx is damaged" in card
    assert str(folder) not in card
