"""The tab *Similarity*: compares two texts by every measure, and their tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from likewise.collections.explain import SimilarityDistribution
from likewise.evaluation.comparison import Comparison, TokenSimilarity, UnknownTokens
from likewise.operations.similarity import SimilarityRequest, SimilarityResult, similarity
from likewise.results import TokenCount
from likewise.web import charts, components, html
from likewise.web.job_runner import JobSession
from likewise.web.page_context import PageContext, Panel, Updates, required
from likewise.web.registry import Choice
from likewise.web.reproduce import recipe
from likewise.web.score_meaning import meaning_of, scale, verdict
from likewise.web.translations import Translations

NAME = "similarity"


@dataclass(frozen=True)
class Compared:
    """Two texts compared.

    Attributes:
        result: the comparison.
        meaning: what similarities mean for the model.
    """

    result: SimilarityResult
    meaning: SimilarityDistribution | None


class SimilarityTab:
    """The components of the tab, and their events."""

    def __init__(self, context: PageContext) -> None:
        t = self.t = context.t
        self.context = context
        with gr.Row(equal_height=True):
            a = self._text("a")
            b = self._text("b")
        self.inputs = {"similarity-a": a, "similarity-b": b}
        pressed = components.buttons(context, NAME, t("similarity.run"))
        notice = components.notice(NAME)
        with gr.Column(visible=False, elem_id="similarity-result") as result:
            self.summary = gr.HTML(elem_id="similarity-summary", padding=False)
            self.token_notes = gr.HTML(elem_id="similarity-remark", padding=False)
            self.plot = gr.Plot(show_label=False, container=False, elem_id="similarity-plot")
            self.recipe = components.recipe_panel(context, NAME)
        self.panel = Panel(context, notice, result, pressed.start, pressed.stop)
        shown = [self.summary, self.token_notes, self.plot, *self.recipe.outputs]
        components.wire(self.panel, self.run, [context.choice, a, b], shown)

    def _text(self, side: str) -> gr.Textbox:
        samples = self.context.samples
        values = samples.of(f"similarity.sample_{side}")
        box = gr.Textbox(
            samples.now(values), label=self.t(f"similarity.{side}"),
            lines=3, max_lines=10, elem_id=f"similarity-{side}", min_width=280,
        )  # fmt: skip
        samples.add(box, values)
        return box

    async def run(
        self, choice: Choice, text_a: str, text_b: str, request: gr.Request
    ) -> AsyncIterator[Updates]:
        """Compare the two texts."""

        def prepare() -> SimilarityRequest:
            a, b = (required(text, "failure.empty_text") for text in (text_a, text_b))
            return choice.request(SimilarityRequest, a, b, tokens=True)

        def work(session: JobSession, pair: SimilarityRequest) -> Compared:
            found = similarity(pair, session)
            model = session.models.get(pair.model, pair.compute, pair.device)
            return Compared(found, meaning_of(session, model, (pair.a, pair.b), "cosine"))

        async for updates in self.panel.run(request, choice, prepare, work, self._show):
            yield updates

    def _show(self, pair: SimilarityRequest, compared: Compared) -> Updates:
        t, found = self.t, compared.result
        score = _score(found.comparison, compared.meaning, t)
        figures = html.side_by_side(score, _facts(found.comparison, t))
        assert found.tokens is not None
        return {
            self.summary: figures,
            self.token_notes: _token_notes(found.unknown, found.tokens, t),
            self.plot: _plot(found.tokens, t),
        } | self.recipe.updates(recipe("similarity", pair))


def _score(found: Comparison, meaning: SimilarityDistribution | None, t: Translations) -> str:
    return html.score(
        t("measure.cosine"),
        f"{found.cosine:.4f}",
        min(1.0, max(0.0, found.cosine)),
        verdict(meaning, found.cosine, t),
        scale(meaning, t),
        t("similarity.scale"),
    )


def _facts(found: Comparison, t: Translations) -> str:
    return html.facts(
        [
            html.Fact(t("measure.dot"), f"{found.dot:.4f}"),
            html.Fact(t("measure.euclidean"), f"{found.euclidean:.4f}"),
            html.Fact(t("measure.manhattan"), f"{found.manhattan:.4f}"),
            html.Fact(t("measure.dimension"), f"{found.dimension:,}"),
            html.Fact(t("measure.norm_a"), f"{found.norm_a:.4f}"),
            html.Fact(t("measure.norm_b"), f"{found.norm_b:.4f}"),
            _tokens(t("measure.tokens_a"), found.tokens_a, t),
            _tokens(t("measure.tokens_b"), found.tokens_b, t),
        ]
    )


def _tokens(name: str, count: TokenCount, t: Translations) -> html.Fact:
    if not count.exact:
        return html.Fact(name, f"{count.kept:,}", t("measure.cut.more"), warn=True)
    if count.cut:
        note = t("measure.cut", seen=count.seen, cut=count.cut)
        return html.Fact(name, f"{count.kept:,}", note, warn=True)
    return html.Fact(name, f"{count.seen:,}", t("measure.whole"))


def _token_notes(unknown: UnknownTokens | None, tokens: TokenSimilarity, t: Translations) -> str:
    title = html.heading(t("similarity.tokens"))
    if unknown and unknown.unknown:
        warning = t("similarity.unknown", n=unknown.unknown, total=unknown.total)
        title = html.notice(warning, t("similarity.unknown.body"), kind="warn") + title
    if not tokens.matrix.size:
        return title + html.note(t("similarity.no_tokens"))
    notice_html = t("similarity.tokens.about")
    if max(len(tokens.tokens_a), len(tokens.tokens_b)) > charts.MAX_TOKENS:
        notice_html += " " + t("similarity.tokens.first", n=charts.MAX_TOKENS)
    return title + html.note(notice_html)


def _plot(tokens: TokenSimilarity, t: Translations) -> Any:
    most = charts.MAX_TOKENS
    if not tokens.matrix.size:
        return gr.update(value=None, visible=False)
    figure = charts.heatmap(
        tokens.matrix[:most, :most],
        tokens.tokens_a[:most],
        tokens.tokens_b[:most],
        score=t("measure.cosine"),
    )
    return gr.update(value=figure, visible=True)
