"""What a similarity means for a model: its place among random pairs of everyday questions.

The questions are those that collections measure off-topic answers with. They are encoded once for
each model, then cached on disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from likewise.collections.explain import SimilarityDistribution, similarity_distribution
from likewise.collections.off_topic import language_of, question_vectors
from likewise.encoder import Encoder
from likewise.operations.session import Session
from likewise.web.translations import Translations

ALL = 99.995
"""From this percentile on, a similarity is above that of every pair."""

CHARACTERS = 10_000
"""Of the texts, by which the language of the questions is chosen."""


def meaning_of(
    session: Session,
    model: Encoder,
    texts: Iterable[str],
    measure: Literal["cosine", "own"] = "own",
) -> SimilarityDistribution | None:
    """The similarities of random pairs of everyday questions, in the language of texts.

    Args:
        session: shows the progress of the first time.
        model: makes the vectors.
        texts: the texts that are compared.
        measure: `cosine`, or the one of the model.

    Raises:
        EngineError: the questions cannot be encoded.
        CancelledError: the session was cancelled.
    """
    sample = ""
    for text in texts:
        sample += text[: CHARACTERS - len(sample)] + "\n"
        if len(sample) >= CHARACTERS:
            break
    vectors = question_vectors(model, language_of(sample), session.progress)
    return similarity_distribution(
        vectors, model.similarity_fn_name if measure == "own" else measure
    )


def share(meaning: SimilarityDistribution, score: float) -> str:
    """The share of random pairs that are less similar, such as `99.8%`."""
    percentile = meaning.percentile(score)
    if percentile >= ALL:
        return "100%"
    return f"{int(percentile * 100) / 100:.2f}%" if percentile >= 99 else f"{int(percentile)}%"


def verdict(meaning: SimilarityDistribution | None, score: float, t: Translations) -> str:
    """What a similarity means, in a sentence; empty where it is not known."""
    if meaning is None:
        return ""
    if meaning.percentile(score) >= ALL:
        return t("score.above_all")
    return t("score.above", share=share(meaning, score))


def scale(meaning: SimilarityDistribution | None, t: Translations) -> str:
    """The similarities that unrelated texts have with a model, in a sentence."""
    if meaning is None:
        return ""
    return t("score.scale", median=f"{meaning.at(50):.2f}", high=f"{meaning.at(99):.2f}")
