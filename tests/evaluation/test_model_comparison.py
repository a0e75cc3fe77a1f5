"""Intervals, weak labels, smaller vectors, calibration, the recommendation and its page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from safetensors.numpy import save_file

from likewise import vectors
from likewise.data.table import Table, read_table
from likewise.errors import EngineError, InputError, RecordError
from likewise.evaluation.calibration import calibrate
from likewise.evaluation.candidates import Candidate, Cost, Shaped, forms, measure, ranges_of
from likewise.evaluation.model_comparison import ModelStanding, compare_models, recommend
from likewise.evaluation.report import _log_ticks, html_report
from likewise.evaluation.significance import Difference, Interval, bootstrap, paired, resamples
from likewise.evaluation.task_schemas import Columns
from likewise.evaluation.tasks import PairClassification
from likewise.evaluation.weak_labels import mine_labels


def mean_of(values: np.ndarray) -> Any:
    return lambda places: float(values[places].mean())


def test_the_interval_is_the_one_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(0.6, 0.2, 400)
    found = bootstrap(mean_of(values), 400, resamples(400, 2000))
    low, high = scipy.stats.norm.interval(0.95, values.mean(), scipy.stats.sem(values))
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.003)


def test_the_interval_holds_the_truth_19_times_of_20() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        values = rng.normal(0.5, 0.3, 80)
        found = bootstrap(mean_of(values), 80, resamples(80, 300))
        held += found.low <= 0.5 <= found.high
    assert 180 <= held <= 199


def test_a_paired_difference_sees_what_two_intervals_do_not() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(0.5, 0.3, 200)
    better = base + 0.02 + rng.normal(0, 0.02, 200)
    draws = resamples(200)
    first, second = (bootstrap(mean_of(v), 200, draws) for v in (better, base))
    assert first.low < second.high, "the intervals overlap"
    found = paired(mean_of(better), mean_of(base), draws)
    assert found.significant
    assert found.p < 0.01
    same = paired(mean_of(base), mean_of(base), draws)
    assert not same.significant
    assert same.p == 1.0


def table(**columns: list[str]) -> Columns:
    return Columns(Table(Path("t.csv"), columns), {})


def words(rng: np.random.Generator, count: int) -> str:
    return " ".join(f"w{i}" for i in rng.integers(0, 500, count))


def test_titles_find_bodies_without_the_title_in_them() -> None:
    rng = np.random.default_rng(0)
    titles = [words(rng, 4) for _ in range(30)]
    bodies = [f"{t} {words(rng, 20)}" for t in titles]
    weak = mine_labels("t", table(title=titles, text=bodies))
    assert weak.source == "titles and their bodies"
    assert not any(d.startswith(tuple(titles)) for d in weak.task.corpus.values())
    assert "Nobody gave these labels" in weak.warning
    assert weak.labels == 30


def test_long_texts_are_halved() -> None:
    rng = np.random.default_rng(0)
    weak = mine_labels("t", table(text=[words(rng, 40) for _ in range(20)]))
    assert weak.source == "first and second halves of a text"
    assert weak.overlap < 0.6


def test_short_texts_find_one_of_like_words_never_themselves(model: Any) -> None:
    rng = np.random.default_rng(0)
    texts = [words(rng, 6) for _ in range(20)]
    again = [t.rsplit(" ", 1)[0] + " changed" for t in texts]
    weak = mine_labels("t", table(text=texts + again))
    assert all(q not in judged for q, judged in weak.task.relevant.items())
    assert weak.task.run(model).score > 0.95
    assert "very weak" in weak.warning, "word overlap solves it, and that is told"


def test_too_few_weak_labels_are_refused() -> None:
    with pytest.raises(RecordError, match="only 0 weak ones"):
        mine_labels("t", table(text=["one", "two", "three"]))
    with pytest.raises(RecordError, match="no column of texts"):
        mine_labels("t", table(price=["1", "2"]))


def test_shaped_vectors_are_those_an_index_holds(model: Any) -> None:
    texts = [f"text number {i}" for i in range(50)]
    plain = vectors.normalize(model.encode(texts))
    ranges = ranges_of(plain, 64)

    def shaped(dimension: int, precision: Any) -> np.ndarray:
        contestant = Candidate("m", "float32", dimension, precision)
        return Shaped(model, contestant, ranges[:, :dimension]).encode(texts)

    assert np.allclose(shaped(64, "float32"), plain, atol=1e-6)
    assert np.allclose(shaped(16, "float32"), vectors.truncate(plain, 16), atol=1e-6)
    step = (ranges[1] - ranges[0]) / 255
    assert (np.abs(shaped(64, "int8") - plain) <= step * 0.51 + 1e-6).all()
    bits = vectors.quantize(plain, "ubinary")
    hamming = np.unpackbits(bits[0] ^ bits[1]).sum()
    signs = shaped(64, "binary")
    assert signs[0] @ signs[1] == 64 - 2 * hamming


def test_bytes_of_each_form() -> None:
    sizes = [c.vector_bytes for c in forms("m", "float32", 384)]
    assert sizes == [1536, 384, 48, 768, 192, 384]


def standing(score: float, gap: float, speed: float, dimension: int = 384) -> ModelStanding:
    sure = Interval(gap, gap - 0.002, gap + 0.002)
    return ModelStanding(
        Candidate(f"m{score}", "float32", dimension),
        Interval(score, score - 0.01, score + 0.01),
        Difference(sure, 0.001),
        Cost(1.0, speed, 100),
        0,
        0,
    )


def test_the_fastest_of_the_good_ones_is_recommended() -> None:
    best, close, poor = (
        standing(0.8, 0, 100),
        standing(0.798, -0.002, 900),
        standing(0.7, -0.1, 5000),
    )
    assert recommend([best, close, poor]) is close
    assert recommend([best, poor]) is best
    small = standing(0.799, -0.001, 880, 192)
    assert recommend([best, close, small]) is small, "as fast, and smaller"


def test_calibration_orders_scores_and_finds_the_cut(model: Any) -> None:
    rng = np.random.default_rng(0)
    texts = [words(rng, 8) for _ in range(200)]
    same = [t.rsplit(" ", 2)[0] + " x y" for t in texts[:100]]
    pairs = PairClassification(
        "p", texts[:100] + texts[:100], same + texts[100:], [1] * 100 + [0] * 100
    )
    found = calibrate(model, texts, pairs)
    percentiles = [m.percentile for m in found.meanings]
    chances = [m.probability for m in found.meanings]
    assert percentiles == sorted(percentiles)
    assert chances == sorted(chances)
    assert chances[0] < 0.1
    assert chances[-1] > 0.9
    cut = next(c for c in found.cuts if c.purpose == "duplicates").threshold
    assert cut.low <= cut.value <= cut.high
    assert 0.3 < cut.value < 0.75
    assert found.labelled == 200
    assert found.to_dict()["meanings"][3]["probability"] == chances[3]
    unlabelled = calibrate(model, texts)
    assert all(m["probability"] is None for m in unlabelled.to_dict()["meanings"])
    assert all(np.isnan(m.probability) for m in unlabelled.meanings)
    with pytest.raises(InputError, match="too few"):
        calibrate(model, ["a"] * 50)


class Page(HTMLParser):
    """Tags that are left open, and what the page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [v or "" for k, v in attrs if k in ("src", "href")]
        if tag not in ("meta", "br", "link", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_bake_off_with_its_page(
    tmp_path: Path, model_folder: Path, tiny_checkpoint: Callable[..., Path]
) -> None:
    table = read_table(Path(__file__).parent / "gate" / "sentences.tsv").columns
    rated = zip(table["score"], table["sentence1"], table["sentence2"], strict=True)
    same = [(first, second) for score, first, second in rated if float(score) >= 4]
    others = [(same[i][0], same[i - 1][1]) for i in range(len(same))]
    lines = [(*pair, "1") for pair in same] + [(*pair, "0") for pair in others]
    lines.append(("Which <b>one</b>?", "No <b>other</b>.", "1"))
    header = ("sentence1", "sentence2", "label")
    (tmp_path / "mine.tsv").write_text("\n".join("\t".join(row) for row in (header, *lines)))
    result = compare_models(
        [str(model_folder), str(tiny_checkpoint())],
        tmp_path / "mine.tsv",
        computes=("float32",),
        cache=tmp_path / "cache",
    )
    assert len(result.standings) == 12
    assert result.standings[0].quality.value == pytest.approx(1.0, abs=0.06)
    assert result.choice.model == str(model_folder), "the other one has random weights"
    assert str(model_folder) not in result.rival
    assert result.standings[-1].against_best.interval.value < -0.1
    assert result.weak == ""
    assert all(s.cost.memory_mb > 50 for s in result.standings)
    json.dumps(result.to_dict())
    html = html_report(result)
    page = Page()
    page.feed(html)
    assert page.open == []
    assert page.fetched == []
    assert "<b>one</b>" not in html, "texts are escaped"
    assert result.choice.label in html


def test_memory_is_that_of_the_model_not_of_who_measures(tiny_checkpoint: Any) -> None:
    ballast = np.ones(200_000_000 // 8 * 8)  # 1.6 GB of this process's own
    del ballast
    cost = measure(str(tiny_checkpoint()), "float32", ["a", "b"])
    assert 50 < cost.memory_mb < 1000


def test_a_table_of_vectors_takes_part_once(
    tmp_path: Path, model_folder: Path, tiny_checkpoint: Any
) -> None:
    """It knows float32 alone; asked for the others, it would win and lose against itself."""
    from likewise.evaluation.model_comparison import _loaded

    folder = tmp_path / "static"
    folder.mkdir()
    save_file({"embeddings": np.ones((30522, 4), np.float32)}, folder / "model.safetensors")
    shutil.copy(model_folder / "tokenizer.json", folder)
    (folder / "config.json").write_text('{"model_type": "model2vec", "normalize": true}')
    told: list[str] = []
    found = list(_loaded(str(folder), ("float32", "bfloat16", "int8"), told.append))
    assert [e.compute for e in found] == ["float32"]
    assert [line.partition(" has ")[2] for line in told] == [
        "float32 alone, so bfloat16 is left out",
        "float32 alone, so int8 is left out",
    ]


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (450, 96_000, [1000, 3000, 10_000, 30_000]),
        (450, 9_000, [500, 1000, 2000, 5000]),
        (500, 1500, [600, 800, 1000, 1200, 1400]),
        (5, 900_000, [10, 100, 1000, 10_000, 100_000]),
    ],
)
def test_marks_of_a_logarithmic_axis(low: float, high: float, marks: list[float]) -> None:
    assert _log_ticks(low, high) == marks


def test_a_model_that_cannot_be_measured_is_named() -> None:
    with pytest.raises(EngineError, match="measuring no-such-model"):
        measure("no-such-model", "float32", ["a"])
