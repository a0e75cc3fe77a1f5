"""Ways in which one model can have encoded the same texts, and the search for the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.diagnosis.decoding import Decoding, Values
from likewise.analysis.diagnosis.matching import Agreement, agreement

if TYPE_CHECKING:
    from likewise.encoder import Encoder

PROMPTS = (
    "query: ",
    "passage: ",
    "search_query: ",
    "search_document: ",
    "clustering: ",
    "classification: ",
    "Represent this sentence for searching relevant passages: ",
)
"""Prompts of widespread models, which are sometimes put before the texts of others."""
LIMITS = (128, 256, 384, 512)
"""Usual limits of tokens."""
EXACT = 0.999
"""Least cosine of any row from which only the number format differs."""
PROMPT_TOKENS = 32
"""Tokens that a prompt may add to a text."""
BETTER = 1e-4
"""Least gain in mean cosine for which a further step away from the model's own way is assumed."""

Pooling = Literal["", "mean", "cls", "max"]


@dataclass(frozen=True)
class Variant:
    """One way to encode.

    Attributes:
        prompt: put before each text; None is the model's default.
        limit: tokens that are read; None is the model's limit.
        chunked: whether long texts are read whole, in chunks.
        lower: whether texts are in lower case first.
        one_line: whether line breaks are spaces first.
        pooling: of the token states; empty is the model's own.
    """

    prompt: str | None = None
    limit: int | None = None
    chunked: bool = False
    lower: bool = False
    one_line: bool = False
    pooling: Pooling = ""


class VariantEncoder:
    """Encodes the same texts in several ways with one model.

    Args:
        encoder: the model.
        texts: n texts.
        with_limit: the same model with another limit of tokens; None where it has none.
    """

    def __init__(
        self,
        encoder: Encoder,
        texts: Sequence[str],
        with_limit: Callable[[int], Encoder | None],
    ) -> None:
        self.encoder, self.texts = encoder, list(texts)
        self._with_limit = with_limit
        self._tokens = [count.seen for count in encoder.count_tokens(self.texts, exact=False)]
        self._made: dict[Variant, Values | None] = {}

    def vectors(self, variant: Variant) -> Values | None:
        """The vectors, `[n, dimensions]`; None where the model cannot encode in this way."""
        if variant not in self._made:
            self._made[variant] = self._encode(variant)
        return self._made[variant]

    def _encode(self, variant: Variant) -> Values | None:
        encoder, own = self.encoder, self.encoder.max_seq_length
        whole = replace(variant, limit=None, chunked=False)
        if variant == whole:
            return self._encode_rows(encoder, range(len(self.texts)), variant)
        limit = own if variant.limit is None else variant.limit
        if variant.limit is not None:
            found = self._with_limit(variant.limit)
            if found is None:
                return None
            encoder = found
        made = self.vectors(whole)
        if made is None:
            return None
        long = [n for n, seen in enumerate(self._tokens) if seen + PROMPT_TOKENS > min(own, limit)]
        made = made.copy()
        made[long] = self._encode_rows(encoder, long, variant)
        return made

    def _encode_rows(self, encoder: Encoder, rows: Sequence[int], variant: Variant) -> Values:
        texts = [_prepared(self.texts[row], variant) for row in rows]
        if variant.pooling:
            return _pooled(encoder.token_embeddings(texts), variant.pooling)
        made = encoder.encode(
            texts,
            prompt=variant.prompt,
            truncation="chunk" if variant.chunked else "cut",
            show_progress_bar=False,
        )
        return np.asarray(made, np.float64)

    def neighbors(self, variant: Variant) -> Iterator[Variant]:
        """Variants that differ in one respect and could make a difference for these texts."""
        prompts = [*self.encoder.prompts.values(), *PROMPTS]
        yield from (replace(variant, prompt=prompt) for prompt in dict.fromkeys(["", *prompts]))
        if any(text != text.lower() for text in self.texts):
            yield replace(variant, lower=not variant.lower)
        if any("\n" in text for text in self.texts):
            yield replace(variant, one_line=not variant.one_line)
        longest = max(self._tokens)
        own = self.encoder.max_seq_length
        for limit in (*LIMITS, None):
            effective = own if limit is None else limit
            if limit != own and min(effective, variant.limit or own) < longest:
                yield replace(variant, limit=limit, chunked=False)
        if longest > own:
            yield replace(variant, limit=None, chunked=not variant.chunked)
        if variant.prompt in (None, "") and variant.limit is None:
            for pooling in ("mean", "cls", "max"):
                yield Variant(pooling=pooling, lower=variant.lower, one_line=variant.one_line)


@dataclass(frozen=True)
class VariantMatch:
    """The variant that agrees best with the vectors of a file.

    Attributes:
        variant: the variant.
        agreement: how well it agrees.
        made: the vectors it makes, `[n, dimensions]`.
    """

    variant: Variant
    agreement: Agreement
    made: Values


def best_variant(maker: VariantEncoder, decoding: Decoding) -> VariantMatch | None:
    """Go from the model's own way to ways that agree better, one respect at a time.

    Args:
        maker: encodes.
        decoding: the vectors of the file.

    Returns:
        The best; None where the file has more dimensions than the model.
    """
    best = _match(maker, decoding, Variant())
    while best is not None and best.agreement.cosines.min() < EXACT:
        found = best
        for variant in maker.neighbors(best.variant):
            match = _match(maker, decoding, variant)
            if match and match.agreement.mean > found.agreement.mean:
                found = match
            if found.agreement.cosines.min() >= EXACT:
                break
        if found.agreement.mean < best.agreement.mean + BETTER:
            return best
        best = found
    return best


def _match(maker: VariantEncoder, decoding: Decoding, variant: Variant) -> VariantMatch | None:
    made = maker.vectors(variant)
    found = None if made is None else agreement(decoding, made)
    return None if made is None or found is None else VariantMatch(variant, found, made)


def _prepared(text: str, variant: Variant) -> str:
    text = text.lower() if variant.lower else text
    return text.replace("\n", " ") if variant.one_line else text


def _pooled(states: Sequence[NDArray[np.float32]], pooling: Pooling) -> Values:
    if pooling == "cls":
        rows = [state[0] for state in states]
    elif pooling == "max":
        rows = [state.max(axis=0) for state in states]
    else:
        rows = [state.mean(axis=0) for state in states]
    return np.stack(rows).astype(np.float64)
