"""The tab *Find similar*: candidates by their similarity to a text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import gradio as gr

from likewise import vectors
from likewise.answers import Ranked
from likewise.encoder import Encoder
from likewise.web import html, parts, reproduce
from likewise.web.desk import Job, encode_in_steps
from likewise.web.frame import Frame, Panel, Updates, required
from likewise.web.notices import PageError
from likewise.web.registry import Choice
from likewise.web.reproduce import Texts
from likewise.web.shelf import TableResult
from likewise.web.words import Words

NAME = "find"
MOST_SHOWN = 200
"""Rows drawn on the page; the files hold all of them."""


@dataclass(frozen=True)
class Request:
    """What is looked for."""

    query: str
    candidates: Texts
    top_k: int
    threshold: float | None


class Tab:
    """The tab's components and what they do."""

    def __init__(self, frame: Frame) -> None:
        self.frame, words = frame, frame.words
        first = frame.samples.of("find.sample_query")
        query = gr.Textbox(
            frame.samples.now(first), label=words("find.query"), lines=2, max_lines=8,
            elem_id="find-query",
        )  # fmt: skip
        frame.samples.add(query, first)
        source = parts.text_source(
            frame, NAME, label=words("find.candidates"), sample="find.sample", rows=6
        )
        with gr.Row():
            top_k = gr.Number(
                10, label=words("find.top_k"), precision=0, elem_id="find-top-k", min_width=140
            )
            threshold = gr.Textbox(
                label=words("find.threshold"), placeholder=words("find.threshold.none"),
                max_lines=1, elem_id="find-threshold", min_width=140,
            )  # fmt: skip
        pressed = parts.buttons(frame, NAME, words("find.run"))
        notice = parts.notice(NAME)
        with gr.Column(visible=False, elem_id="find-result") as result:
            self.ranked = gr.HTML(elem_id="find-table", padding=False)
            self.links = gr.HTML(elem_id="find-downloads", padding=False)
            self.recipe = parts.recipe_panel(frame, NAME)
        self.panel = Panel(frame, notice, result, pressed.start, pressed.stop)
        given = [frame.choice, query, top_k, threshold, *source.inputs]
        parts.wire(self.panel, self.run, given, [self.ranked, self.links, *self.recipe.outputs])

    async def run(  # noqa: PLR0917 - Gradio hands inputs over one by one
        self,
        choice: Choice,
        text: str,
        most: float | None,
        least: str,
        typed: str,
        file: str | None,
        column: str,
        request: gr.Request,
    ) -> AsyncIterator[Updates]:
        """Rank the candidates."""

        def prepare() -> Request:
            if most is None or most < 1:
                raise PageError("failure.top_k")
            wanted = required(text, "failure.empty_query")
            threshold = _number(least)
            candidates = parts.read_source(typed, file, column, 1)
            return Request(wanted, candidates, int(most), threshold)

        def show(asked: Request, found: list[Ranked]) -> Updates:
            return self._show(choice, asked, found, request)

        async for updates in self.panel.run(
            request, choice, prepare, _work, show,
            read=lambda asked: (asked.query, *asked.candidates.texts), rename=parts.rename_of(file),
        ):  # fmt: skip
            yield updates

    def _show(
        self, choice: Choice, asked: Request, found: list[Ranked], request: gr.Request
    ) -> Updates:
        rows = [
            {"rank": place, "score": each.score, "index": each.index, "text": each.text}
            for place, each in enumerate(found, 1)
        ]
        made = reproduce.rank(choice, asked.query, asked.candidates, asked.top_k, asked.threshold)
        return {
            self.ranked: _table(found, asked, self.frame.words),
            self.links: self.frame.links(request, TableResult(rows)) if rows else "",
        } | self.recipe.shown(made)


def _number(typed: str) -> float | None:
    """A number that may be left out; a decimal comma will do.

    Raises:
        PageError: it is no number.
    """
    if not typed.strip():
        return None
    try:
        return float(typed.strip().replace(",", "."))
    except ValueError:
        raise PageError("failure.threshold") from None


def _work(encoder: Encoder, job: Job, asked: Request) -> list[Ranked]:
    """As `Encoder.rank`, with progress."""
    texts = asked.candidates.texts
    matrix = encode_in_steps(encoder, texts, job, role="document")
    scores = vectors.similarity(
        encoder.encode_query(asked.query), matrix, encoder.similarity_fn_name
    )
    best = vectors.top_k(scores, asked.top_k)
    return [
        Ranked(int(i), float(s), texts[i])
        for i, s in zip(best.indices[0], best.scores[0], strict=True)
        if asked.threshold is None or s >= asked.threshold
    ]


def _table(found: list[Ranked], asked: Request, words: Words) -> str:
    if not found:
        return html.notice(words("find.none"), words("find.none.body"), kind="info")
    head = words("find.summary", shown=f"{len(found):,}", total=f"{len(asked.candidates.texts):,}")
    if len(found) > MOST_SHOWN:
        head += " " + words("find.summary.first", n=MOST_SHOWN)
    low = min(0.0, found[-1].score)
    span = max(1.0, found[0].score) - low
    bars = [
        html.Bar(i, each.text, f"{each.score:.4f}", (each.score - low) / span)
        for i, each in enumerate(found[:MOST_SHOWN], 1)
    ]
    headers = [words("table.rank"), words("table.text"), words("table.score")]
    return html.note(head) + html.ranking(headers, bars)
