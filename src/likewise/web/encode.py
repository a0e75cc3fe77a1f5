"""The tab *Encode*: encodes texts, shows a preview, and offers downloads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.operations.encode import EncodeRequest
from likewise.web import components, html
from likewise.web.embedding import Embedding, VectorResult, embed
from likewise.web.job_runner import JobSession
from likewise.web.page_context import PageContext, Panel, Updates
from likewise.web.registry import Choice
from likewise.web.reproduce import recipe
from likewise.web.texts import Texts
from likewise.web.translations import Translations

NAME = "encode"
PREVIEW_ROWS = 10
PREVIEW_COLUMNS = 6

OUTPUT = Path("likewise-vectors.npy")
"""Name of the output file in recipes."""


@dataclass(frozen=True)
class Statistics:
    """Statistics of numbers, computed block by block."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    minimum: float = np.inf
    maximum: float = -np.inf

    def with_block(self, block: NDArray[np.float32]) -> Statistics:
        """The statistics with another block included."""
        return Statistics(
            self.count + block.size,
            self.total + float(block.sum(dtype=np.float64)),
            self.squares + float(np.square(block, dtype=np.float64).sum()),
            min(self.minimum, float(block.min())),
            max(self.maximum, float(block.max())),
        )

    @property
    def mean(self) -> float:
        """The mean."""
        return self.total / self.count

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return float(np.sqrt(max(0.0, self.squares / self.count - self.mean**2)))


@dataclass(frozen=True)
class VectorStatistics:
    """Statistics of the norms and of the values of vectors."""

    norms: Statistics
    values: Statistics


@dataclass(frozen=True)
class EncodedTexts:
    """Encoded texts with statistics of their vectors."""

    embedding: Embedding
    statistics: VectorStatistics


class EncodeTab:
    """The components of the tab, and their events."""

    def __init__(self, context: PageContext) -> None:
        self.context, t = context, context.t
        source = components.text_source(
            context, NAME, label=t("encode.texts"), sample="encode.sample", rows=6
        )
        pressed = components.buttons(context, NAME, t("encode.run"))
        notice = components.notice(NAME)
        with gr.Column(visible=False, elem_id="encode-result") as result:
            self.summary = gr.HTML(elem_id="encode-summary", padding=False)
            self.links = gr.HTML(elem_id="encode-downloads", padding=False)
            self.preview = gr.HTML(elem_id="encode-preview", padding=False)
            self.recipe = components.recipe_panel(context, NAME)
        self.panel = Panel(context, notice, result, pressed.start, pressed.stop)
        self.inputs = {"encode-texts": source.typed}
        shown = [self.summary, self.links, self.preview, *self.recipe.outputs]
        components.wire(
            self.panel,
            self.run,
            [context.choice, *source.inputs],
            shown,
            script=components.with_lost(NAME),
        )

    async def run(  # noqa: PLR0917 - Gradio passes inputs one by one
        self,
        choice: Choice,
        typed: str,
        file: str | None,
        column: str,
        encoding: str,
        lost: str,
        request: gr.Request,
    ) -> AsyncIterator[Updates]:
        """Encode the texts."""

        def prepare() -> Texts:
            return components.read_source(typed, file, column, encoding, lost)

        def work(session: JobSession, texts: Texts) -> EncodedTexts:
            embedding = embed(session, session.job, choice, texts)
            return EncodedTexts(embedding, _statistics(embedding))

        def show(texts: Texts, found: EncodedTexts) -> Updates:
            result = VectorResult(found.embedding)
            return {
                self.summary: _summary(found, self.context.t),
                self.links: self.context.links(request, result),
                self.preview: _preview(found.embedding, self.context.t),
            } | self.recipe.updates(recipe("encode", _reproduced(choice, texts)))

        async for updates in self.panel.run(
            request,
            choice,
            prepare,
            work,
            show,
            rename=components.rename_of(file),
        ):
            yield updates


def _reproduced(choice: Choice, texts: Texts) -> EncodeRequest:
    return choice.request(EncodeRequest, output=OUTPUT, **texts.named("texts"))


def _statistics(found: Embedding) -> VectorStatistics:
    """Statistics of all vectors, block by block."""
    norms, values = Statistics(), Statistics()
    for block in found.blocks():
        norms = norms.with_block(vectors.norms(block))
        values = values.with_block(block)
    return VectorStatistics(norms, values)


def _summary(done: EncodedTexts, t: Translations) -> str:
    found, norms, values = done.embedding, done.statistics.norms, done.statistics.values
    rate = t("encode.rate", rate=f"{found.count / max(found.seconds, 1e-9):,.0f}")
    return html.facts(
        [
            html.Fact(t("encode.count"), f"{found.count:,}"),
            html.Fact(t("measure.dimension"), f"{found.dimension:,}"),
            html.Fact(t("encode.seconds"), t("seconds", n=f"{found.seconds:.2f}"), rate),
            html.Fact(t("encode.tokens"), f"{found.tokens:,}"),
            html.Fact(
                t("encode.cut"), f"{found.cut:,}",
                t("encode.cut.note") if found.cut else "", warn=found.cut > 0,
            ),
            html.Fact(
                t("encode.norm"), f"{norms.mean:.4f}",
                f"{norms.minimum:.4f} – {norms.maximum:.4f}",
            ),
            html.Fact(
                t("encode.values"), f"{values.mean:.4f}",
                f"{values.minimum:.4f} – {values.maximum:.4f}",
            ),
            html.Fact(t("encode.deviation"), f"{values.deviation:.4f}"),
        ]
    )  # fmt: skip


def _preview(found: Embedding, t: Translations) -> str:
    shown = min(PREVIEW_ROWS, found.count)
    headers = [t("table.text"), *(str(i) for i in range(PREVIEW_COLUMNS)), "…"]
    matrix = next(found.blocks())
    rows = [
        [_short(text), *(f"{x:.4f}" for x in row[:PREVIEW_COLUMNS]), "…"]
        for text, row in zip(islice(found.texts.stream(), shown), matrix, strict=False)
    ]
    caption = t("encode.preview", shown=shown, total=f"{found.count:,}")
    return html.table(headers, rows, caption=caption)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
