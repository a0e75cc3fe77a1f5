"""Wrapping of texts in the terminal."""

from __future__ import annotations

from rich.cells import cell_len

from likewise.cli.hit_format import BOLD, PLAIN, folded


def test_lines_fit_the_width() -> None:
    text = "Der Zug\nhält in Ulm. 这是一个没有空格的很长的中文句子。 " + "x" * 50
    lines = folded(text, 20)
    assert max(cell_len(line) for line in lines) <= 20
    assert "".join(lines).replace(" ", "") == "".join(text.split())


def test_every_line_of_a_bold_sentence_is_bold() -> None:
    lines = folded(f"before {BOLD}a sentence in bold{PLAIN} after", 18)
    assert lines == [f"before {BOLD}a sentence{PLAIN}", f"{BOLD}in bold{PLAIN} after"]


def test_text_is_no_markup() -> None:
    assert folded("[bold]x[/bold] :smile:", 80) == ["[bold]x[/bold] :smile:"]
    assert folded("", 80) == [""]
