"""How hits and indexes are shown."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from likewise.cli.printing import say
from likewise.collections.contract import Hit, Index, MatchedWord
from likewise.wording import counted

BOLD = "\x1b[1m"
PLAIN = "\x1b[0m"
ALL = "above all random pairs"
FEW = 1000
"""With fewer pairs, counts are shown: a percentage would look more precise than it is."""
SHOWN = 320
"""Characters of a chunk that are shown around its best sentence."""


def say_hits(hits: Sequence[Hit], notes: Sequence[str] = ()) -> None:
    """Hits as blocks: a line of figures and place, the chunk below it, a line of notes."""
    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    for rank, hit in enumerate(hits, 1):
        if rank > 1:
            say("")
        head, origin = f"{rank:>2}. {figures(hit)}", f"{place(hit)}  id {hit.id}"
        if len(head) + 2 + len(origin) <= width:
            say(f"{head}  {origin}")
        else:
            say(head)
            say(f"    {origin}")
        if hit.title:
            say(f"    {hit.title}")
        for line in folded(excerpt(hit), width - 4):
            say(f"    {line}")
        for line in additions(hit):
            first, *rest = folded(line, width - 4)
            say(f"    {first}{' …' if rest else ''}")
        for reason in reasons(hit):
            for line in folded(reason, width - 4):
                say(f"    {line}")
        if notes:
            first, *rest = folded(notes[rank - 1], width - 8)
            say(f"    ({first}{' …' if rest else ''})")


def additions(hit: Hit) -> Iterator[str]:
    """What else was requested of a hit: chunks of its document, its copies."""
    for further in hit.further_hits:
        number = f"({further.chunk + 1} of {further.chunks})"
        yield f"+ {further.score:.3f}  {number}  {further.sentence}"
    if hit.further:
        yield f"(and {counted(hit.further, 'further chunk')} of this document)"
    if hit.folded:
        yield f"(and {counted(len(hit.folded), 'near-duplicate')}: {', '.join(hit.folded)})"


def reasons(hit: Hit) -> Iterator[str]:
    """Why a hit has its rank, where that was requested."""
    if (why := hit.explanation) is None:
        return
    similarity = "" if hit.similarity is None else f" (similarity {hit.similarity:.3f})"
    parts = [
        f"by meaning {_rank(why.semantic_rank)}{similarity}",
        f"by words {_rank(why.keyword_rank)} (BM25 {why.keyword_score:.2f})",
    ]
    if 0 < why.semantic_weight < 1:
        parts.append(f"weights {why.semantic_weight:g} and {1 - why.semantic_weight:g}")
    yield "why: " + ", ".join(parts)
    if hit.measure == "rerank":
        yield f"rank {why.first_rank} before reranking (score {why.first_score:.3f})"
    if matched := [word for word in why.words if word.score > 0]:
        yield "words: " + ", ".join(map(_matched, matched))
    if missing := [word.found_as for word in why.words if word.score <= 0]:
        yield "not here: " + ", ".join(missing)


def _rank(rank: int | None) -> str:
    return "not among the best" if rank is None else f"rank {rank}"


def _matched(word: MatchedWord) -> str:
    corrected = "" if word.found_as == word.word else f" (for {word.word})"
    return f"{word.found_as}{corrected} {word.score:.2f}"


def figures(hit: Hit) -> str:
    """Its score, and what it means."""
    parts = [f"{hit.score:.3f}" if hit.measure in SIMILAR else f"{hit.measure} {hit.score:.3f}"]
    if hit.similarity is not None and hit.measure not in SIMILAR:
        parts.append(f"similarity {hit.similarity:.3f}")
    if hit.percentile is not None:
        parts.append(standing(hit.percentile, hit.pairs))
    return ", ".join(parts)


SIMILAR = ("cosine", "dot", "euclidean")


def standing(percentile: float, pairs: int) -> str:
    """The rank of a similarity among random pairs: in percent, or counted if they are few."""
    if not 0 < pairs < FEW:
        return f"above {percent(percentile)} of random pairs" if percentile < 100 else ALL
    below = min(int(percentile * pairs / 100 + 1e-6), pairs)
    if pairs == 1:
        return f"{'above' if below else 'not above'} the only pair of chunks here"
    return f"above {'all' if below == pairs else below or 'none'} of {pairs} pairs here"


def percent(percentile: float) -> str:
    """A percentile with as many nines as it has, never rounded up to 100."""
    digits = 1 if percentile < 99.9 else 3
    scale = 10**digits
    return f"{int(percentile * scale) / scale:.{digits}f}%"


def place(hit: Hit) -> str:
    """File and line; a file below the working folder by its relative path."""
    if not hit.source:
        return "no file"
    source = Path(hit.source)
    here = Path.cwd()
    name = source.relative_to(here) if source.is_relative_to(here) else source.name
    part = f" ({hit.chunk + 1} of {hit.chunks})" if hit.chunks > 1 else ""
    return f"{name}:{hit.line}{part}"


def excerpt(hit: Hit) -> str:
    """The chunk around its best sentence, which is bold on a terminal and marked elsewhere."""
    if hit.best is None:
        return hit.text if len(hit.text) <= SHOWN else hit.text[:SHOWN].rstrip() + " …"
    start, end = hit.best.start, hit.best.end
    context = max(SHOWN - (end - start), 80) // 2
    before, after = hit.text[:start], hit.text[end:]
    if len(before) > context:
        before = "… " + before[-context:].partition(" ")[2]
    if len(after) > context:
        after = after[:context].rpartition(" ")[0] + " …"
    left, right = (BOLD, PLAIN) if sys.stdout.isatty() else (">>", "<<")
    return f"{before}{left}{hit.text[start:end]}{right}{after}"


def folded(text: str, width: int) -> list[str]:
    """A text wrapped to lines of this many columns; its own line breaks are dropped."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=width, force_terminal=True, color_system="standard", markup=False)
    lines = []
    for line in Text.from_ansi(" ".join(text.split())).wrap(console, width):
        line.rstrip()
        with console.capture() as rendered:
            console.print(line, end="", soft_wrap=True, highlight=False)
        lines.append(rendered.get())
    return lines


def index_quality(index: Index) -> str:
    """How neighbors are found, and with which recall."""
    if index.kind == "exact":
        return "exact: a search compares with all chunks (recall 1)"
    return (
        f"{index.kind}: recall {index.recall:.3f} (target {index.target:g}), "
        f"{index.milliseconds} ms a search, measured by {index.sample} searches"
    )
