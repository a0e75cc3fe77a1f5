"""Groups against every pair compared; the same in any order; chains do not glue."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from likewise import Encoder
from likewise.analysis.dedup.dedupe import dedupe
from likewise.analysis.dedup.duplicates import Duplicates
from likewise.analysis.dedup.exact import normalized
from likewise.analysis.dedup.leaks import leaks
from likewise.analysis.embedded_corpus import EmbeddedCorpus, embed_corpus
from likewise.data.records import Record
from likewise.errors import InputError
from likewise.vectors import normalize

numbers = itertools.count()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def corpus(place: Path, texts: list[str], vectors: NDArray[np.floating]) -> EmbeddedCorpus:
    folder = place / str(next(numbers))
    folder.mkdir()
    return EmbeddedCorpus([Record(text) for text in texts], normalize(vectors), "", folder)


def at(*degrees: float) -> NDArray[np.float64]:
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1)


def removals(found: Duplicates, texts: list[str]) -> set[tuple[str, str, str]]:
    return {(texts[r.row], texts[r.representative], r.reason) for r in found.removed}


def test_copies_differ_in_case_spaces_and_unicode_forms_alone(place: Path) -> None:
    texts = [
        "Café au lait",
        "CAFÉ  au\tlait ",
        "cafe\u0301 au lait",
        "Ｃafé au lait",
        "cafe au lait",
    ]
    found = dedupe(corpus(place, texts, at(0, 10, 20, 30, 90)), 1.5)
    assert {texts[row] for row in found.kept} == {"CAFÉ  au\tlait ", "cafe au lait"}
    assert found.of("exact") == 3
    assert {r.similarity for r in found.removed} == {1.0}
    assert normalized("ﬁne  ") == "fine"


def test_near_ones_go_with_their_similarity(place: Path) -> None:
    texts = ["a long text", "a text", "other"]
    found = dedupe(corpus(place, texts, at(0, 10, 80)), 0.95)
    (removed,) = found.removed
    assert (removed.row, removed.representative, removed.reason, removed.group) == (1, 0, "near", 1)
    assert removed.similarity == pytest.approx(np.cos(np.radians(10)), abs=1e-6)
    assert dedupe(corpus(place, texts, at(0, 10, 80)), 0.99).removed == ()


def test_a_chain_does_not_glue_unlike_texts(place: Path) -> None:
    texts = [f"text {letter}" for letter in "abcdefg"]
    found = dedupe(corpus(place, texts, at(0, 10, 20, 30, 40, 50, 60)), np.cos(np.radians(11)))
    assert {texts[row] for row in found.kept} == {"text a", "text c", "text e", "text g"}
    assert all(r.similarity >= found.threshold for r in found.removed)


def test_who_is_near_to_two_goes_to_the_first_of_them(place: Path) -> None:
    found = dedupe(corpus(place, ["longest", "longer", "long"], at(0, 20, 10)), 0.98)
    assert [(r.row, r.representative) for r in found.removed] == [(2, 0)]


def test_keep_first(place: Path) -> None:
    texts = ["brief", "much more of it", "BRIEF", "other"]
    vectors = at(0, 5, 0, 90)
    assert dedupe(corpus(place, texts, vectors), 0.95).kept == [1, 3]
    assert dedupe(corpus(place, texts, vectors), 0.95, keep="first").kept == [0, 3]


def test_groups_have_no_limit(place: Path) -> None:
    chance = np.random.default_rng(0)
    middles = chance.normal(size=(3, 32))
    vectors = np.concatenate([m + 0.02 * chance.normal(size=(400, 32)) for m in middles])
    texts = [f"text {i:04}" for i in range(1200)]
    found = dedupe(corpus(place, texts, vectors), 0.9, remove_differing=True)
    assert found.kept == [0, 400, 800]
    assert [len(group) for group in found.groups.values()] == [399, 399, 399]


def reference(texts: list[str], vectors: NDArray[np.floating], threshold: float) -> set[str]:
    """The rows that stay, straight from the definition."""
    unit = normalize(vectors).astype(np.float64)
    kept: list[int] = []
    for row in sorted(range(len(texts)), key=lambda row: (-len(texts[row]), texts[row])):
        if all(unit[row] @ unit[other] < threshold for other in kept):
            kept.append(row)
    return {texts[row] for row in kept}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_the_same_in_any_order(place: Path, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    chance = np.random.default_rng(seed)
    n = data.draw(st.integers(2, 120))
    texts = [f"{'x' * int(chance.integers(1, 4))} {i}" for i in range(n)]
    middles = chance.normal(size=(max(1, n // 25), 8))
    vectors = middles[chance.integers(len(middles), size=n)] + 0.35 * chance.normal(size=(n, 8))
    copies = chance.integers(n, size=n // 5)
    texts += [texts[i].upper() for i in copies]
    vectors = np.concatenate([vectors, vectors[copies]])
    first = dedupe(corpus(place, texts, vectors), 0.9, remove_differing=True)
    order = data.draw(st.permutations(range(len(texts))))
    shuffled = [texts[i] for i in order]
    second = dedupe(corpus(place, shuffled, vectors[order]), 0.9, remove_differing=True)
    assert removals(first, texts) == removals(second, shuffled)
    key = {(texts[r.row], r.group, r.similarity) for r in first.removed}
    assert key == {(shuffled[r.row], r.group, r.similarity) for r in second.removed}
    capital = {texts[i] for i in first.kept}
    assert {normalized(text) for text in capital} == {
        normalized(text)
        for text in reference([*dict.fromkeys(map(normalized, texts))], vectors[:n], 0.9)
    }


def test_what_leaks_between_two_files(place: Path) -> None:
    train = ["the test", "near the test", "own", "own", "THE TEST"]
    test = ["the test", "another"]
    found = leaks(corpus(place, train, at(0, 10, 90, 90, 0)), corpus(place, test, at(0, 180)), 0.95)
    assert found.kept == [2, 3]
    assert [(r.row, r.representative, r.reason) for r in found.removed] == [
        (0, 0, "exact"), (1, 0, "near"), (4, 0, "exact"),
    ]  # fmt: skip
    assert len(found.groups) == 1


def test_bad_settings(place: Path) -> None:
    made = corpus(place, ["a", "b"], at(0, 10))
    with pytest.raises(InputError, match="unknown keep"):
        dedupe(made, keep="last")  # type: ignore[arg-type]
    for threshold in (0.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="expected a similarity"):
            dedupe(made, threshold)


def test_one_text(place: Path) -> None:
    assert dedupe(corpus(place, ["a"], at(0))).kept == [0]
    assert dedupe(corpus(place, ["A", "a"], at(0, 0))).kept == [0]


def test_a_real_file_in_any_order(
    encoder: Encoder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKEWISE_CACHE", str(place / "cache"))
    subjects = ("My parcel", "The refund", "A new card", "That invoice", "The weather in June")
    lines = [f"{s} {v}{end}" for s in subjects
             for v in ("has not arrived", "has not arrived yet", "is not here", "was lovely")
             for end in ("", ".", "!!", " , really")]  # fmt: skip
    results = []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(lines))
        source = place / f"{seed}.txt"
        source.write_text("".join(f"{lines[i]}\n" for i in order))
        corpus = embed_corpus(encoder, source)
        found = dedupe(corpus)
        results.append(
            {(corpus.texts[r.row], corpus.texts[r.representative], r.group) for r in found.removed}
        )
    assert results[0] == results[1] == results[2]
    assert 20 < len(results[0]) < len(lines) - len(subjects)


@pytest.fixture
def banking77(shared_data: Path, place: Path) -> Path:
    """Half of the test questions of banking77, one a line."""
    lines = (shared_data / "banking77" / "test.tsv").read_text("utf-8").splitlines()[1::2]
    path = place / "banking77.txt"
    path.write_text("\n".join(line.split("\t")[1] for line in lines), "utf-8")
    return path


def rethreshold_cases(found: Duplicates) -> tuple[float, ...]:
    """Thresholds to try again: the same one, higher ones, exact copies alone."""
    return (found.threshold, 0.7, 0.8, 0.92, 0.97, 1.0, 1.5)


def test_another_threshold_gives_what_a_new_run_gives(
    encoder: Encoder, banking77: Path, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    monkeypatch.setenv("LIKEWISE_CACHE", str(place / "cache"))
    corpus = embed_corpus(encoder, banking77)
    found = dedupe(corpus, 0.55)  # low enough for texts with more near neighbors than looked up
    saturated = found.source.pairs.saturated  # type: ignore[union-attr]
    assert len(saturated) > 5
    for threshold in rethreshold_cases(found):
        again = found.rethreshold(threshold)
        assert again == dedupe(corpus, threshold)
        assert again.rethreshold(max(threshold, 0.99)) == dedupe(corpus, max(threshold, 0.99))
    assert found.rethreshold(0.7).of("near") > found.rethreshold(0.92).of("near") > 0


def test_leaks_at_another_threshold(encoder: Encoder, banking77: Path, place: Path) -> None:
    lines = banking77.read_text().splitlines()[:600]
    parts = [place / "a.txt", place / "b.txt"]
    parts[0].write_text("\n".join(lines[:300]))
    parts[1].write_text("\n".join([*lines[300:], lines[0].upper()]))
    corpus, against = (embed_corpus(encoder, part) for part in parts)
    found = leaks(corpus, against, 0.6)
    for threshold in rethreshold_cases(found):
        assert found.rethreshold(threshold) == leaks(corpus, against, threshold)
    assert found.rethreshold(1.5).of("exact") == 1


def test_a_lower_threshold_needs_more_pairs(place: Path) -> None:
    found = dedupe(corpus(place, ["a long text", "a text", "other"], at(0, 10, 80)), 0.9)
    with pytest.raises(InputError, match=r"0\.8 needs more pairs than were found at 0\.9") as error:
        found.rethreshold(0.8)
    assert "run dedupe again" in (error.value.hint or "")
    with pytest.raises(InputError, match="expected a similarity"):
        found.rethreshold(0)
