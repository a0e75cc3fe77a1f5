"""Inputs, the order of the vectors, and independence of the batch."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise import Encoder
from likewise.engine.native import TILES, features
from likewise.engine.openvino import stream_pool
from likewise.errors import InputError, ShapeError, TextError, TooLongError
from likewise.vectors import similarity_pairwise

TEXTS = ["A man is eating food.", "食べる", "", "The girl is carrying a baby.", "😀 emoji"]


@pytest.fixture(scope="module")
def expected(encoder: Encoder) -> NDArray[np.float32]:
    return encoder.encode(TEXTS)


class Word(str):
    """A string that is not exactly `str`."""


FORMS: dict[str, Callable[[], Any]] = {
    "tuple": lambda: tuple(TEXTS),
    "generator": lambda: (text for text in TEXTS),
    "iterator": lambda: iter(TEXTS),
    "dictionary keys": lambda: dict.fromkeys(TEXTS).keys(),
    "array of text": lambda: np.array(TEXTS),
    "array of objects": lambda: np.array(TEXTS, dtype=object),
    "array of StringDType": lambda: np.array(TEXTS, dtype=np.dtypes.StringDType()),
    "list of numpy.str_": lambda: [np.str_(text) for text in TEXTS],
    "list of a subclass": lambda: [Word(text) for text in TEXTS],
    "pandas Series": lambda: pytest.importorskip("pandas").Series(TEXTS, index=[9, 3, 5, 1, 0]),
    "pyarrow strings": lambda: pytest.importorskip("pyarrow").array(TEXTS).to_pylist(),
}


@pytest.mark.parametrize("form", FORMS)
def test_any_iterable(form: str, encoder: Encoder, expected: NDArray[np.float32]) -> None:
    found = encoder.encode(FORMS[form]())
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("one", [str, np.str_, Word])
def test_one_text_gives_one_vector(one: Any, encoder: Encoder) -> None:
    vector = encoder.encode(one(TEXTS[0]))
    assert vector.shape == (384,)
    np.testing.assert_array_equal(vector, encoder.encode([TEXTS[0]])[0])


@pytest.mark.parametrize("none", [[], (), np.array([]), np.array([], dtype=str), iter(())])
def test_none_give_none(none: Any, encoder: Encoder) -> None:
    found = encoder.encode(none)
    assert found.shape == (0, 384)
    assert found.dtype == np.float32


@pytest.mark.parametrize("wrong", [None, 3, b"bytes", 1.5, ["a"], ("a", "b"), float("nan")])
def test_what_is_no_text_is_named(wrong: Any, encoder: Encoder) -> None:
    with pytest.raises(TextError, match=f"text 2 is an? {type(wrong).__name__}") as caught:
        encoder.encode(["a", "b", wrong])
    assert caught.value.index == 2
    assert caught.value.hint
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("wrong", [None, 3, 2.5, object(), b"bytes", np.array([1, 2])])
def test_what_is_no_texts_is_named(wrong: Any, encoder: Encoder) -> None:
    with pytest.raises(InputError) as caught:
        encoder.encode(wrong)
    assert caught.value.hint


def test_lone_surrogates(encoder: Encoder) -> None:
    for index in (0, 4099):
        texts = ["fine"] * 4100
        texts[index] = "bad \ud800"
        with pytest.raises(TextError, match=f"text {index} contains a lone surrogate") as caught:
            encoder.encode(texts)
        assert caught.value.index == index


def test_order_across_windows(encoder: Encoder) -> None:
    chance = random.Random(3)
    texts = [f"number {i} " + "and so on " * chance.randint(0, 1) for i in range(4200)]
    found = encoder.encode(iter(texts))
    assert found.shape == (4200, 384)
    for index in [0, 1, 4095, 4096, 4097, 4199, *chance.sample(range(4200), 10)]:
        np.testing.assert_array_equal(found[index], encoder.encode(texts[index]))


def test_a_text_is_itself_wherever_it_stands(encoder: Encoder, varied_texts: list[str]) -> None:
    texts = varied_texts[:200]
    together = encoder.encode(texts)
    order = random.Random(4).sample(range(200), 200)
    shuffled = encoder.encode([texts[i] for i in order])
    np.testing.assert_array_equal(shuffled, together[order])
    for index in order[:60]:
        np.testing.assert_array_equal(encoder.encode(texts[index]), together[index])
    for start in range(0, 100, 7):
        part = encoder.encode(texts[start : start + 7])
        np.testing.assert_array_equal(part, together[start : start + 7])


@pytest.mark.parametrize("runtime", ["auto", "openvino"])
@pytest.mark.parametrize("compute", ["bfloat16", "int8"])
def test_a_text_is_itself_in_other_computes_too(  # noqa: PLR0917
    compute: str,
    runtime: str,
    model_folder: Path,
    encoder_bfloat16: likewise.Encoder,
    varied_texts: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("nncf")
    model = likewise.load(model_folder, compute=compute, runtime=runtime)
    chance = random.Random(6)
    words = [
        "a",
        "quick",
        "brown",
        "fox",
        "jumps",
        "over",
        "lazy",
        "dogs",
        "while",
        "owners",
        "measure",
        "currents",
    ]
    lengths = [*range(1, 255), *(list(range(1, 20)) * 8)]  # the shortest rows are the oddest
    texts = [" ".join(chance.choices(words, k=k)) for k in lengths] + varied_texts[:200]
    alone = np.stack([model.encode(text) for text in texts])
    order = chance.sample(range(len(texts)), len(texts))
    tiles = model.runtime == "openvino" and bool((features() or 0) & TILES)

    def same(given: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
        """OpenVINO sums in an order that depends on the number of rows, where there are tiles."""
        if tiles:
            assert similarity_pairwise(given, expected).min() > 0.999
        else:
            np.testing.assert_array_equal(given, expected)

    same(model.encode([texts[i] for i in order]), alone[order])
    monkeypatch.setattr(stream_pool, "STATIC_MIN_LENGTH", 1)
    # from here on, graphs of static row length too
    monkeypatch.setattr(stream_pool, "STATIC_MIN_TOKENS", 1)
    same(model.encode([texts[i] for i in order]), alone[order])
    for start in range(0, 400, 7):
        same(model.encode(texts[start : start + 7]), alone[start : start + 7])


def test_twice_is_the_same(encoder: Encoder, varied_texts: list[str]) -> None:
    texts = varied_texts[:200]
    np.testing.assert_array_equal(encoder.encode(texts), encoder.encode(texts))


# options


def test_truncation_error(encoder: Encoder) -> None:
    texts = ["short", "fox " * 254, "fox " * 255]
    with pytest.raises(TooLongError, match="text 2 has 257 tokens") as caught:
        encoder.encode(texts, truncation="error")
    assert caught.value.index == 2
    assert encoder.encode(texts[:2], truncation="error").shape == (2, 384)
    assert [c.cut for c in encoder.count_tokens(texts)] == [0, 0, 1]


@pytest.mark.parametrize(
    "options",
    [
        {"truncation": "chop"}, {"prompt_name": "no such"}, {"truncate_dim": 0},
        {"truncate_dim": 385}, {"precision": "int3"},
    ],
)  # fmt: skip
def test_unknown_options(options: dict[str, Any], encoder: Encoder) -> None:
    with pytest.raises(InputError) as caught:
        encoder.encode(["a"], **options)
    assert caught.value.hint


def test_prompts_are_put_before(encoder: Encoder) -> None:
    np.testing.assert_array_equal(
        encoder.encode(["fox"], prompt="query: "), encoder.encode(["query: fox"])
    )


@pytest.mark.parametrize("precision", ["int8", "uint8", "binary", "ubinary"])
def test_precision_is_the_oracles(
    precision: Any, encoder: Encoder, oracle: Any, varied_texts: list[str]
) -> None:
    texts = varied_texts[:60]
    expected = oracle.encode(texts, precision=precision)
    found = encoder.encode(texts, precision=precision)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    if "binary" in precision:
        differing = np.unpackbits((found ^ expected).astype(np.uint8)).mean()
    else:
        assert np.abs(found.astype(int) - expected).max() <= 1
        differing = (found != expected).mean()
    assert differing < 0.002


def test_truncate_dim_is_the_oracles(encoder: Encoder, oracle: Any) -> None:
    found = encoder.encode(TEXTS, truncate_dim=64)
    expected = oracle.encode(TEXTS, truncate_dim=64, normalize_embeddings=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_convert_to_tensor(encoder: Encoder, expected: NDArray[np.float32]) -> None:
    torch = pytest.importorskip("torch")
    tensor = encoder.encode(TEXTS, convert_to_tensor=True)
    assert isinstance(tensor, torch.Tensor)
    np.testing.assert_array_equal(tensor.numpy(), expected)


def test_progress_adds_up(encoder: Encoder) -> None:
    reported: list[int] = []
    encoder.encode([f"text {i}" for i in range(4200)], progress=reported.append)
    assert sum(reported) == 4200


def test_token_states_pool_to_the_vector(encoder: Encoder, expected: NDArray[np.float32]) -> None:
    for states, vector in zip(encoder.token_embeddings(TEXTS), expected, strict=True):
        mean = states.mean(axis=0)
        np.testing.assert_allclose(mean / np.linalg.norm(mean), vector, atol=1e-5)


# comparing


def test_similarity_of_texts_and_vectors(encoder: Encoder, oracle: Any) -> None:
    vectors = oracle.encode(TEXTS)
    expected = oracle.similarity(vectors, vectors).numpy()
    for found in (
        encoder.similarity(TEXTS, TEXTS),
        encoder.similarity(vectors, TEXTS),
        encoder.similarity(np.array(TEXTS), tuple(TEXTS)),
        encoder.similarity(iter(TEXTS), (t for t in TEXTS)),
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert encoder.similarity(TEXTS[0], TEXTS).shape == (1, 5)
    np.testing.assert_allclose(
        encoder.similarity_pairwise(TEXTS[:-1], TEXTS[1:]), np.diag(expected, 1), atol=1e-5
    )


def test_similarity_of_other_vectors(encoder: Encoder) -> None:
    with pytest.raises(ShapeError, match="384"):
        encoder.similarity(TEXTS, np.ones((2, 3)))


def test_rank(encoder: Encoder) -> None:
    candidates = ["a plane", "a man eats", "a man eats", "music"]
    found = encoder.rank("someone is eating", candidates)
    assert [r.index for r in found][:2] == [1, 2]
    assert [r.text for r in found] == [candidates[r.index] for r in found]
    scores = [r.score for r in found]
    assert scores == sorted(scores, reverse=True)
    assert encoder.rank("x", candidates, top_k=1)[0].index in range(4)
    assert encoder.rank("x", []) == []
    with pytest.raises(InputError):
        encoder.rank("x", candidates, top_k=0)


# several at once


def test_threads_get_the_same_vectors(encoder: Encoder, varied_texts: list[str]) -> None:
    parts = [varied_texts[i::8][:15] for i in range(8)]
    expected = [encoder.encode(part) for part in parts]
    barrier = threading.Barrier(8)

    def work(part: list[str]) -> list[NDArray[np.float32]]:
        barrier.wait()
        return [encoder.encode(part), encoder.encode(part[0]), encoder.token_embeddings(part[1])[0]]

    with ThreadPoolExecutor(8) as pool:
        for found, vectors in zip(pool.map(work, parts), expected, strict=True):
            np.testing.assert_array_equal(found[0], vectors)
            np.testing.assert_array_equal(found[1], vectors[0])


def test_one_that_fails_harms_no_other(encoder: Encoder) -> None:
    expected = encoder.encode(TEXTS)

    def work(number: int) -> Any:
        if number % 2:
            with pytest.raises(TextError):
                encoder.encode(["fine", None])  # type: ignore[arg-type]
            return expected
        return encoder.encode(TEXTS)

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(work, range(32)):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize("count", [1, 5000])
def test_usable_after_an_interruption(
    error: type[BaseException], count: int, encoder: Encoder, expected: NDArray[np.float32]
) -> None:
    def interrupt(_: int) -> None:
        raise error

    with pytest.raises(error):
        encoder.encode([f"text {i}" for i in range(count)], progress=interrupt)
    np.testing.assert_array_equal(encoder.encode(TEXTS), expected)
    np.testing.assert_array_equal(encoder.encode(TEXTS * 60)[-5:], expected)


def test_an_iterable_that_fails(encoder: Encoder, expected: NDArray[np.float32]) -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        encoder.encode(broken())
    np.testing.assert_array_equal(encoder.encode(TEXTS), expected)


# what it is


def test_the_fingerprint_tells_what_differs(encoder: Encoder, model_folder: Any) -> None:
    again = likewise.load(model_folder, compute="float32")
    shorter = likewise.load(model_folder, compute="float32", max_seq_length=128)
    smaller = likewise.load(model_folder, compute="float32", truncate_dim=64)
    assert len(encoder.fingerprint) == 32
    assert encoder.fingerprint == again.fingerprint
    assert len({m.fingerprint for m in (encoder, shorter, smaller)}) == 3


def test_facts(encoder: Encoder) -> None:
    assert encoder.dimension == encoder.get_sentence_embedding_dimension() == 384
    assert encoder.max_seq_length == 256
    assert encoder.parameters == 22_713_728
    assert encoder.similarity_fn_name == "cosine"
    assert "all" in repr(encoder) or "model" in repr(encoder)
