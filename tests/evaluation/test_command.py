"""The command `likewise evaluate`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PUBLISHED = {"stsbenchmark": 82.03, "sts12": 72.37, "sick_r": 77.58}
"""SciFact takes minutes of encoding: `python -m benchmarks faithful` measures it."""
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def likewise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "likewise", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def chinese(tmp_path: Path) -> Path:
    """Chinese data: STS-B, and the first 1,000 pairs of LCQMC."""
    data = Path(__file__).parents[3] / "shared" / "data" / "chinese"
    if not data.exists():
        pytest.skip("the Chinese data are not available")
    shutil.copy(data / "stsb_zh_test.tsv", tmp_path)
    lines = (data / "lcqmc_test.tsv").read_text(encoding="utf-8").splitlines()
    few = tmp_path / "lcqmc_few.tsv"
    few.write_text("\n".join(lines[:1001]) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.csv"
    path.write_text(
        "sentence1,sentence2,score\n"
        "A man is eating.,Someone eats.,4\n"
        "A plane takes off.,An air plane is taking off.,5\n"
        "A cat sleeps.,The stock market fell.,0\n"
        "A woman sings.,A woman plays the guitar.,2\n"
    )
    return path


def test_several_tasks_and_json(likewise: Command, pairs: Path, model_folder: Path) -> None:
    other = pairs.with_name("other.csv")
    other.write_text(pairs.read_text())
    done = likewise("evaluate", model_folder, "--tasks", pairs, "--tasks", other, "--json", "-q")
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)["models"]
    assert [t["task_name"] for t in one["tasks"]] == ["pairs", "other"]
    assert done.stderr == ""


def test_a_drop_sets_the_exit_status(
    likewise: Command, pairs: Path, tmp_path: Path, model_folder: Path
) -> None:
    results = tmp_path / "results.json"
    words = ("evaluate", model_folder, "--tasks", pairs)
    assert likewise(*words, "--output", results).returncode == 0
    passed = likewise(*words, "--baseline", results, "--max-drop", "0.3")
    assert passed.returncode == 0, passed.stderr
    record = json.loads(results.read_text())
    scores = record["models"][0]["tasks"][0]["scores"]["test"][0]
    scores["cosine_spearman"] = scores["main_score"] = scores["main_score"] + 0.004
    results.write_text(json.dumps(record))
    failed = likewise(*words, "--baseline", results, "--max-drop", "0.3")
    assert failed.returncode == 1
    assert "fell from" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_bad_input_gives_an_error_without_traceback(
    likewise: Command, pairs: Path, model_folder: Path
) -> None:
    for words in (
        ("evaluate", model_folder, "--tasks", "nowhere/x.csv"),
        ("evaluate", model_folder, "--tasks", pairs, "--columns", "first"),
        ("evaluate", model_folder, "--tasks", pairs, "--type", "Poetry"),
        ("evaluate", model_folder, "--tasks", pairs, "--baseline", pairs),
    ):
        failed = likewise(*words)
        assert failed.returncode == 1
        assert failed.stderr.startswith("error: ")
        assert "Traceback" not in failed.stderr


@pytest.mark.slow
def test_scores_equal_the_published_ones(likewise: Command, shared_data: Path) -> None:
    names = (*PUBLISHED, "banking77")
    tasks = [word for name in names for word in ("--tasks", shared_data / name)]
    done = likewise("evaluate", "all-MiniLM-L6-v2", *tasks, "--compute", "float32", "--json")
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)["models"]
    scores = {t["task_name"]: 100 * t["scores"]["test"][0]["main_score"] for t in one["tasks"]}
    for name, published in PUBLISHED.items():
        assert scores[name] == pytest.approx(published, abs=0.02), name
    assert scores["banking77"] == pytest.approx(80.04, abs=0.6)


GATE = Path(__file__).parent / "gate"


@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
def test_scores_are_not_below_the_baseline(
    likewise: Command, model_folder: Path, tmp_path: Path, compute: str
) -> None:
    done = likewise(
        "evaluate", model_folder, "--compute", compute, "--tasks", GATE / "sentences.tsv",
        "--tasks", GATE / "questions.tsv",
        "--baseline", GATE / "baseline.json", "--max-drop", "0.3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2 scores within 0.3 of the baseline" in done.stderr


def test_chinese_sets(likewise: Command, chinese: Path) -> None:
    """The English model scores low, but above chance."""
    result = likewise(
        "evaluate", "all-MiniLM-L6-v2", "--compute", "float32", "--no-cache",
        "--tasks", chinese / "stsb_zh_test.tsv", "--tasks", chinese / "lcqmc_few.tsv",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    similar, same = (line.split() for line in result.stdout.splitlines()[1:])
    assert similar[2:5] == ["stsb_zh", "STS", "cosine_spearman"]
    assert float(similar[5]) == pytest.approx(37.8, abs=0.5)
    assert same[3:5] == ["PairClassification", "max_ap"]
    assert 50 < float(same[5]) < 75
