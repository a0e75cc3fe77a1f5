"""The tab *Encode*: texts to vectors, looked at and taken away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.encoder import Encoder
from likewise.web import html, parts, reproduce
from likewise.web.desk import Job, encode_in_steps
from likewise.web.frame import Frame, Panel, Updates
from likewise.web.registry import Choice
from likewise.web.reproduce import Texts
from likewise.web.shelf import VectorResult
from likewise.web.words import Words

NAME = "encode"
PREVIEW_ROWS = 10
PREVIEW_COLUMNS = 6


@dataclass(frozen=True)
class Encoded:
    """Texts encoded.

    Attributes:
        matrix: float32 `[n, dimension]`.
        tokens: tokens read in all.
        cut: texts of which something was cut off.
        seconds: time it took.
    """

    matrix: NDArray[np.float32]
    tokens: int
    cut: int
    seconds: float


class Tab:
    """The tab's components and what they do."""

    def __init__(self, frame: Frame) -> None:
        self.frame, words = frame, frame.words
        source = parts.text_source(
            frame, NAME, label=words("encode.texts"), sample="encode.sample", rows=6
        )
        pressed = parts.buttons(frame, NAME, words("encode.run"))
        notice = parts.notice(NAME)
        with gr.Column(visible=False, elem_id="encode-result") as result:
            self.summary = gr.HTML(elem_id="encode-summary", padding=False)
            self.links = gr.HTML(elem_id="encode-downloads", padding=False)
            self.preview = gr.HTML(elem_id="encode-preview", padding=False)
            self.recipe = parts.recipe_panel(frame, NAME)
        self.panel = Panel(frame, notice, result, pressed.start, pressed.stop)
        shown = [self.summary, self.links, self.preview, *self.recipe.outputs]
        parts.wire(self.panel, self.run, [frame.choice, *source.inputs], shown)

    async def run(
        self, choice: Choice, typed: str, file: str | None, column: str, request: gr.Request
    ) -> AsyncIterator[Updates]:
        """Encode the texts."""

        def prepare() -> Texts:
            return parts.read_source(typed, file, column, 1)

        def show(texts: Texts, found: Encoded) -> Updates:
            kept = VectorResult(found.matrix, list(texts.texts))
            return {
                self.summary: _summary(found, self.frame.words),
                self.links: self.frame.links(request, kept),
                self.preview: _preview(texts, found.matrix, self.frame.words),
            } | self.recipe.shown(reproduce.encode(choice, texts))

        async for updates in self.panel.run(
            request, choice, prepare, _work, show,
            read=lambda texts: texts.texts, rename=parts.rename_of(file),
        ):  # fmt: skip
            yield updates


def _work(encoder: Encoder, job: Job, texts: Texts) -> Encoded:
    matrix = encode_in_steps(encoder, texts.texts, job)
    seconds = job.seconds
    counts = encoder.count_tokens(list(texts.texts))
    return Encoded(
        matrix, sum(count.kept for count in counts), sum(count.cut > 0 for count in counts), seconds
    )


def _summary(found: Encoded, words: Words) -> str:
    count, dimension = found.matrix.shape
    lengths = vectors.norms(found.matrix)
    rate = words("encode.rate", rate=f"{count / max(found.seconds, 1e-9):,.0f}")
    return html.facts(
        [
            html.Fact(words("encode.count"), f"{count:,}"),
            html.Fact(words("measure.dimension"), f"{dimension:,}"),
            html.Fact(words("encode.seconds"), words("seconds", n=f"{found.seconds:.2f}"), rate),
            html.Fact(words("encode.tokens"), f"{found.tokens:,}"),
            html.Fact(
                words("encode.cut"), f"{found.cut:,}",
                words("encode.cut.note") if found.cut else "", warn=found.cut > 0,
            ),
            html.Fact(
                words("encode.norm"), f"{lengths.mean():.4f}",
                f"{lengths.min():.4f} – {lengths.max():.4f}",
            ),
            html.Fact(
                words("encode.values"), f"{found.matrix.mean():.4f}",
                f"{found.matrix.min():.4f} – {found.matrix.max():.4f}",
            ),
            html.Fact(words("encode.deviation"), f"{found.matrix.std():.4f}"),
        ]
    )  # fmt: skip


def _preview(texts: Texts, matrix: NDArray[np.float32], words: Words) -> str:
    shown = min(PREVIEW_ROWS, len(matrix))
    headers = [words("table.text"), *(str(i) for i in range(PREVIEW_COLUMNS)), "…"]
    rows = [
        [_short(texts.texts[i]), *(f"{x:.4f}" for x in matrix[i, :PREVIEW_COLUMNS]), "…"]
        for i in range(shown)
    ]
    caption = words("encode.preview", shown=shown, total=f"{len(matrix):,}")
    return html.table(headers, rows, caption=caption)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
