"""Model comparison: intervals, weak labels, smaller vectors, calibration, the page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import likewise as library
from likewise import vectors
from likewise.data.table import Table, read_table
from likewise.errors import EngineError, InputError, RecordError
from likewise.evaluation.calibration import calibrate
from likewise.evaluation.candidates import (
    Candidate,
    CandidateResult,
    Cost,
    LeftOut,
    ReducedEncoder,
    ScoredCandidate,
    VectorForms,
    measure_cost,
    value_ranges,
)
from likewise.evaluation.model_comparison import ComparedTask, compare_models
from likewise.evaluation.recommendation import explain, recommend
from likewise.evaluation.report import _log_ticks, html_report
from likewise.evaluation.significance import Difference, Interval
from likewise.evaluation.task_schemas import Columns
from likewise.evaluation.tasks import Classification, PairClassification
from likewise.evaluation.weak_labels import mine_labels

PRECISIONS: tuple[vectors.Precision, ...] = ("float32", "int8", "binary")


def table(**columns: list[str]) -> Columns:
    return Columns(Table(Path("t.csv"), columns), {})


def words(rng: np.random.Generator, count: int) -> str:
    return " ".join(f"w{i}" for i in rng.integers(0, 500, count))


def test_titles_are_removed_from_their_bodies() -> None:
    rng = np.random.default_rng(0)
    titles = [words(rng, 4) for _ in range(30)]
    bodies = [f"{t} {words(rng, 20)}" for t in titles]
    weak = mine_labels("t", table(title=titles, text=bodies))
    assert weak.facts.kind == "titles"
    assert not any(d.startswith(tuple(titles)) for d in weak.task.corpus.values())
    assert "These labels are generated" in weak.warning
    assert weak.facts.count == 30


def test_long_texts_are_split_in_half() -> None:
    rng = np.random.default_rng(0)
    weak = mine_labels("t", table(text=[words(rng, 40) for _ in range(20)]))
    assert weak.facts.kind == "halves"
    assert weak.facts.overlap < 0.6


def test_short_texts_are_matched_by_word_overlap(model: Any) -> None:
    rng = np.random.default_rng(0)
    texts = [words(rng, 6) for _ in range(20)]
    again = [t.rsplit(" ", 1)[0] + " changed" for t in texts]
    weak = mine_labels("t", table(text=texts + again))
    assert all(q not in judged for q, judged in weak.task.relevant.items())
    assert weak.task.run(model).score > 0.95
    assert "very weak" in weak.warning, "word overlap alone solves this task"


def test_too_few_weak_labels_are_refused() -> None:
    with pytest.raises(RecordError, match="only 0 weak ones"):
        mine_labels("t", table(text=["one", "two", "three"]))
    with pytest.raises(RecordError, match="no column of texts"):
        mine_labels("t", table(price=["1", "2"]))


def test_reduced_vectors_are_truncated_and_quantized(model: Any) -> None:
    texts = [f"text number {i}" for i in range(50)]
    plain = vectors.normalize(model.encode(texts))
    ranges = value_ranges(plain, 64)

    def reduced(dimension: int, precision: Any) -> np.ndarray:
        candidate = Candidate("m", "float32", dimension, precision)
        return ReducedEncoder(model, candidate, ranges[:, :dimension]).encode(texts)

    assert np.allclose(reduced(64, "float32"), plain, atol=1e-6)
    assert np.allclose(reduced(16, "float32"), vectors.truncate(plain, 16), atol=1e-6)
    step = (ranges[1] - ranges[0]) / 255
    int8 = reduced(64, "int8")
    assert (np.abs(int8 - plain) <= step * 0.51 + 0.001).all()
    bits = vectors.quantize(plain, "ubinary")
    hamming = np.unpackbits(bits[0] ^ bits[1]).sum()
    signs = reduced(64, "binary")
    assert signs[0] @ signs[1] == pytest.approx((64 - 2 * hamming) / 64, abs=1e-6)
    for form in (int8, signs, reduced(16, "int8")):  # classifiers see all at the same scale
        assert np.linalg.norm(form, axis=1) == pytest.approx(1, abs=1e-5)


def test_binary_vectors_are_not_better_for_a_classifier(model: Any) -> None:
    """With the norm of 64 dimensions, logistic regression was penalized less on them."""
    rng = np.random.default_rng(3)
    centers = vectors.normalize(rng.normal(size=(20, 64)))
    labels = [str(i % 20) for i in range(800)]
    points = {f"t{i}": centers[i % 20] + 0.25 * rng.normal(size=64) for i in range(800)}

    class Given:
        def encode(self, sentences: Any) -> Any:
            return vectors.normalize(np.asarray([points[s] for s in sentences], np.float32))

    texts = list(points)
    task = Classification("c", texts[:400], labels[:400], texts[400:], labels[400:])
    ranges = value_ranges(Given().encode(texts), 64)
    scores = {
        precision: task.run(
            ReducedEncoder(Given(), Candidate("m", "float32", 64, precision), ranges)
        ).score
        for precision in PRECISIONS
    }
    assert scores["binary"] < scores["float32"]
    assert scores["int8"] == pytest.approx(scores["float32"], abs=0.01)


def test_the_tolerance_is_that_of_the_user() -> None:
    best, half, much = (
        result_of(0.8, 0, 100), result_of(0.796, -0.004, 900), result_of(0.78, -0.02, 5000),
    )  # fmt: skip
    assert recommend([best, half, much]) is half
    assert recommend([best, half, much], 0.03) is much
    assert recommend([best, half, much], 0.001) is best
    reason = explain(half, [best, half, much], 0.01)
    assert reason.startswith("no difference that matters: it scores 0.40 points below the best")
    assert "within the tolerance of 1 points" in reason
    assert "a significant difference" in explain(half, [best, half, much], 0.005)
    level = result_of(0.8, 0, 900)
    assert "it scores 0.00 points below" in explain(level, [best, level, much])
    assert "best score" in explain(best, [best, half, much])


def test_bytes_per_vector() -> None:
    sizes = [c.vector_bytes for c in VectorForms().of("m", "float32", 384)]
    assert sizes == [1536, 384, 48, 768, 192, 24, 384, 96, 12]


def test_forms_are_every_dimension_in_every_precision() -> None:
    forms = VectorForms(("64", "half", "512"), ("float32", "binary")).of("m", "int8", 384)
    assert [(f.dimension, f.precision) for f in forms] == [
        (192, "float32"), (192, "binary"), (64, "float32"), (64, "binary"),
    ]  # fmt: skip
    assert {(f.model, f.compute) for f in forms} == {("m", "int8")}
    assert VectorForms(("full", "384")).of("m", "int8", 384) == VectorForms(("full",)).of(
        "m", "int8", 384
    )
    for dimensions, precisions, message in (
        (("tiny",), ("int8",), "'tiny' is not a number of dimensions"),
        (("0",), ("int8",), "'0' is not"),
        (("full",), ("int4",), "'int4' is not a precision"),
        (("full",), (), "no form of vectors"),
    ):
        with pytest.raises(InputError, match=message):
            VectorForms(dimensions, precisions)


def result_of(score: float, gap: float, speed: float, dimension: int = 384) -> CandidateResult:
    sure = Interval(gap, gap - 0.002, gap + 0.002)
    return CandidateResult(
        Candidate(f"m{score}", "float32", dimension),
        Interval(score, score - 0.01, score + 0.01),
        Difference(sure, 0.001),
        Cost(1.0, speed, 100),
        0,
        0,
    )


def test_the_fastest_good_candidate_is_recommended() -> None:
    best, close, poor = (
        result_of(0.8, 0, 100),
        result_of(0.798, -0.002, 900),
        result_of(0.7, -0.1, 5000),
    )
    assert recommend([best, close, poor]) is close
    assert recommend([best, poor]) is best
    small = result_of(0.799, -0.001, 880, 192)
    assert recommend([best, close, small]) is small, "about as fast, and smaller"


def test_calibration_is_monotonic_and_suggests_a_threshold(model: Any) -> None:
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
    threshold = next(t for t in found.thresholds if t.purpose == "duplicates").interval
    assert threshold.low <= threshold.value <= threshold.high
    assert 0.3 < threshold.value < 0.75
    assert found.labelled == 200
    assert found.to_dict()["meanings"][3]["probability"] == chances[3]
    unlabelled = calibrate(model, texts)
    assert all(m["probability"] is None for m in unlabelled.to_dict()["meanings"])
    assert all(np.isnan(m.probability) for m in unlabelled.meanings)
    with pytest.raises(InputError, match="too few"):
        calibrate(model, ["a"] * 50)


class Page(HTMLParser):
    """Records unclosed tags, and URLs that the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [v or "" for k, v in attrs if k in ("src", "href")]
        if tag not in ("meta", "br", "link", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_models_are_compared_and_the_page_is_self_contained(
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
    scored: list[ScoredCandidate] = []
    compared: list[ComparedTask] = []
    result = compare_models(
        [str(model_folder), str(tiny_checkpoint())],
        tmp_path / "mine.tsv",
        computes=("float32",),
        forms=VectorForms(("full", "half"), ("float32", "int8", "binary")),
        cache=tmp_path / "cache",
        on_task=compared.append,
        on_scored=scored.append,
    )
    assert len(result.results) == 12
    assert [(task.name, task.data) for task in compared] == [("mine", result.data)]
    early = {each.candidate: (each.quality, each.cost) for each in scored}
    assert early == {each.candidate: (each.quality, each.cost) for each in result.results}
    assert result.results[0].quality.value == pytest.approx(1.0, abs=0.06)
    assert result.choice.model == str(model_folder), "the other one has random weights"
    assert str(model_folder) not in result.reference
    assert result.results[-1].against_best.interval.value < -0.1
    assert result.label_warning == ""
    assert all(s.cost.memory_mb > 50 for s in result.results)
    json.dumps(result.to_dict())
    html = html_report(result)
    labels = [each.candidate.label for each in result.results]
    places = labels.index(result.choice.label), labels.index(result.reference)
    differing = result.disagreements.between(*places)
    assert differing[0].difference > 0.1
    assert all(escape(each.input) in html for each in differing)
    best = result.results[places[0]].pairs
    assert best is not None
    assert best.best().f1 > 0.9
    page = Page()
    page.feed(html)
    assert page.open == []
    assert page.loaded == []
    assert "<b>one</b>" not in html, "texts are escaped"
    assert result.choice.label in html


def test_memory_does_not_include_that_of_the_parent_process(tiny_checkpoint: Any) -> None:
    ballast = np.ones(200_000_000 // 8 * 8)  # 1.6 GB in this process
    del ballast
    cost = measure_cost(str(tiny_checkpoint()), "float32", ["a", "b"])
    assert 50 < cost.memory_mb < 1000


def test_the_best_is_the_one_with_the_highest_quality(tmp_path: Path, model_folder: Path) -> None:
    """The main metric of clustering is the mean over samples; quality is measured on all texts."""
    chance = np.random.default_rng(0)
    folder = tmp_path / "static"
    folder.mkdir()
    embeddings = chance.normal(size=(30522, 32)).astype(np.float32)
    save_file({"embeddings": embeddings}, folder / "model.safetensors")
    shutil.copy(model_folder / "tokenizer.json", folder)
    (folder / "config.json").write_text('{"model_type": "model2vec", "normalize": true}')
    words = [f"{first}{second}" for first in "abcdefghij" for second in "klmnopqrst"]
    rows = [f"{' '.join(chance.choice(words[5 * n : 5 * n + 9], 4))},{n}"
            for n in range(18) for _ in range(15)]  # fmt: skip
    data = tmp_path / "labels.csv"
    data.write_text("\n".join(["text,label", *rows]), "utf-8")
    found = compare_models([str(folder)], data, computes=("float32",))
    qualities = [result.quality.value for result in found.results]
    assert len(set(qualities)) > 3
    assert qualities == sorted(qualities, reverse=True)
    differences = [result.against_best.interval.value for result in found.results]
    assert differences == pytest.approx([value - qualities[0] for value in qualities])


def test_a_static_model_is_compared_once(
    tmp_path: Path, model_folder: Path, tiny_checkpoint: Any
) -> None:
    """It has only float32, so that other formats would compare it with itself."""
    from likewise.evaluation.model_comparison import _encoders

    folder = tmp_path / "static"
    folder.mkdir()
    save_file({"embeddings": np.ones((30522, 4), np.float32)}, folder / "model.safetensors")
    shutil.copy(model_folder / "tokenizer.json", folder)
    (folder / "config.json").write_text('{"model_type": "model2vec", "normalize": true}')
    left: list[LeftOut] = []
    found = list(_encoders(str(folder), ("float32", "bfloat16", "int8"), library.load, left.append))
    assert [e.compute for e in found] == ["float32"]
    assert [str(each).partition(" has ")[2] for each in left] == [
        "only float32: bfloat16 is left out",
        "only float32: int8 is left out",
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
def test_ticks_of_a_logarithmic_axis(low: float, high: float, marks: list[float]) -> None:
    assert _log_ticks(low, high) == marks


def test_a_failed_measurement_is_reported() -> None:
    with pytest.raises(EngineError, match="measuring no-such-model"):
        measure_cost("no-such-model", "float32", ["a"])
