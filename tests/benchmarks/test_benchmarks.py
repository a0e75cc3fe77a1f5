"""Benchmark infrastructure; the peers need not be installed."""

import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import base_models, gpu, memory, models, pages, peak, quality
from benchmarks.contenders import CONTENDERS, REFERENCE, contender
from benchmarks.environments import ENVIRONMENTS, environment
from benchmarks.figures import Spread, percentile, ratios, spread
from benchmarks.machine import this_machine
from benchmarks.options import Options
from benchmarks.pages import BENCHMARKS, PAGES, Page
from benchmarks.processes import ContenderError, Process, loaded, record_versions
from benchmarks.results import Result, UnavailableError, read, write
from benchmarks.summary import CHINESE, ENGLISH, ROWS, summary
from benchmarks.tables import Table, best_peer, times
from likewise.checkpoint.config import read_config
from likewise.checkpoint.weights import parameter_count
from likewise.engine.openvino.architectures import ARCHITECTURES
from likewise.engine.openvino.roofline import CHAINS


def latency(ours: float) -> Result:
    def row(second: float) -> dict[str, Any]:
        return {"queries": 2, "p50": second, "p95": second, "p50 by round": [second, second]}

    rows = {"likewise auto": row(ours), REFERENCE: row(0.008), "fastembed int8": row(0.002)}
    return Result("latency", "python -m benchmarks latency", rows, {"numpy": "2"}, ["a note"])


def _through_json(result: Result) -> Result:
    return replace(result, machine=json.loads(json.dumps(result.machine)))


def test_ratios_are_taken_within_a_round() -> None:
    # the machine was half as fast in the second round: the ratio is unchanged
    assert ratios([8.0, 16.0], [2.0, 4.0]) == Spread(4.0, 4.0, 4.0)
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])


def test_percentiles_interpolate() -> None:
    assert percentile(list(range(101)), 95) == 95
    assert percentile([1.0, 2.0], 50) == 1.5


def test_best_peer_excludes_likewise() -> None:
    assert best_peer({"likewise auto": [0.1], REFERENCE: [2.0], "fastembed int8": [1.0]}) == (
        "fastembed int8"
    )


def test_result_round_trips_through_json(tmp_path: Path) -> None:
    result = latency(0.001)
    write(result, tmp_path)
    assert read("latency", tmp_path) == replace(
        result, machine=json.loads(json.dumps(result.machine))
    )
    assert read("memory", tmp_path) is None


def test_page_is_generated_between_markers(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"before\n{pages.OPEN}\nstale\n{pages.CLOSE}\nafter\n", "utf-8")
    found = {"latency": latency(0.001)}
    front, whole = (pages.generated(Page(path, words), found) for words in (ENGLISH, None))
    assert front is not None
    assert whole is not None
    assert "stale" not in front
    assert front.startswith("before")
    assert front.endswith("after\n")
    assert "| one short query, warm, `auto` | 8.0× | 2.0× (fastembed int8) |" in front
    assert "| likewise auto | 1.00 ms | 1.00 ms | 8.00× (8.00–8.00) |" in whole
    assert "a note" in whole
    path.write_text("no marks", "utf-8")
    assert pages.generated(Page(path, ENGLISH), found) is None


def test_pages_match_the_results() -> None:
    for page in PAGES:
        text = pages.generated(page, pages.results())
        assert text is None or text == page.path.read_text("utf-8"), (
            f"{page.path.name} is stale: python -m benchmarks --pages"
        )


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmarks_have_the_same_interface(name: str) -> None:
    assert BENCHMARKS[name].QUESTION.endswith("?")
    assert callable(BENCHMARKS[name].run)
    assert callable(BENCHMARKS[name].tables)
    result = pages.results().get(name)
    assert result is None or all(isinstance(t, Table) for t in BENCHMARKS[name].tables(result))


@pytest.mark.parametrize("name", sorted({c.adapter for c in CONTENDERS}))
def test_adapters_have_the_same_interface(name: str) -> None:
    adapter = importlib.import_module(f"benchmarks.adapters.{name}")
    assert adapter.PACKAGES
    assert callable(adapter.prepare)
    assert callable(adapter.load)


def test_contenders_have_names_and_environments() -> None:
    assert len({c.name for c in CONTENDERS}) == len(CONTENDERS)
    for row in CONTENDERS:
        assert environment(row.environment) in ENVIRONMENTS
    assert {row.ours for row in ROWS} <= {c.name for c in CONTENDERS if c.ours}


def test_both_languages_label_every_row() -> None:
    keys = [row.key for row in ROWS]
    assert list(ENGLISH.rows) == list(CHINESE.rows) == keys
    assert len(CHINESE.head) == len(ENGLISH.head)
    assert summary({}, ENGLISH) == ""


def test_contender_runs_in_its_own_process() -> None:
    with loaded([contender("likewise float32")]) as field:
        assert not field.notes
        assert "openvino" in field.versions
        process = field.processes["likewise float32"]
        assert process.ask("encode", texts=["a", "b"])["texts"] == 2
        assert len(process.ask("each", texts=["a", "b", "c"])["seconds"]) == 3
        with pytest.raises(ContenderError, match="TextError"):
            process.ask("encode", texts=[None])
        assert process.ask("encode", texts=["still there"])["texts"] == 1


def test_contender_that_fails_to_load_is_noted() -> None:
    with loaded([replace(contender("likewise float32"), name="nobody")]) as field:
        assert not field.processes
        assert len(field.notes) == 1


def test_missing_peer_error_names_the_setup_option(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "benchmarks.processes.environment", lambda name: replace(environment(name), folder=tmp_path)
    )
    with pytest.raises(ContenderError, match="--peers"):
        Process(contender("CTranslate2 int8"))


def test_machine_and_command_are_recorded() -> None:
    assert this_machine().cores >= 1 or not this_machine().flags
    options = Options(rounds=2, only=("likewise auto",))
    assert options.command("latency") == (
        "python -m benchmarks latency --rounds 2 --only 'likewise auto'"
    )
    assert [c.name for c in options.chosen(CONTENDERS)] == ["likewise auto"]


def test_ratios_are_formatted_with_their_range() -> None:
    assert times(Spread(9.123, 8.8, 9.444)) == "9.12× (8.80–9.44)"


def test_tables_render_the_rows() -> None:
    peaks = {"bfloat16": {chain.name: [1e12, 2e12] for chain in CHAINS}}
    reached = {
        "likewise auto": {"format": "bfloat16", "sentences": [5e11, 1e12], "documents": [1e12] * 2}
    }
    rows = {"peak": peaks, "reached": reached}
    products, shares = peak.tables(Result("peak", "", rows))
    assert len(products.rows) == len(CHAINS)
    assert shares.rows[0][1:3] == ("1.50 (1.00–2.00)", "50% (50%–50%)")

    used = {"20000": {"peak": 400.0, "output": 29.0}, "200000": {"peak": 700.0, "output": 293.0}}
    (table,) = memory.tables(Result("memory", "", {"likewise auto": used}))
    assert table.rows == (("likewise auto", "400", "700", "+36"),)

    scores = dict.fromkeys(quality.TASKS, 80.0)
    found = {quality.FLOAT32: scores, "likewise int8": {**scores, "STS12": 79.5}}
    (table,) = quality.tables(Result("quality", "", found))
    assert table.rows[1] == ("likewise int8", "80.00", "79.50 (-0.50)", "80.00", "80.00", "80.00")


def test_multiply_adds_of_a_text() -> None:
    # 6 layers of 384, 1,536 inside: 1,769,472 a layer for a token, and attention over n tokens
    assert peak.multiply_adds(10) == 6 * 10 * (1_769_472 + 2 * 10 * 384)
    assert CHAINS[0].multiply_adds == 1024 * 12 * 384 * 384


def test_different_versions_are_both_recorded() -> None:
    versions = {"transformers": "5.5"}
    record_versions(versions, contender(REFERENCE), {"transformers": "5.5", "torch": "2"})
    onnx = contender("sentence-transformers ONNX int8")
    record_versions(versions, onnx, {"transformers": "4.57"})
    assert versions == {"transformers": "5.5", "torch": "2", "transformers (onnx)": "4.57"}


@pytest.mark.slow
@pytest.mark.parametrize("family", base_models.NETWORKS.values())
def test_base_models_have_full_size(family: str, tmp_path: Path, model_folder: Path) -> None:
    pytest.importorskip("torch")
    config = read_config(base_models.make(family, tmp_path / family))
    assert (config.network["num_hidden_layers"], config.network["hidden_size"]) == (12, 768)
    assert config.network["intermediate_size"] == 3072
    assert config.max_tokens == 256
    assert parameter_count(config.folder) > 100e6


def test_every_architecture_module_is_benchmarked() -> None:
    files = {a.hidden_states.__module__ for a in ARCHITECTURES.values()}
    assert {ARCHITECTURES[f].hidden_states.__module__ for f in models.FAMILIES} == files


def test_families_are_compared_with_the_reference() -> None:
    field: dict[str, Callable[[list[str]], Any]] = {
        models.REFERENCE: lambda texts: np.eye(len(texts)),
        "float32": lambda texts: np.eye(len(texts)),
        "bfloat16": lambda texts: 2 * np.eye(len(texts)),
    }
    row = models.race(field, {"int8": "no such graph"}, ["a", "b", "c"], rounds=2)
    parity, speed = models.tables(Result("models", "", {"bert": row}))
    assert parity.rows == (("bert", "1.000000", "1.000000", "refused"),)
    assert speed.rows[0][3] == "refused"
    assert speed.rows[0][1].endswith("×")


def test_gpu_contenders_alternate_by_round() -> None:
    field = dict.fromkeys(("likewise float32", gpu.REFERENCE), lambda texts: np.eye(len(texts)))
    rows = gpu.race(field, ["a", "b", "c"], rounds=2)
    assert [len(row["seconds"]) for row in rows.values()] == [2, 2]
    assert rows[gpu.REFERENCE]["cosine"] == {"mean": 1.0, "min": 1.0}
    (table,) = gpu.tables(Result("gpu", "", rows))
    assert [row[0] for row in table.rows] == list(field)


def test_missing_gpu_gives_a_one_line_error() -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(UnavailableError, match=r"^gpu: .*$"):
        gpu.run(Options())
