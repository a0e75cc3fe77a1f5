"""Texts encoded: into memory, into files, stopped and resumed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise.errors import InputError
from likewise.operations.encode import EncodeRequest, encode
from likewise.operations.session import CancellationToken, CancelledError, Message, Session
from likewise.progress import Progress

TEXTS = ("The cat sleeps.", "Stock markets fell.", "一只猫")


def request(model_folder: Path, **values: object) -> EncodeRequest:
    return EncodeRequest(model=str(model_folder), compute="float32", **values)  # type: ignore[arg-type]


def test_given_texts_are_encoded_in_memory(model_folder: Path, encoder: likewise.Encoder) -> None:
    found = encode(request(model_folder, texts=TEXTS), Session())
    expected = encoder.encode(list(TEXTS))
    assert found.vectors is not None
    np.testing.assert_allclose(found.vectors, expected, atol=1e-6)
    plain = json.loads(json.dumps(found.to_dict()))
    np.testing.assert_array_equal(np.array(plain["vectors"], np.float32), found.vectors)
    assert (plain["texts"], plain["dimension"], plain["output"]) == (3, 384, None)
    assert plain["tokens"] == sum(count.kept for count in encoder.count_tokens(list(TEXTS)))


def test_a_file_and_given_texts_give_the_same_output(model_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text("5\n" + "".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    messages: list[Message] = []
    session = Session(on_message=messages.append)
    first, second = tmp_path / "a.npy", tmp_path / "b.npy"
    found = encode(request(model_folder, file=file, output=first, skip_bad=True), session)
    encode(request(model_folder, texts=TEXTS, output=second), session)
    np.testing.assert_array_equal(np.load(first), np.load(second))
    plain = found.to_dict()
    assert (plain["output"], plain["texts"]) == (str(first), 3)
    assert "vectors" not in plain
    assert [row["line"] for row in plain["skipped"]] == [1]
    assert [m.code for m in messages] == ["row_skipped", "column", "wrote", "wrote"]


def test_a_role_puts_the_prompt_of_the_model_before_each_text(
    model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "prompted"
    shutil.copytree(model_folder, folder)
    settings = json.loads((folder / "config_sentence_transformers.json").read_text())
    settings["prompts"] = {"query": "find: ", "document": "text: "}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(settings))
    plain = encode(request(folder, texts=("text: a cat",)), Session()).vectors
    output = tmp_path / "v.npy"
    encode(request(folder, texts=("a cat",), role="document", output=output), Session())
    assert plain is not None
    np.testing.assert_allclose(np.load(output), plain, atol=1e-6)
    query = encode(request(folder, texts=("a cat",), role="query"), Session()).vectors
    assert query is not None
    assert not np.allclose(query, plain, atol=1e-3)


def test_what_a_cancelled_run_has_saved_is_resumed(model_folder: Path, tmp_path: Path) -> None:
    file, output = tmp_path / "lines.txt", tmp_path / "v.npy"
    file.write_text("".join(f"text number {number}\n" for number in range(3000)))
    cancel = CancellationToken()
    messages: list[Message] = []

    @contextmanager
    def stop_halfway(total: int | None, *, title: str, unit: str = "texts") -> Iterator[Progress]:
        class Stopping(Progress):
            done = 0

            def __call__(self, done: int) -> None:
                self.done += done
                if self.done > 1500:
                    cancel.cancel()

        yield Stopping()

    asked = request(model_folder, file=file, output=output)
    session = Session(progress=stop_halfway, on_message=messages.append, cancel=cancel)
    with pytest.raises(CancelledError):
        encode(asked, session)
    assert not output.exists()
    assert messages[-1].code == "stopped"
    saved = messages[-1].values["saved"]
    assert 0 < saved < 3000
    assert encode(asked, Session()).resumed == saved
    assert np.load(output).shape == (3000, 384)


def test_wrong_requests_are_refused_before_a_model_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("text\na\n")
    wrong = [
        (EncodeRequest(model="/nowhere"), "no texts"),
        (EncodeRequest(file, ("a",), tmp_path / "v.npy", model="/nowhere"), "twice"),
        (EncodeRequest(file, model="/nowhere"), "no output"),
        (EncodeRequest(file, output=file, model="/nowhere"), "one of the inputs"),
    ]
    for asked, message in wrong:
        with pytest.raises(InputError, match=message):
            encode(asked, Session())
