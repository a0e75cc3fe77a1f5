"""HTML fragments; all values are escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Fact:
    """One line of a list of facts.

    Attributes:
        name: the label.
        value: the value.
        note: a note after the value.
        warn: whether to highlight it.
        long: whether it needs a full line.
    """

    name: str
    value: str
    note: str = ""
    warn: bool = False
    long: bool = False


@dataclass(frozen=True)
class RankingBar:
    """One row of a ranking.

    Attributes:
        rank: from 1.
        text: the candidate.
        score: as shown.
        share: length of the bar, 0 to 1.
        note: what the score means; or empty.
    """

    rank: int
    text: str
    score: str
    share: float
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """One number of a matrix.

    Attributes:
        shown: the displayed value.
        color: background color.
        exact: the value with more digits, for the tooltip.
    """

    shown: str
    color: str
    exact: str


def heading(text: str) -> str:
    """A heading inside a tab."""
    return f"<h3>{escape(text)}</h3>"


def note(text: str) -> str:
    """A note in small print."""
    return f'<p class="lw-note">{escape(text)}</p>'


def facts(rows: Iterable[Fact]) -> str:
    """A list of labels and values."""
    cells = []
    for row in rows:
        note = f'<span class="lw-note">{escape(row.note)}</span>' if row.note else ""
        kinds = ["lw-warn"] * row.warn + ["lw-long"] * row.long
        kind = f' class="{" ".join(kinds)}"' if kinds else ""
        cells.append(
            f"<div{kind}><dt>{escape(row.name)}</dt><dd>{escape(row.value)}{note}</dd></div>"
        )
    return f'<dl class="lw-facts">{"".join(cells)}</dl>'


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "") -> str:
    """A table that scrolls horizontally if it is too wide."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in headers)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="lw-scroll" tabindex="0"><table class="lw-table">{title}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def ranking(headers: Sequence[str], rows: Iterable[RankingBar]) -> str:
    """A ranking; a bar under each text shows its score."""
    body = "".join(
        f'<tr><td class="lw-rank">{row.rank}</td>'
        f'<td class="lw-text">{escape(row.text)}'
        f'<div class="lw-bar"><i style="width:{100 * row.share:.1f}%"></i></div></td>'
        f'<td class="lw-score">{escape(row.score)}'
        + (f'<div class="lw-note">{escape(row.note)}</div>' if row.note else "")
        + "</td></tr>"
        for row in rows
    )
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in headers)
    return (
        f'<table class="lw-table lw-ranking"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def matrix(texts: Sequence[str], cells: Sequence[Sequence[Cell]]) -> str:
    """A similarity matrix with background colors; the texts do not scroll."""
    head = "".join(f'<th scope="col">{i}</th>' for i in range(1, len(texts) + 1))
    body = "".join(
        f'<tr><th scope="row" title="{escape(text)}"><span><b>{i}</b>{escape(text)}</span></th>'
        + "".join(
            f'<td style="background:{cell.color}" title="{cell.exact}">{cell.shown}</td>'
            for cell in row
        )
        + "</tr>"
        for i, (text, row) in enumerate(zip(texts, cells, strict=True), 1)
    )
    return (
        '<div class="lw-scroll lw-plain" tabindex="0"><table class="lw-matrix">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def score(label: str, value: str, share: float, *remarks: str) -> str:
    """One large number with a bar, and remarks below it; empty ones are left out."""
    notes = "".join(f'<div class="lw-note">{escape(each)}</div>' for each in remarks if each)
    return (
        f'<div class="lw-big"><div class="lw-label">{escape(label)}</div>'
        f'<div class="lw-number">{escape(value)}</div>'
        f'<div class="lw-bar"><i style="width:{100 * share:.1f}%"></i></div>'
        f"{notes}</div>"
    )


def side_by_side(left: str, right: str) -> str:
    """Two fragments in columns, or in rows on a narrow screen."""
    return f'<div class="lw-two">{left}{right}</div>'


def notice(title: str, *body: str, command: str = "", kind: str = "error") -> str:
    """A message of kind `error`, `warn` or `info`, with a title, paragraphs and a command."""
    role = "alert" if kind == "error" else "status"
    parts = [f"<strong>{escape(title)}</strong>"]
    parts += [f"<p>{escape(each)}</p>" for each in body if each]
    if command:
        parts.append(f"<code>{escape(command)}</code>")
    return f'<div class="lw-notice lw-{kind}" role="{role}">{"".join(parts)}</div>'


def progress(title: str, done: int, total: int, detail: str) -> str:
    """A progress bar; indeterminate if the total is 0."""
    if total:
        meter = f'<div class="lw-bar"><i style="width:{100 * done / total:.1f}%"></i></div>'
    else:
        meter = '<div class="lw-bar lw-endless"><i></i></div>'
    remark = f'<span class="lw-note">{escape(detail)}</span>' if detail else ""
    return (
        f'<div class="lw-notice lw-info" role="status"><strong>{escape(title)}</strong>'
        f"{remark}{meter}</div>"
    )


def downloads(label: str, links: Iterable[tuple[str, str]]) -> str:
    """Links to files: name shown and address."""
    anchors = "".join(
        f'<a class="lw-download" href="{escape(address)}" download>{escape(name)}</a>'
        for name, address in links
    )
    return f'<div class="lw-downloads"><span>{escape(label)}</span>{anchors}</div>'


def dot_status(on: bool, main: str, detail: str) -> str:
    """The status line of the loaded model."""
    kind = "on" if on else "off"
    return (
        f'<div class="lw-status" role="status"><i class="lw-dot lw-{kind}"></i>'
        f"<b>{escape(main)}</b><span>{escape(detail)}</span></div>"
    )
