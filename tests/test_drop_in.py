"""Names that programs for a SentenceTransformer use: the same shapes, types and values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import likewise
from likewise.errors import InputError, OutputError
from tests.conftest import skip_unless_ci

TEXTS = ["A cat sleeps on the sofa.", "", "今天 天气 很 好", "Two horses run over the field. " * 4]

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("batch_size", [32, 2])
@pytest.mark.parametrize("options", [{}, {"truncate_dim": 100}, {"prompt": "query: "}])
def test_output_value_none(
    encoder: likewise.Encoder, oracle: Any, batch_size: int, options: dict[str, Any]
) -> None:
    ours, theirs = (
        model.encode(TEXTS, output_value=None, batch_size=batch_size, **options)
        for model in (encoder, oracle)
    )
    assert len(ours) == len(theirs)
    for own, other in zip(ours, theirs, strict=True):
        assert list(own) == list(other)
        read = other["attention_mask"].bool()
        for name, expected in other.items():
            assert type(own[name]) is type(expected)
            if name in ("modality", "prompt_length"):
                assert own[name] == expected
                continue
            assert own[name].shape == expected.shape
            assert own[name].dtype == expected.dtype
            rows = read if name == "token_embeddings" else slice(None)
            wanted = expected[rows].numpy()
            if name == "sentence_embedding" and "truncate_dim" in options:
                wanted = wanted / np.linalg.norm(wanted)  # documented: of length 1 again
            np.testing.assert_allclose(own[name][rows].numpy(), wanted, atol=1e-3)


def test_output_value_none_of_one_text(encoder: likewise.Encoder, oracle: Any) -> None:
    ours, theirs = (model.encode(TEXTS[0], output_value=None) for model in (encoder, oracle))
    assert type(ours) is type(theirs) is dict
    assert ours["token_embeddings"].shape == theirs["token_embeddings"].shape
    assert encoder.encode([], output_value=None) == []
    with pytest.raises(InputError, match="does not support truncation='chunk'"):
        encoder.encode(TEXTS, output_value=None, truncation="chunk")


def test_dictionaries(encoder: likewise.Encoder, oracle: Any) -> None:
    mixed: list[Any] = [{"text": TEXTS[0]}, TEXTS[1], {"text": TEXTS[2]}]
    ours, theirs = encoder.encode(mixed), oracle.encode(mixed)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    one = encoder.encode({"text": TEXTS[0]})
    assert one.shape == oracle.encode({"text": TEXTS[0]}).shape == (384,)
    np.testing.assert_array_equal(one, encoder.encode(TEXTS[0]))
    np.testing.assert_array_equal(encoder.encode_query({"text": "a"}), encoder.encode_query("a"))


@pytest.mark.parametrize("wrong", [{}, {"other": "a"}, {"text": "a", "image": "b"}, {"text": 1}])
def test_other_dictionaries_are_refused_as_there(
    encoder: likewise.Encoder, oracle: Any, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        oracle.encode([wrong])
    with pytest.raises(InputError) as caught:
        encoder.encode(["fine", wrong])  # type: ignore[arg-type]
    assert caught.value.hint


def test_tokenizer(encoder: likewise.Encoder, oracle: Any) -> None:
    ours, theirs = encoder.tokenizer, oracle.tokenizer
    assert type(ours) is type(theirs)
    assert (len(ours), ours.model_max_length) == (len(theirs), theirs.model_max_length)
    options = {"padding": True, "truncation": True, "return_tensors": "pt"}
    own, other = (
        ours([*TEXTS, "word " * 400], **options),
        theirs([*TEXTS, "word " * 400], **options),
    )
    assert own.keys() == other.keys()
    assert all(torch.equal(own[name], other[name]) for name in other)


def test_to_and_eval_give_the_model_itself(encoder: likewise.Encoder) -> None:
    assert encoder.eval() is encoder
    for device in ("cpu", None, torch.device("cpu"), "cpu:0"):
        assert encoder.to(device) is encoder
    before = encoder.fingerprint
    for wrong in ("tpu", torch.float16, *([] if torch.cuda.is_available() else ["cuda"])):
        with pytest.raises(InputError):
            encoder.to(wrong)
    assert encoder.fingerprint == before
    assert encoder.device == "cpu"


def test_save_pretrained(
    tiny_checkpoint: Callable[..., Path],
    sentence_transformer: Callable[[Path], Any],
    tmp_path: Path,
) -> None:
    model = likewise.load(
        tiny_checkpoint(), compute="float32", prompts={"query": "find: "}, max_seq_length=24
    )
    saved = tmp_path / "saved" / "here"
    for _ in range(2):  # over itself, too
        model.save_pretrained(str(saved))
        for other in (sentence_transformer(saved), likewise.load(saved, compute="float32")):
            assert other.max_seq_length == 24
            assert other.prompts["query"] == "find: "
            for name in (None, "query"):
                found = other.encode(TEXTS, prompt_name=name)
                np.testing.assert_allclose(found, model.encode(TEXTS, name), atol=1e-5)
    assert [path.name for path in saved.parent.iterdir()] == ["here"]


def test_what_cannot_be_saved(tiny_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    folder = tiny_checkpoint()
    model = likewise.load(folder)
    before = (folder / "model.safetensors").read_bytes()
    with pytest.raises(InputError, match="the folder that the model was loaded from"):
        model.save_pretrained(folder)
    assert (folder / "model.safetensors").read_bytes() == before
    with pytest.raises(InputError, match="safetensors"):
        model.save_pretrained(tmp_path / "out", safe_serialization=False)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write"):
        model.save_pretrained(tmp_path / "file" / "out")


def test_langchain_without_waiting(encoder: likewise.Encoder) -> None:
    """Its asynchronous store, and an event loop that goes on meanwhile."""
    try:
        from langchain_core.vectorstores import InMemoryVectorStore
    except ImportError:
        skip_unless_ci("langchain-core is not installed")

    async def search() -> tuple[list[Any], int]:
        store = await InMemoryVectorStore.afrom_texts(TEXTS, cast("Any", encoder))
        asked = asyncio.create_task(store.asimilarity_search("a sleeping cat", k=1))
        turns = 0
        while not asked.done():
            await asyncio.sleep(0)
            turns += 1
        return asked.result(), turns

    (found,), turns = asyncio.run(search())
    assert found.page_content == TEXTS[0]
    assert turns > 2
    query, documents = encoder.aembed_query("a"), encoder.aembed_documents(TEXTS)
    assert asyncio.run(query) == encoder.embed_query("a")
    assert asyncio.run(documents) == encoder.embed_documents(TEXTS)
