"""The tab *Find similar*: ranks candidates by their similarity to a text."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass

import gradio as gr

from likewise.collections.explain import SimilarityDistribution
from likewise.operations.rank import RankRequest, RankResult, rank_vectors
from likewise.web import components, html
from likewise.web.download_store import TableResult
from likewise.web.embedding import Embedding, embed
from likewise.web.job_runner import JobSession
from likewise.web.messages import PageError
from likewise.web.page_context import PageContext, Panel, Updates, required, session_of
from likewise.web.registry import Choice
from likewise.web.reproduce import recipe
from likewise.web.score_meaning import meaning_of, scale, share
from likewise.web.texts import Texts
from likewise.web.translations import Translations

NAME = "find"
MAX_ROWS = 200
"""Most rows shown on the page; downloads have all rows."""


@dataclass(frozen=True, eq=False)
class _Entry:
    """The last candidates of a page, with their vectors and the fingerprint of the model."""

    fingerprint: str
    texts: Texts
    embedding: Embedding


class CandidateCache:
    """Caches the vectors of the last candidates of each page. Thread-safe.

    Args:
        limit: most pages; the least recently used are removed first.
    """

    def __init__(self, limit: int = 16) -> None:
        self._limit = limit
        self._last: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, page: str, session: JobSession, choice: Choice, texts: Texts) -> Embedding:
        """The vectors of candidates, encoded unless they are the last ones of this page.

        Raises: what `embed` raises.
        """
        fingerprint = session.models.get(choice.name, choice.compute).fingerprint
        with self._lock:
            last = self._last.get(page)
            if last and last.fingerprint == fingerprint and last.texts == texts:
                self._last.move_to_end(page)
                return last.embedding
        embedding = embed(session, session.job, choice, texts, role="document")
        with self._lock:
            self._last[page] = _Entry(fingerprint, texts, embedding)
            self._last.move_to_end(page)
            while len(self._last) > self._limit:
                self._last.popitem(last=False)
        return embedding

    def drop(self, page: str) -> None:
        """Remove the vectors of a page."""
        with self._lock:
            self._last.pop(page, None)


@dataclass(frozen=True)
class Query:
    """A query and its candidates.

    Attributes:
        request: the request, in which an uploaded file has its original name.
        candidates: the texts.
    """

    request: RankRequest
    candidates: Texts


@dataclass(frozen=True)
class Ranked:
    """Ranked candidates.

    Attributes:
        result: the ranking.
        meaning: what similarities mean for the model.
    """

    result: RankResult
    meaning: SimilarityDistribution | None


class FindTab:
    """The components of the tab, and their events."""

    def __init__(self, context: PageContext) -> None:
        self.context, t = context, context.t
        first = context.samples.of("find.sample_query")
        query = gr.Textbox(
            context.samples.now(first), label=t("find.query"), lines=2, max_lines=8,
            elem_id="find-query",
        )  # fmt: skip
        context.samples.add(query, first)
        source = components.text_source(
            context, NAME, label=t("find.candidates"), sample="find.sample", rows=6
        )
        with gr.Row():
            top_k = gr.Number(
                10, label=t("find.top_k"), precision=0, elem_id="find-top-k", min_width=140
            )
            threshold = gr.Textbox(
                label=t("find.threshold"), placeholder=t("find.threshold.none"),
                max_lines=1, elem_id="find-threshold", min_width=140,
            )  # fmt: skip
        self.inputs = {
            "find-query": query, "find-texts": source.typed, "find-top-k": top_k,
            "find-threshold": threshold,
        }  # fmt: skip
        self._candidates = CandidateCache()
        pressed = components.buttons(context, NAME, t("find.run"))
        notice = components.notice(NAME)
        with gr.Column(visible=False, elem_id="find-result") as result:
            self.ranked = gr.HTML(elem_id="find-table", padding=False)
            self.links = gr.HTML(elem_id="find-downloads", padding=False)
            self.recipe = components.recipe_panel(context, NAME)
        self.panel = Panel(context, notice, result, pressed.start, pressed.stop)
        given = [context.choice, query, top_k, threshold, *source.inputs]
        shown = [self.ranked, self.links, *self.recipe.outputs]
        components.wire(self.panel, self.run, given, shown, script=components.with_lost(NAME))

    def forget(self, session: str) -> None:
        """Remove the vectors of a closed page."""
        self._candidates.drop(session)

    async def run(  # noqa: PLR0917 - Gradio passes inputs one by one
        self,
        choice: Choice,
        text: str,
        most: float | None,
        least: str,
        typed: str,
        file: str | None,
        column: str,
        encoding: str,
        lost: str,
        request: gr.Request,
    ) -> AsyncIterator[Updates]:
        """Rank the candidates."""

        def prepare() -> Query:
            if most is None or most < 1:
                raise PageError("failure.top_k")
            query = required(text, "failure.empty_query")
            threshold = _number(least)
            candidates = components.read_source(typed, file, column, encoding, lost)
            asked = choice.request(
                RankRequest, query, top_k=int(most), threshold=threshold,
                **candidates.named("candidates"),
            )  # fmt: skip
            return Query(asked, candidates)

        def work(session: JobSession, query: Query) -> Ranked:
            page = session_of(request)
            candidates = self._candidates.of(page, session, choice, query.candidates)
            found = rank_vectors(query.request, session, candidates)
            model = session.models.get(choice.name, choice.compute)
            return Ranked(found, meaning_of(session, model, (query.request.query,)))

        def show(query: Query, found: Ranked) -> Updates:
            return self._show(query, found, request)

        async for updates in self.panel.run(
            request, choice, prepare, work, show, rename=components.rename_of(file)
        ):
            yield updates

    def _show(self, query: Query, ranked: Ranked, request: gr.Request) -> Updates:
        found = ranked.result
        rows = [
            {"rank": row.rank, "score": row.score, "index": row.line - 1, "text": row.text}
            for row in found.rows
        ]
        return {
            self.ranked: _table(found, ranked.meaning, self.context.t),
            self.links: self.context.links(request, TableResult(rows)) if rows else "",
        } | self.recipe.updates(recipe("rank", query.request))


def _number(typed: str) -> float | None:
    """Parse an optional number; a decimal comma is accepted.

    Raises:
        PageError: not a number.
    """
    if not typed.strip():
        return None
    try:
        return float(typed.strip().replace(",", "."))
    except ValueError:
        raise PageError("failure.threshold") from None


def _table(result: RankResult, meaning: SimilarityDistribution | None, t: Translations) -> str:
    found = result.rows
    if not found:
        return html.notice(t("find.none"), t("find.none.body"), kind="info")
    head = t("find.summary", shown=f"{len(found):,}", total=f"{result.total:,}")
    if len(found) > MAX_ROWS:
        head += " " + t("find.summary.first", n=MAX_ROWS)
    low = min(0.0, found[-1].score)
    span = max(1.0, found[0].score) - low
    bars = [
        html.RankingBar(
            i,
            each.text,
            f"{each.score:.4f}",
            (each.score - low) / span,
            share(meaning, each.score) if meaning else "",
        )
        for i, each in enumerate(found[:MAX_ROWS], 1)
    ]
    headers = [t("table.rank"), t("table.text"), t("table.score")]
    about = html.note(" ".join([t("score.share"), scale(meaning, t)])) if meaning else ""
    return html.note(head) + about + html.ranking(headers, bars)
