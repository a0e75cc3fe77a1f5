"""What every command prints, as text and as JSON."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise as library
from likewise.errors import CheckpointWarning
from likewise.evaluation import EXAMPLES, compare, load_result
from likewise.hub.catalog import CATALOG, DEFAULT

Run = Callable[..., Any]
LINES = "The cat sleeps on the sofa.\n\nStock markets fell sharply today.\nA kitten naps.\n"
COMMANDS = (
    "ui", "serve", "keys", "mcp", "similarity", "rank", "encode", "preview", "index", "search",
    "ask", "recommend", "feedback", "collections", "example", "dedupe", "cluster", "map",
    "evaluate", "compare", "calibrate", "mine", "check-data", "train", "distill", "models",
    "download", "export", "quantize", "verify", "bench", "plan", "diagnose", "doctor",
)  # fmt: skip


def test_help_teaches(likewise: Run) -> None:
    overview = likewise("--help")
    assert overview.exit_code == 0
    listed = overview.stdout.split("Commands:")[1].split("\n\n")[0].split("\n")[1:]
    assert tuple(line.split()[0] for line in listed) == COMMANDS
    for command in COMMANDS:
        page = likewise(command, "--help").stdout
        assert f"Example:\n    likewise {command}" in page or f"| likewise {command}" in page
    assert likewise("--version").stdout == f"likewise {library.__version__}\n"


def test_similarity(likewise: Run, encoder: library.Encoder) -> None:
    a, b = "A man is eating.", "Someone eats."
    expected = compare(encoder, a, b)
    plain = likewise("similarity", a, b, "--compute", "float32")
    assert plain.stdout.splitlines()[0].split() == ["cosine", f"{expected.cosine:.4f}"]
    printed = json.loads(likewise("similarity", a, b, "--compute", "float32", "--json").stdout)
    rest = {"model": DEFAULT, "compute": "float32", "unknown_tokens": 0}
    assert printed == expected.to_dict() | rest
    table = likewise("similarity", a, b, "--tokens").stdout.splitlines()
    assert table[-6].split() == ["someone", "eats", "."]
    assert table[-1].split()[0] == "."


def test_similarity_tells_what_is_cut(likewise: Run) -> None:
    result = likewise("similarity", "word " * 300, "b")
    assert "1 of 2 texts are longer than the 256 tokens" in result.stderr
    assert not likewise("similarity", "word " * 300, "b", "--quiet").stderr


def test_similarity_tells_of_a_foreign_language(likewise: Run) -> None:
    result = likewise("similarity", "你好", "再见")
    assert "2 of 2 texts are in Chinese script" in result.stderr
    assert "trained for English" in result.stderr
    assert result.stderr.count("note:") == 1
    assert result.stdout.startswith("cosine")
    assert not likewise("similarity", "你好", "再见", "--quiet").stderr
    assert not likewise("similarity", "A man says 你好.", "Someone greets me.").stderr


def test_a_foreign_script_is_told_once_by_every_command(likewise: Run, tmp_path: Path) -> None:
    """Also where the vocabulary knows every single letter."""
    lines = tmp_path / "lines.txt"
    lines.write_text("Кошка спит.\nA cat sleeps.\n猫は寝ている。\n")
    printed = "3 of 4 texts are in Cyrillic and Japanese script"
    assert likewise("rank", "Где собака?", lines).stderr.count(printed) == 1
    assert likewise("similarity", "Где собака?", "고양이").stderr.count("Cyrillic and Hangul") == 1
    saved = likewise("encode", lines, "-o", tmp_path / "out.npy").stderr
    assert saved.count("2 of 3 texts are in Cyrillic and Japanese script") == 1
    example = likewise("example", "everyday-zh", "--no-save").stderr
    assert example.count("8 of 8 texts are in Chinese script") == 1
    assert "script" not in likewise("example", "everyday", "--no-save").stderr


def test_of_a_folder_without_languages_unknown_tokens_alone_are_told(
    likewise: Run, model_folder: Path
) -> None:
    model = ("--model", str(model_folder))
    assert "does not know 4 of these 4" in likewise("similarity", "你好", "再见", *model).stderr
    assert not likewise("similarity", "Где собака?", "кот", *model).stderr


def test_what_was_assumed_is_told_once(
    likewise: Run, model_folder: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    shutil.copytree(model_folder, tmp_path / "bare")
    (tmp_path / "bare" / "modules.json").unlink()
    result = likewise("similarity", "a", "b", "--model", "./bare")
    assert result.stderr.count("mean pooling is assumed") == 1
    assert not [w for w in recwarn if issubclass(w.category, CheckpointWarning)]


def test_rank_a_file(likewise: Run, encoder: library.Encoder, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text(LINES)
    result = likewise("rank", "A cat is asleep.", "lines.txt", "--compute", "float32", "--json")
    rows = json.loads(result.stdout)["results"]
    assert [row["line"] for row in rows] == [1, 4, 3]
    expected = encoder.rank("A cat is asleep.", LINES.replace("\n\n", "\n").splitlines())
    assert [row["score"] for row in rows] == pytest.approx([r.score for r in expected])
    table = likewise("rank", "A cat is asleep.", "lines.txt", "-k", "1").stdout.splitlines()
    assert table[0].split() == ["rank", "score", "line", "text"]
    assert table[1].endswith("The cat sleeps on the sofa.")
    assert len(table) == 2


def test_rank_from_standard_input_and_threshold(likewise: Run) -> None:
    query = ("rank", "A cat is asleep.", "-", "--json")
    assert len(json.loads(likewise(*query, stdin=LINES.encode()).stdout)["results"]) == 3
    near = json.loads(likewise(*query, "--threshold", "0.4", stdin=LINES.encode()).stdout)
    assert [row["line"] for row in near["results"]] == [1, 4]
    none = likewise(*query, "--threshold", "0.99", stdin=LINES.encode())
    assert json.loads(none.stdout)["results"] == []
    assert "nothing scores 0.99 or more" in none.stderr


def test_rank_a_column_into_a_file(likewise: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,name,question\n1,x,How do I pay?\n2,y,Where is it?\n")
    result = likewise("rank", "payment", "in.csv", "-o", "out.csv")
    assert "column 'question'" in result.stderr
    assert result.stdout == ""
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["How do I pay?", "Where is it?"]
    likewise("rank", "payment", "in.csv", "--column", "name", "-o", "out.json")
    assert {row["text"] for row in json.loads((tmp_path / "out.json").read_text())} == {"x", "y"}


@pytest.mark.parametrize("kind", ["npy", "csv", "jsonl", "parquet"])
def test_encode(likewise: Run, encoder: library.Encoder, tmp_path: Path, kind: str) -> None:
    (tmp_path / "lines.txt").write_text(LINES)
    output = f"v.{kind}"
    result = likewise("encode", "lines.txt", "-o", output, "--compute", "float32", "--json")
    printed = json.loads(result.stdout)
    assert (printed["texts"], printed["dimension"], printed["output"]) == (3, 384, output)
    assert printed["fingerprint"] == encoder.fingerprint
    assert f"wrote 3 vectors of 384 dimensions to {output}" in result.stderr
    if kind == "npy":
        expected = encoder.encode(LINES.replace("\n\n", "\n").splitlines())
        np.testing.assert_array_equal(np.load(tmp_path / output), expected)


def test_example(likewise: Run, tmp_path: Path) -> None:
    result = likewise("example", "finance", "law-zh", "--json")
    printed = json.loads(result.stdout)["results"]
    assert [r["name"] for r in printed] == ["finance", "law-zh"]
    for one in printed:
        assert load_result(one.pop("path")).to_dict() == one
    assert len(list((tmp_path / "results").iterdir())) == 2


def test_example_of_ones_own(likewise: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("一只猫\n一只狗\n")
    result = likewise("example", "--file", "mine.txt", "--no-save")
    assert result.stdout.splitlines()[0].startswith(f"mine · {DEFAULT} · ")
    assert "1.00" in result.stdout
    assert not (tmp_path / "results").exists()


def test_example_list(likewise: Run) -> None:
    assert len(likewise("example", "--list").stdout.splitlines()) == 1 + len(EXAMPLES)
    printed = json.loads(likewise("example", "--list", "--json").stdout)["sets"]
    assert [e["name"] for e in printed] == [e.name for e in EXAMPLES]


def test_models(likewise: Run, model_folder: Path) -> None:
    printed = json.loads(likewise("models", "--json").stdout)["models"]
    assert [m["name"] for m in printed] == [e.name for e in CATALOG]
    assert printed[0]["folder"] == str(model_folder)
    plain = likewise("models").stdout
    assert str(model_folder) in plain


def test_download_tells_the_folder(likewise: Run, model_folder: Path) -> None:
    result = likewise("download", DEFAULT)
    assert result.stdout.strip() == str(model_folder)
    assert "already" in result.stderr
    assert json.loads(likewise("download", DEFAULT, "--json").stdout)["folder"] == str(model_folder)


def test_a_folder_is_a_model(likewise: Run, model_folder: Path) -> None:
    result = likewise("similarity", "a", "b", "-m", model_folder, "--json")
    assert json.loads(result.stdout)["model"] == model_folder.name


def test_doctor(likewise: Run) -> None:
    printed = {
        check["name"]: check for check in json.loads(likewise("doctor", "--json").stdout)["checks"]
    }
    for name in ("likewise", "packages", "cores", "processor", "compute auto", "memory", "hub"):
        assert printed[name]["detail"]
    assert printed[f"model {DEFAULT}"]["status"] == "ok"
    assert {check["status"] for check in printed.values()} <= {"ok", "warn"}
    assert "hub reachable" not in printed
    assert {f"extra {name}" for name in ("web", "store", "explore", "int8")} <= set(printed)
    assert printed["more models"]["detail"].startswith(str(len(CATALOG) - 1))
    plain = likewise("doctor").stdout
    assert all(name in plain for name in printed)


def test_doctor_says_which_number_format_was_chosen_and_why(likewise: Run) -> None:
    checks = json.loads(likewise("doctor", "--json").stdout)["checks"]
    printed = {check["name"]: check for check in checks}
    plain = likewise("doctor").stdout
    names = [n for n in ("compute auto", "int8 attention", "OpenVINO int8") if n in printed]
    assert {"compute auto", "OpenVINO int8"} <= set(names)
    for name in names:
        facts, detail = printed[name]["facts"], printed[name]["detail"]
        assert detail.startswith(f"{facts['choice']}: {facts['reason']}")
        assert detail in plain
        assert facts["choice"] in ("bfloat16", "float32")
        for compute, milliseconds in facts["milliseconds"].items():
            assert f"{compute} {milliseconds:.2f} ms" in detail
    assert library.load().compute == printed["compute auto"]["facts"]["choice"]
    assert "native kernels" in printed[f"model {DEFAULT}"]["detail"]


def test_doctor_says_when_the_hub_cannot_be_reached(likewise: Run, offline: None) -> None:
    printed = json.loads(likewise("doctor", "--network", "--json").stdout)["checks"]
    hub = {check["name"]: check for check in printed}
    assert hub["hub"]["hint"] == "unset HF_HUB_OFFLINE to download models"
    assert hub["hub reachable"]["status"] == "warn"
    assert hub["hub reachable"]["hint"]
