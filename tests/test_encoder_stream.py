"""Streams of texts in bounded memory, long texts in chunks, and warnings of truncation."""

from __future__ import annotations

import itertools
import random
import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise import Encoder
from likewise.checkpoint.config import read_config
from likewise.errors import InputError, TextError, TooLongError, TruncationWarning
from likewise.results import Encoded
from likewise.tokenization.token_rows import TokenRows
from likewise.tokenization.token_stream import BATCH_TEXTS, OVERLAP_DIVISOR
from likewise.tokenization.tokenizer import Tokenizer, read_tokenizer

WORDS = ("a", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs", "in", "that", "old", "town")
LONG = " ".join(WORDS * 40)


@pytest.fixture
def tiny(tiny_checkpoint: Callable[..., Path]) -> Encoder:
    return likewise.load(tiny_checkpoint(), compute="float32")


def some_texts(count: int) -> Iterator[str]:
    rng = random.Random(9)
    for _ in range(count):
        yield " ".join(rng.choices(WORDS, k=rng.randint(1, 12)))


def concatenated(parts: list[Encoded]) -> NDArray[np.float32]:
    return np.concatenate([part.vectors for part in parts])


# streams


@pytest.mark.parametrize(
    "count", [0, 1, BATCH_TEXTS - 1, BATCH_TEXTS, BATCH_TEXTS + 1, 2 * BATCH_TEXTS + 77]
)
def test_a_stream_gives_the_vectors_of_encode(tiny: Encoder, count: int) -> None:
    texts = list(some_texts(count))
    parts = list(tiny.encode_stream(text for text in texts))
    assert [len(part.texts) for part in parts[:-1]] == [BATCH_TEXTS] * (len(parts) - 1)
    assert [text for part in parts for text in part.texts] == texts
    if count:
        np.testing.assert_array_equal(concatenated(parts), tiny.encode(texts))
        counts = tiny.count_tokens(texts)
        assert np.concatenate([part.seen for part in parts]).tolist() == [c.seen for c in counts]
        assert np.concatenate([part.kept for part in parts]).tolist() == [c.kept for c in counts]


def test_a_stream_takes_the_options_of_encode(tiny: Encoder) -> None:
    texts = list(some_texts(50))
    reported: list[int] = []
    (part,) = tiny.encode_stream(
        texts, prompt="query: ", truncate_dim=8, normalize_embeddings=True, progress=reported.append
    )
    expected = tiny.encode(texts, prompt="query: ", truncate_dim=8, normalize_embeddings=True)
    np.testing.assert_array_equal(part.vectors, expected)
    assert sum(reported) == 50


def test_a_stream_reads_at_most_two_batches_ahead(tiny: Encoder) -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield "a fox"

    stream = tiny.encode_stream(endless())
    assert read == 0
    for number in range(1, 4):
        assert len(next(stream).texts) == BATCH_TEXTS
        assert read == (number + 1) * BATCH_TEXTS
    cast("Generator[Encoded]", stream).close()
    assert read == 4 * BATCH_TEXTS
    assert not [t for t in threading.enumerate() if t.name.startswith("likewise-tokenizer")]
    assert tiny.encode("still here").shape == (32,)


@pytest.mark.parametrize("at", [3, BATCH_TEXTS + 3, 3 * BATCH_TEXTS])
def test_an_error_of_the_source_is_raised(tiny: Encoder, at: int) -> None:
    def failing() -> Iterator[str]:
        yield from some_texts(at)
        raise ZeroDivisionError("the source's own")

    with pytest.raises(ZeroDivisionError, match="the source's own"):
        list(tiny.encode_stream(failing()))
    assert not [t for t in threading.enumerate() if t.name.startswith("likewise-tokenizer")]
    assert tiny.encode("still here").shape == (32,)


def test_an_item_that_is_not_a_text_is_an_error_with_its_index(tiny: Encoder) -> None:
    texts = [*some_texts(BATCH_TEXTS + 5), None, *some_texts(2 * BATCH_TEXTS)]
    stream = tiny.encode_stream(texts)  # type: ignore[arg-type]
    with pytest.raises(TextError, match=f"text {BATCH_TEXTS + 5} is a NoneType") as caught:
        list(stream)
    assert caught.value.index == BATCH_TEXTS + 5


# chunks


def chunk_rows(tokenizer: Tokenizer, text: str) -> list[list[int]]:
    """The text's own tokens in overlapping rows, computed in another way than in the code."""
    (first, *inner, last) = tokenizer.rows([text], truncate=False).token_ids.tolist()
    room, overlap = tokenizer.max_tokens - 2, tokenizer.max_tokens // OVERLAP_DIVISOR
    rows = [inner[:room]]
    reached = room
    while reached < len(inner):
        rows.append(inner[reached - overlap : reached - overlap + room])
        reached += room - overlap
    return [[first, *row, last] for row in rows]


def test_a_chunked_text_is_the_mean_of_its_chunks(tiny: Encoder) -> None:
    tokenizer = tiny._tokenizer
    rows = chunk_rows(tokenizer, LONG)
    assert len(rows) > 5
    ours = tokenizer.chunks(tokenizer.rows([LONG], truncate=False).token_ids, overlap=8)
    assert [row.tolist() for row in ours] == rows
    vectors = []
    for row in rows:
        length = np.array([len(row)])
        vectors.append(tiny._runtime.embed(TokenRows(np.array(row, np.int32), length, length))[0])
    expected = np.average(vectors, axis=0, weights=[len(row) for row in rows])
    np.testing.assert_allclose(tiny.encode(LONG, truncation="chunk"), expected, rtol=0, atol=1e-6)


def test_a_chunked_text_has_length_one_where_the_checkpoint_says_so(encoder: Encoder) -> None:
    tokenizer = encoder._tokenizer
    vectors = []
    rows = chunk_rows(tokenizer, LONG)
    for row in rows:
        length = np.array([len(row)])
        part = TokenRows(np.array(row, np.int32), length, length)
        vectors.append(encoder._runtime.embed(part)[0])
    expected = np.average(vectors, axis=0, weights=[len(row) for row in rows])
    assert np.linalg.norm(expected) < 0.999
    found = encoder.encode(LONG, truncation="chunk")
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), rtol=0, atol=1e-6)


@pytest.mark.parametrize("length", [*range(60, 70), 115, 116, 117, 118, 119, 120, 500])
def test_chunks_cover_all_of_a_text(tiny: Encoder, length: int) -> None:
    row = np.concatenate([[2], np.arange(1000, 1000 + length - 2), [3]]).astype(np.int32)
    chunks = tiny._tokenizer.chunks(row, overlap=8)
    assert max(map(len, chunks)) <= 64
    inner = [chunk[1:-1].tolist() for chunk in chunks]
    assert all(chunk[0] == 2 and chunk[-1] == 3 for chunk in chunks)
    whole = inner[0]
    for before, after in itertools.pairwise(inner):
        assert before[-8:] == after[:8]
        assert len(after) > 8  # or it would say nothing new
        whole = whole + after[8:]
    assert whole == row[1:-1].tolist()


def test_short_texts_keep_their_bits_beside_chunked_ones(encoder: Encoder) -> None:
    short = list(some_texts(20))
    mixed = [text for pair in zip(short, [LONG] * 20, strict=True) for text in pair]
    (part,) = encoder.encode_stream(mixed, truncation="chunk")
    np.testing.assert_array_equal(part.vectors[::2], encoder.encode(short))
    alone = encoder.encode(LONG, truncation="chunk")
    np.testing.assert_array_equal(part.vectors[1::2], np.broadcast_to(alone, (20, 384)))
    assert (part.seen == part.kept).all()
    smaller = encoder.encode(mixed, truncation="chunk", truncate_dim=64)
    np.testing.assert_allclose(np.linalg.norm(smaller, axis=1), 1, atol=1e-6)


def test_every_chunk_begins_with_the_prompt(tiny: Encoder) -> None:
    prompt = "that old town: "
    tokenizer = tiny._tokenizer
    prompt_tokens = tokenizer.prompt_tokens(prompt)
    row = tokenizer.rows([prompt + LONG], truncate=False).token_ids
    chunks = tokenizer.chunks(row, overlap=8, prompt_tokens=prompt_tokens)
    assert all(chunk[:prompt_tokens].tolist() == row[:prompt_tokens].tolist() for chunk in chunks)
    vectors = []
    for chunk in chunks:
        length = np.array([len(chunk)])
        vectors.append(tiny._runtime.embed(TokenRows(chunk, length, length, prompt_tokens))[0])
    expected = np.average(vectors, axis=0, weights=list(map(len, chunks)))
    found = tiny.encode(LONG, prompt=prompt, truncation="chunk")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    with pytest.raises(InputError, match="the prompt takes all 64 tokens"):
        tiny.encode(["short", LONG], prompt=LONG, truncation="chunk")


@pytest.mark.slow
def test_ten_megabytes_in_chunks(tiny: Encoder) -> None:
    text = (LONG + " ") * (10_000_000 // (len(LONG) + 1) + 1)
    assert len(text) >= 10_000_000
    (part,) = tiny.encode_stream([text, "short"], truncation="chunk")
    assert part.seen[0] == part.kept[0] > 2_000_000
    assert np.isfinite(part.vectors).all()
    np.testing.assert_array_equal(part.vectors[1], tiny.encode("short"))


# truncation and errors


def test_one_warning_for_all_truncated_texts(tiny: Encoder) -> None:
    texts = ["short", LONG] * 3000
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tiny.encode(texts)
    (warning,) = caught
    assert warning.category is TruncationWarning
    assert str(warning.message).startswith("3,000 of 6,000 texts are longer than the 64 tokens")
    assert warning.filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny.encode(["short"] * 9)
        tiny.encode(LONG, truncation="chunk")
        parts = list(tiny.encode_stream(texts))  # each part states it
    assert sum(int((part.kept < part.seen).sum()) for part in parts) == 3000


def test_the_error_for_a_long_text_gives_its_index(tiny: Encoder) -> None:
    texts = [*some_texts(BATCH_TEXTS + 9), LONG, *some_texts(9)]
    with pytest.raises(TooLongError, match=f"text {BATCH_TEXTS + 9} has") as caught:
        tiny.encode(texts, truncation="error")
    assert caught.value.index == BATCH_TEXTS + 9
    assert 'truncation="cut" or "chunk"' in caught.value.hint
    stream = tiny.encode_stream(texts, truncation="error")
    with pytest.raises(TooLongError, match=f"text {BATCH_TEXTS + 9} has"):
        list(stream)


def test_rows_without_truncation(model_folder: Path) -> None:
    tokenizer = read_tokenizer(read_config(model_folder))
    truncated, full = tokenizer.rows([LONG, "a"]), tokenizer.rows([LONG, "a"], truncate=False)
    assert full.lengths.tolist() == full.seen.tolist() == truncated.seen.tolist()
    assert truncated.lengths.tolist() == [256, 3]
    assert full.row(0)[:255].tolist() == truncated.row(0)[:255].tolist()


def test_a_resumed_stream_has_the_same_parts(
    tiny_checkpoint: Callable[..., Path],
) -> None:
    """With torch, which is not batch-invariant."""
    model = likewise.load(tiny_checkpoint(), compute="float32", runtime="torch", device="cpu")
    texts = [f"{text} {LONG[:400]}" for text in some_texts(700)]
    whole = list(model.encode_stream(texts, seconds=1))
    assert len(whole) > 3
    done = len(whole[0].texts) + len(whole[1].texts)
    rest = list(model.encode_stream(texts[done:], seconds=1))
    assert [part.texts for part in rest] == [part.texts for part in whole[2:]]
    np.testing.assert_array_equal(concatenated(rest), concatenated(whole)[done:])
