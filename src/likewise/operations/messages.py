"""Messages about texts that several operations report: truncation, scripts, unknown tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from likewise.evaluation.comparison import UnknownTokens, unknown_tokens
from likewise.tokenization.unicode_scripts import foreign_texts

if TYPE_CHECKING:
    from likewise.encoder import Encoder
    from likewise.operations.session import Session


def report_truncated(session: Session, encoder: Encoder, texts: Sequence[str]) -> None:
    """Report how many texts are longer than the model reads, if any is."""
    # a token is at least one character, so most texts need not be counted
    long = [text for text in texts if len(text) + 2 > encoder.max_seq_length]
    if long:
        cut = sum(count.cut > 0 for count in encoder.count_tokens(long, exact=False))
        report_cut(session, encoder, cut, len(texts))


def report_cut(session: Session, encoder: Encoder, cut: int, total: int) -> None:
    """Report how many texts were truncated, if any was."""
    if cut:
        session.message(
            "truncated",
            f"{cut:,} of {total:,} texts are longer than the {encoder.max_seq_length} tokens "
            f"{encoder.name} reads; the rest of them is cut",
            cut=cut, total=total, limit=encoder.max_seq_length,
        )  # fmt: skip


def report_scripts(
    session: Session, encoder: Encoder, texts: Sequence[str], *, among: str = "texts"
) -> bool:
    """Report texts in a script the model was not trained for; returns whether there are any."""
    found = foreign_texts(encoder.location.entry, texts)
    if not found:
        return False
    scripts = " and ".join(filter(None, (", ".join(found.scripts[:-1]), found.scripts[-1])))
    session.message(
        "scripts",
        f"{found.texts:,} of {found.total:,} {among} are in {scripts} script, and {encoder.name} "
        f"was trained for {found.languages}: its vectors say little about them; choose a model "
        "for this language with --model",
        texts=found.texts, total=found.total, scripts=list(found.scripts),
        languages=found.languages, among=among,
    )  # fmt: skip
    return True


def report_unknown(
    session: Session, encoder: Encoder, texts: Sequence[str]
) -> UnknownTokens | None:
    """Report texts whose script, or most of whose tokens, the model does not know.

    Returns:
        How many tokens it does not know; None if their script is reported.
    """
    if report_scripts(session, encoder, texts):
        return None
    found = unknown_tokens(encoder, texts)
    if found.most:
        session.message(
            "unknown_tokens",
            f"{encoder.name} does not know {found.unknown:,} of these {found.total:,} tokens, so "
            "the score says little; choose a model for this language with --model",
            unknown=found.unknown, total=found.total,
        )  # fmt: skip
    return found
