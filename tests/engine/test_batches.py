"""How texts are laid in batches, as properties that hold for any lengths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.engine import batches
from likewise.engine.batches import TokenBatch, plan
from likewise.engine.native import features
from likewise.engine.openvino.runtime import plan_batches
from likewise.tokenization.token_rows import TokenRows

LENGTHS = st.one_of(
    st.lists(st.integers(1, 300), max_size=300),
    st.lists(st.integers(1, 12), max_size=600),
    st.lists(st.integers(200, 9000), max_size=8),
)


def laid(lengths: list[int], **options: object) -> list[TokenBatch]:
    return plan(np.array(lengths, dtype=np.int64), **options)  # type: ignore[arg-type]


def rows_of(lengths: list[int]) -> TokenRows:
    """Every token of every text has an id of its own."""
    counts = np.array(lengths, dtype=np.int64)
    return TokenRows(np.arange(1, counts.sum() + 1, dtype=np.int32), counts, counts)


@given(LENGTHS, st.sampled_from([256, 1024, 2048]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_text_lies_once_inside_its_row(lengths: list[int], budget: int, shared: bool) -> None:
    found = laid(lengths, budget=budget, shared=shared)
    placed = [int(text) for batch in found for text in batch.texts]
    assert sorted(placed) == list(range(len(lengths)))
    for batch in found:
        assert batch.rows * batch.length <= budget or batch.rows == 1
        assert batch.row.max() < batch.rows
        assert batch.slot.max() < batch.slots
        assert batch.slots == batches.slots_of(batch.length)
        assert (batch.offset % batches.ALIGNMENT == 0).all()
        taken: set[tuple[int, int]] = set()
        for text, row, offset in zip(batch.texts, batch.row, batch.offset, strict=True):
            cells = {(int(row), int(offset) + i) for i in range(lengths[text])}
            assert not cells & taken
            assert offset + lengths[text] <= batch.length
            taken |= cells
        assert len(set(zip(batch.row.tolist(), batch.slot.tolist(), strict=True))) == len(batch.row)


@given(LENGTHS)
@settings(max_examples=60, deadline=None)
def test_filled_in_order_and_padded(lengths: list[int]) -> None:
    rows = rows_of(lengths)
    for batch in laid(lengths):
        made = batch.inputs(rows, -1)
        token_ids, segments, positions = (made[n] for n in ("token_ids", "segments", "positions"))
        assert made["slots"].tolist() == list(range(1, batch.slots + 1))
        assert token_ids.shape == segments.shape == positions.shape == (batch.rows, batch.length)
        assert token_ids.dtype == np.int32
        assert ((token_ids == -1) == (segments == 0)).all()
        assert (positions[segments == 0] == 0).all()
        for text, row, slot in zip(batch.texts, batch.row, batch.slot, strict=True):
            own = segments[row] == slot + 1
            assert token_ids[row][own].tolist() == rows.row(int(text)).tolist()
            assert positions[row][own].tolist() == list(range(lengths[text]))


@given(LENGTHS)
@settings(max_examples=30, deadline=None)
def test_the_same_lengths_are_laid_the_same(lengths: list[int]) -> None:
    for one, other in zip(laid(lengths), laid(lengths), strict=True):
        assert (one.rows, one.length) == (other.rows, other.length)
        np.testing.assert_array_equal(one.texts, other.texts)
        np.testing.assert_array_equal(one.offset, other.offset)


def test_nothing() -> None:
    assert laid([]) == []


@pytest.mark.parametrize("tokens", [1, 2, 3, 8, 9, 63, 64, 65, 256, 257, 512, 8192, 8193, 20_000])
def test_one_text(tokens: int) -> None:
    (batch,) = laid([tokens])
    assert batch.rows == 1
    assert tokens <= batch.length == batches.row_length(tokens)


def test_not_shared_means_a_row_each() -> None:
    for batch in laid([5, 9, 30, 100] * 50, shared=False):
        assert (batch.slot == 0).all()
        assert len(set(batch.row.tolist())) == len(batch.row)


def realistic(count: int, seed: int = 5) -> list[int]:
    """Sentences as people write them: half under 20 tokens, a long tail, cut at 256."""
    drawn = np.random.default_rng(seed).lognormal(mean=3.1, sigma=0.7, size=count)
    lengths: list[int] = np.clip(drawn, 3, 256).astype(int).tolist()
    return lengths


@pytest.mark.parametrize(("count", "waste"), [(4096, 0.03), (1000, 0.04)])
def test_next_to_nothing_is_padding(count: int, waste: float) -> None:
    lengths = realistic(count)
    cells = sum(batch.rows * batch.length for batch in laid(lengths))
    assert 1 - sum(lengths) / cells < waste


def test_there_are_few_shapes() -> None:
    shapes = {
        (batch.rows, batch.length) for seed in range(8) for batch in laid(realistic(4096, seed))
    }
    assert len(shapes) <= 30


def test_texts_begin_at_multiples_of_the_lanes() -> None:
    """Else the sums over a row would depend on what else is in it."""
    rows = rows_of([5, 3, 9, 21, 1, 7] * 20)
    lanes = 8 if features() == 0 else 16
    offsets = np.concatenate([batch.offset for batch in plan_batches(rows, None, "float32")])
    assert np.gcd.reduce(offsets) == lanes
