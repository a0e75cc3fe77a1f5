"""Vectors with each defect, made by the real model: the verdict names it."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise import vectors
from likewise.errors import InputError, RecordError
from likewise.operations.diagnose import DiagnoseRequest, DiagnoseResult, diagnose
from likewise.operations.session import Session

Array = NDArray[Any]

SHORT = [
    f"{who} {what} {where}."
    for who in ("A man", "The cat", "An engineer")
    for what in ("is eating", "sleeps", "reads a report", "repairs a bridge")
    for where in ("in the garden", "at NASA in Houston")
]
LONG = [
    " ".join(f"{topic} number {n} is described here at some length." for n in range(size))
    for topic, size in (("The valve", 18), ("A recipe", 35), ("The treaty", 60), ("A galaxy", 90))
]
TEXTS = SHORT + LONG
"""Also texts of more than 128, 256 and 512 tokens."""

Diagnose = Callable[..., DiagnoseResult]


@pytest.fixture(scope="module")
def made(encoder: likewise.Encoder) -> NDArray[np.float32]:
    return np.asarray(encoder.encode(TEXTS))


@pytest.fixture
def look(tmp_path: Path, model_folder: Path) -> Diagnose:
    """Diagnose an array."""

    def run(array: Array, texts: Sequence[str] = TEXTS, model: Path = model_folder) -> Any:
        file, listed = tmp_path / "vectors.npy", tmp_path / "texts.jsonl"
        np.save(file, array)
        listed.write_text("\n".join(json.dumps({"text": text}) for text in texts), "utf-8")
        return diagnose(DiagnoseRequest(file, listed, models=(str(model),)), Session())

    return run


def codes(result: DiagnoseResult) -> list[str]:
    return [finding.code for finding in result.findings]


def only(result: DiagnoseResult, code: str, words: str, *, cosine: float = 0.9999) -> None:
    """The model is known, this is found and nothing else."""
    assert result.verdict == "known"
    assert codes(result) == [code], result.findings
    assert words in result.findings[0].text
    assert result.mean is not None
    assert result.mean >= cosine


def test_vectors_as_they_should_be(look: Diagnose, made: Array) -> None:
    result = look(made)
    assert result.verdict == "known"
    assert result.findings == ()
    assert result.summary.endswith("nothing is wrong with them")
    assert result.minimum is not None
    assert result.minimum > 0.99999


def test_a_prompt_that_the_model_does_not_know(look: Diagnose, encoder: likewise.Encoder) -> None:
    only(look(encoder.encode(TEXTS, prompt="query: ")), "prompt", "'query: '")


def test_a_prompt_that_is_missing(
    look: Diagnose, made: Array, model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "prompted"
    shutil.copytree(model_folder, folder)
    prompts = {"prompts": {"query": "query: ", "document": "passage: "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts), "utf-8")
    only(look(made, model=folder), "no_prompt", "trained with prompts (query 'query: '")
    prompted = likewise.load(folder, compute="float32").encode_query(TEXTS)
    result = look(prompted, model=folder)
    only(result, "prompt", "the model's query prompt 'query: '")
    assert not result.findings[0].advice


@pytest.mark.parametrize("limit", [128, 384, 512])
def test_another_limit_of_tokens(
    limit: int, look: Diagnose, model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "limited"
    shutil.copytree(model_folder, folder)
    settings = {"max_seq_length": limit, "do_lower_case": False}
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings), "utf-8")
    other = likewise.load(folder, compute="float32")
    assert other.max_seq_length == limit
    only(look(other.encode(TEXTS)), "truncation", f"cut at {limit} tokens, and")


def test_texts_read_whole_in_chunks(look: Diagnose, encoder: likewise.Encoder) -> None:
    only(look(encoder.encode(TEXTS, truncation="chunk")), "chunked", "in chunks")


def test_missing_normalization(look: Diagnose, made: Array) -> None:
    lengths = np.linspace(2, 9, len(made))[:, None].astype(np.float32)
    only(look(made * lengths), "not_normalized", "lengths 2 to 9")
    only(look(made * 3), "scale", "the length 3")


def test_normalization_that_the_model_does_not_have(
    look: Diagnose, made: Array, model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "plain"
    shutil.copytree(model_folder, folder)
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    kept = [module for module in modules if "Normalize" not in module["type"]]
    (folder / "modules.json").write_text(json.dumps(kept), "utf-8")
    only(look(made, model=folder), "normalized", "the vectors were normalized")


def test_precision(look: Diagnose, made: Array) -> None:
    only(look(made.astype(np.float16)), "precision", "float16")
    bfloat16 = (made.view(np.uint32) & 0xFFFF0000).view(np.float32)
    only(look(bfloat16), "precision", "bfloat16")
    only(look(np.round(made, 3).astype(np.float64)), "rounded", "3 decimals")
    result = look(np.round(made * 127 / np.abs(made).max()).astype(np.int8))
    assert result.verdict == "known"
    assert "int8" in " ".join(finding.text for finding in result.findings)
    packed = vectors.quantize(made, "ubinary")
    only(look(packed), "precision", "binary vectors")


def test_fewer_dimensions(look: Diagnose, made: Array) -> None:
    only(look(made[:, :128]), "dimensions", "first 128 of 384 dimensions are stored, and they were")
    result = look(vectors.truncate(made, 128))
    only(result, "dimensions", "first 128 of 384")
    assert "not normalized" not in result.findings[0].text


@pytest.mark.parametrize(
    ("read", "words", "dtype"),
    [
        (lambda m: m.view("<f8"), "192 float64 numbers are 384 float32 numbers", "<f4"),
        (lambda m: m.astype("<f8").view("<f4"), "768 float32 numbers are 384 float64", "<f8"),
        (lambda m: m.view("<f2"), "768 float16 numbers are 384 float32", "<f4"),
        (lambda m: m.astype("<f2").view("<f4"), "192 float32 numbers are 384 float16", "<f2"),
        (lambda m: m.astype("<f2").view("<f8"), "96 float64 numbers are 384 float16", "<f2"),
        (lambda m: m.astype(">f4").view("<f4"), "384 big-endian float32", ">f4"),
        (lambda m: m.astype(">f8").view("<f8"), "384 big-endian float64", ">f8"),
        (lambda m: m.view(np.uint8), "1536 byte numbers are 384 float32", "<f4"),
        (lambda m: m.view(np.int8), "1536 byte numbers are 384 float32", "<f4"),
    ],
)
def test_numbers_read_in_the_wrong_format(
    read: Callable[[Array], Array], words: str, dtype: str, look: Diagnose, made: Array
) -> None:
    result = look(read(np.ascontiguousarray(made)))
    assert result.verdict == "known"
    assert words in result.findings[0].text
    assert f'"{dtype}"' in result.findings[0].advice


def test_order_of_rows(look: Diagnose, made: Array) -> None:
    only(look(made[::-1]), "order", "another order")
    shuffled = made[np.random.default_rng(1).permutation(len(made))]
    only(look(shuffled), "order", "another order")
    only(look(np.roll(made, -1, axis=0)), "order", "vector 1 belongs to text 2")
    only(look(np.roll(made, 2, axis=0)), "order", "text 1 belongs to vector 3")


def test_some_rows_are_of_other_texts(
    look: Diagnose, made: Array, encoder: likewise.Encoder
) -> None:
    changed = made.copy()
    changed[[3, 7]] = encoder.encode(["a text that was edited", "another one"])
    result = look(changed)
    assert codes(result) == ["rows"]
    assert "rows 4, 8" in result.findings[0].text


def test_pooling_of_another_kind(look: Diagnose, encoder: likewise.Encoder) -> None:
    cls = np.stack([states[0] for states in encoder.token_embeddings(TEXTS)])
    result = look(cls)
    assert codes(result) == ["pooling"]
    assert "pooled by cls" in result.findings[0].text


def test_lower_case(look: Diagnose, model_folder: Path, tmp_path: Path) -> None:
    """The real model does not distinguish case; with this tokenizer it does."""
    folder = tmp_path / "cased"
    shutil.copytree(model_folder, folder)
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    tokenizer["normalizer"]["lowercase"] = False
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    model = likewise.load(folder, compute="float32")
    lowered = model.encode([text.lower() for text in SHORT])
    only(look(lowered, SHORT, folder), "lower_case", "in lower case")


def test_several_defects_at_once(look: Diagnose, encoder: likewise.Encoder) -> None:
    array = np.asarray(encoder.encode(TEXTS, prompt="passage: "))[::-1]
    result = look(np.ascontiguousarray(array).view("<f8"))
    assert codes(result) == ["decoding", "order", "prompt"]
    assert result.minimum is not None
    assert result.minimum > 0.999


def test_unknown_vectors(look: Diagnose) -> None:
    random = np.random.default_rng(0).normal(size=(len(TEXTS), 384)).astype(np.float32)
    result = look(random / np.linalg.norm(random, axis=1, keepdims=True))
    assert result.verdict == "unknown"
    assert result.mean is None
    assert codes(result) == ["dimension"]
    assert "all-MiniLM-L6-v2" in result.findings[0].text
    assert look(np.ones((len(TEXTS), 4096), np.float32)).tried[0].cosine is None


def test_every_model_of_this_machine_is_tried(made: Array, tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", vectors=made, texts=np.array(TEXTS))
    result = diagnose(DiagnoseRequest(tmp_path / "v.npz"), Session())
    assert result.model == "all-MiniLM-L6-v2"
    assert result.verdict == "known"
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["summary"] == result.summary
    assert plain["tried"][0]["cosine"] > 0.9999


def rows(made: Array, cell: Callable[[Array], Any]) -> list[dict[str, Any]]:
    return [{"text": t, "embedding": cell(v)} for t, v in zip(TEXTS, made, strict=True)]


def test_forms_of_tables(made: Array, tmp_path: Path, model_folder: Path) -> None:
    lists = tmp_path / "lists.jsonl"
    lists.write_text("\n".join(map(json.dumps, rows(made, lambda v: v.tolist()))), "utf-8")
    encoded = tmp_path / "encoded.jsonl"
    cells = rows(made, lambda v: base64.b64encode(v.tobytes()).decode())
    encoded.write_text("\n".join(map(json.dumps, cells)), "utf-8")
    strings = tmp_path / "strings.csv"
    likewise.data.write_table(
        strings, rows(made, lambda v: json.dumps(v.tolist())), escape_formulas=False
    )
    numbers, parquet = tmp_path / "numbers.csv", tmp_path / "vectors.parquet"
    for file in (numbers, parquet):
        likewise.data.write_vectors(file, made, TEXTS)
    for file in (lists, encoded, strings, numbers, parquet):
        result = diagnose(DiagnoseRequest(file, models=(str(model_folder),)), Session())
        assert result.verdict == "known", file
        assert result.minimum is not None
        assert result.minimum > 0.9999
        assert ("base64" in codes(result)) == (file == encoded)


def test_texts_and_vectors_that_do_not_fit(look: Diagnose, made: Array, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{len(TEXTS) - 1} texts.*{len(TEXTS)} vectors"):
        look(made, TEXTS[1:])
    np.save(tmp_path / "v.npy", made)
    with pytest.raises(InputError, match="has no texts"):
        diagnose(DiagnoseRequest(tmp_path / "v.npy"), Session())
    (tmp_path / "bad.npy").write_bytes(b"no array")
    with pytest.raises(RecordError, match="cannot be read"):
        diagnose(DiagnoseRequest(tmp_path / "bad.npy"), Session())
    (tmp_path / "no.jsonl").write_text('{"text": "a"}\n', "utf-8")
    with pytest.raises(InputError, match="no column of vectors"):
        diagnose(DiagnoseRequest(tmp_path / "no.jsonl"), Session())
    (tmp_path / "two.jsonl").write_text(
        '{"text": "a", "vector": [1]}\n{"text": "b", "vector": [1, 2]}\n', "utf-8"
    )
    with pytest.raises(InputError, match="of 1 and of 2 numbers"):
        diagnose(DiagnoseRequest(tmp_path / "two.jsonl"), Session())
