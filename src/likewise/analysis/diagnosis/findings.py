"""What vectors differ in from those that their model makes, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from likewise.analysis.diagnosis.decoding import Decoding, Values
from likewise.analysis.diagnosis.matching import SAME
from likewise.analysis.diagnosis.variants import VariantEncoder, VariantMatch
from likewise.wording import counted

UNIT = 0.01
"""Largest distance of a length from 1 that counts as normalized."""
DECIMALS = 5


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        code: stable name, such as `prompt` or `order`.
        text: what it is, one English sentence without a full stop.
        advice: what to do; empty where nothing is wrong.
    """

    code: str
    text: str
    advice: str = ""


def findings(maker: VariantEncoder, match: VariantMatch, decoding: Decoding) -> list[Finding]:
    """All that was found about vectors whose model is known.

    Args:
        maker: encodes with that model.
        match: the variant that agrees best.
        decoding: the vectors of the file.
    """
    return [
        *_decoding(decoding),
        *_order(match),
        *_dimensions(maker, match, decoding),
        *_prompt(maker, match),
        *_texts(match),
        *_truncation(maker, match),
        *_pooling(match),
        *_lengths(match, decoding),
        *_precision(decoding),
        *_rows(match),
    ]


def _decoding(decoding: Decoding) -> Iterator[Finding]:
    if decoding.mistake:
        yield Finding("decoding", decoding.mistake, decoding.advice)


def _order(match: VariantMatch) -> Iterator[Finding]:
    order = match.agreement.order
    if order is None:
        return
    steps = order - np.arange(len(order))
    shift = int(np.median(steps))
    if shift and np.mean(steps == shift) > 0.8:
        text = f"the vectors are shifted: vector 1 belongs to text {1 + shift}" if shift > 0 else (
            f"the vectors are shifted: text 1 belongs to vector {1 - shift}"
        )  # fmt: skip
        advice = "look for a header, or a row that was skipped, in one of the two"
    else:
        moved = int(np.count_nonzero(steps))
        text = f"the rows are in another order than the texts: {moved:,} of {len(order):,} differ"
        advice = "join texts and vectors by an id, not by their position"
    yield Finding("order", text, advice)


def _dimensions(
    maker: VariantEncoder, match: VariantMatch, decoding: Decoding
) -> Iterator[Finding]:
    full, used = match.made.shape[1], match.agreement.dimensions
    if used == full:
        return
    trained = maker.encoder.matryoshka
    advice = "" if trained else (
        f"{maker.encoder.name} was not trained for fewer dimensions: keep all {full}, or expect "
        "worse results"
    )  # fmt: skip
    lengths = np.linalg.norm(decoding.values, axis=1)
    text = f"only the first {used} of {full} dimensions are stored"
    if not decoding.binary and np.abs(lengths - 1).max() > UNIT:
        text += ", and they were not normalized again"
        advice = advice or "divide each vector by its length, or compare by cosine"
    yield Finding("dimensions", text, advice)


def _prompt(maker: VariantEncoder, match: VariantMatch) -> Iterator[Finding]:
    encoder, prompt = maker.encoder, match.variant.prompt
    own = {text: name for name, text in encoder.prompts.items() if text}
    default = encoder.prompt_text()
    used = default if prompt is None else prompt
    if used in own:
        yield Finding("prompt", f"the texts have the model's {own[used]} prompt {used!r}")
    elif used:
        yield Finding(
            "prompt",
            f"the texts have the prompt {used!r}, which {encoder.name} was not trained with",
            "encode without it, queries and documents alike",
        )
    elif own and not match.variant.pooling:
        listed = ", ".join(f"{name} {text!r}" for text, name in own.items())
        yield Finding(
            "no_prompt",
            f"these lack a prompt, and {encoder.name} was trained with prompts ({listed})",
            "encode with the prompt of the role; in Likewise encode_query and encode_document",
        )


def _texts(match: VariantMatch) -> Iterator[Finding]:
    if match.variant.lower:
        yield Finding(
            "lower_case",
            "the texts were put in lower case first, and the model distinguishes case",
            "encode the texts as they are",
        )
    if match.variant.one_line:
        yield Finding(
            "line_breaks",
            "line breaks were replaced by spaces first",
            "do the same with queries, or encode the texts as they are",
        )


def _truncation(maker: VariantEncoder, match: VariantMatch) -> Iterator[Finding]:
    own = maker.encoder.max_seq_length
    if match.variant.chunked:
        yield Finding(
            "chunked",
            f"texts of more than {own} tokens were read whole, in chunks that were averaged",
        )
    elif (limit := match.variant.limit) is not None:
        yield Finding(
            "truncation",
            f"texts were cut at {limit} tokens, and {maker.encoder.name} reads {own}",
            f"set max_seq_length to {own} where the vectors are made, or to {limit} for queries "
            "and documents alike",
        )


def _pooling(match: VariantMatch) -> Iterator[Finding]:
    if pooling := match.variant.pooling:
        yield Finding(
            "pooling",
            f"the token states were pooled by {pooling}, which is not this model's way",
            "use the pooling of the model's own files",
        )


def _lengths(match: VariantMatch, decoding: Decoding) -> Iterator[Finding]:
    if decoding.binary:
        return
    stored = np.linalg.norm(decoding.values, axis=1)
    made = match.made if match.agreement.order is None else match.made[match.agreement.order]
    own = np.linalg.norm(made, axis=1)
    ratio = stored / np.where(own == 0, 1, own)
    whole = match.agreement.dimensions == match.made.shape[1]
    is_unit, own_unit = np.abs(stored - 1).max() < UNIT, np.abs(own - 1).max() < UNIT
    if not whole or (is_unit and own_unit):
        return
    if own_unit and ratio.std() < UNIT * ratio.mean():
        yield Finding(
            "scale",
            f"every vector has the length {ratio.mean():.4g}, and the model's have 1",
            "divide each vector by its length, or compare by cosine",
        )
    elif own_unit:
        yield Finding(
            "not_normalized",
            f"the vectors are not normalized: lengths {stored.min():.3g} to {stored.max():.3g}, "
            "and the model's have 1",
            "divide each vector by its length, or compare by cosine and not by dot product",
        )
    elif is_unit:
        yield Finding(
            "normalized",
            f"the vectors were normalized, and the model's have lengths {own.min():.3g} to "
            f"{own.max():.3g}",
            "normalize queries too; a model trained for dot products loses its lengths",
        )


def _precision(decoding: Decoding) -> Iterator[Finding]:
    values = decoding.values
    if decoding.binary:
        yield Finding("precision", "only the sign of each number is stored (binary vectors)")
    elif np.all(values == np.round(values)):
        yield Finding("precision", "the numbers are whole: vectors quantized to int8")
    elif (decimals := _decimals(values)) is not None:
        yield Finding(
            "rounded", f"the numbers were rounded to {counted(decimals, 'decimal')}",
            "store them as float32 or float16",
        )  # fmt: skip
    elif _is_bfloat16(values):  # before float16, which holds most of these numbers
        yield Finding("precision", "the numbers have the precision of bfloat16")
    elif np.array_equal(values.astype(np.float16), values):
        yield Finding("precision", "the numbers have the precision of float16")


def _is_bfloat16(values: Values) -> bool:
    single = values.astype(np.float32)
    return np.array_equal(single, values) and not (single.view(np.uint32) & 0xFFFF).any()


def _decimals(values: Values) -> int | None:
    """To how many decimals all numbers are rounded; None where they have more."""
    for decimals in range(1, DECIMALS):
        if np.allclose(np.round(values, decimals), values, rtol=0, atol=1e-7):
            return decimals
    return None


def _rows(match: VariantMatch) -> Iterator[Finding]:
    """Rows that were made otherwise than the others."""
    cosines = match.agreement.cosines
    other = np.flatnonzero(cosines < SAME)
    if not 0 < len(other) < len(cosines) / 2 or np.median(cosines) < SAME:
        return
    listed = ", ".join(str(row + 1) for row in other[:10])
    more = f" and {len(other) - 10:,} more" if len(other) > 10 else ""
    yield Finding(
        "rows",
        f"{len(other):,} of {counted(len(cosines), 'row')} do not agree (least cosine "
        f"{cosines.min():.3f}): rows {listed}{more}",
        "their texts have changed since, or they were made in another way; encode them again",
    )
