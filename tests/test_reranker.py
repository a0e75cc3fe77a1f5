"""Cross-encoders on random weights: the same scores as sentence-transformers gives."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import likewise
from likewise.errors import InputError, TextError, UnsupportedModelError
from tests.conftest import SPECIAL_TOKENS, make_varied_texts, skip_unless_ci, train_tokenizer

IDENTITY = "torch.nn.modules.linear.Identity"
SMALL = {
    "vocab_size": 700,
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "max_position_embeddings": 130,
}
MINILM = SMALL | {
    "vocab_size": 30_522,
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "max_position_embeddings": 512,
}
DISTIL = {"dim": 48, "n_layers": 3, "n_heads": 4, "hidden_dim": 96, "vocab_size": 700}
AFTER_PADDING = SMALL | {"pad_token_id": 0, "type_vocab_size": 1}
FAMILIES = {
    "bert": ("BertConfig", SMALL),
    "xlm-roberta": ("XLMRobertaConfig", AFTER_PADDING),
    "roberta": ("RobertaConfig", AFTER_PADDING),
    "mpnet": ("MPNetConfig", SMALL | {"pad_token_id": 1}),
    "distilbert": ("DistilBertConfig", DISTIL | {"max_position_embeddings": 130}),
    "modernbert": ("ModernBertConfig", SMALL | {"pad_token_id": 0, "local_attention": 32}),
    "modernbert-mean": (
        "ModernBertConfig",
        SMALL | {"pad_token_id": 0, "classifier_pooling": "mean", "norm_bias": True},
    ),
}
Make = Callable[..., Path]


@pytest.fixture(scope="session")
def query() -> str:
    return "How does a quick brown fox jump over the lazy dog?"


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Short ones, long ones and none."""
    return make_varied_texts(90, seed=3)


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a cross-encoder of random weights, in the layout that transformers saves."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")

    def build(name: str, settings: dict[str, Any], *, limit: int = 96, **extra: Any) -> Path:
        from tokenizers.processors import TemplateProcessing

        torch.manual_seed(5)
        config = getattr(transformers, name)(**settings, num_labels=1)
        network = transformers.AutoModelForSequenceClassification.from_config(config).eval()
        with torch.no_grad():
            for parameter in network.parameters():  # else biases are 0 and prove nothing
                parameter.add_(torch.randn_like(parameter) * 0.1)
        words = [text for text in make_varied_texts(400, seed=4) if text.strip()]
        backend = train_tokenizer(words, SPECIAL_TOKENS, 700)
        special = [(t, backend.token_to_id(t)) for t in ("[CLS]", "[SEP]")]
        backend.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=special
        )
        typed = name == "BertConfig"
        tokenizer = transformers.PreTrainedTokenizerFast(
            tokenizer_object=backend,
            model_max_length=limit,
            model_input_names=["input_ids", "attention_mask"] + ["token_type_ids"] * typed,
            **dict(
                zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL_TOKENS[:4],
                    strict=True)
            ),
        )  # fmt: skip
        folder = tmp_path_factory.mktemp("cross-encoder")
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | extra))
        return folder

    return build


@pytest.fixture(scope="session")
def oracle() -> Callable[[Path], Any]:
    """Loads a folder with sentence-transformers."""
    try:
        from sentence_transformers import CrossEncoder
    except ImportError:
        skip_unless_ci("sentence-transformers is not installed")
    return lambda folder: CrossEncoder(str(folder), device="cpu", local_files_only=True)


def test_why_it_runs_as_it_does_is_told(make: Make) -> None:
    reranker = likewise.load_reranker(make(*FAMILIES["bert"]), compute="float32")
    assert (reranker.runtime, reranker.device) == ("openvino", "cpu")
    assert reranker.runtime_reason == "OpenVINO, float32: as requested"


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_are_those_of_sentence_transformers(
    make: Make, oracle: Callable[[Path], Any], query: str, texts: list[str], family: str
) -> None:
    folder = make(*FAMILIES[family], sentence_transformers={"activation_fn": IDENTITY})
    reranker, reference = likewise.load_reranker(folder, compute="float32"), oracle(folder)
    assert reranker.max_seq_length == reference.max_seq_length == 96
    # where positions are counted by what is not padding, transformers miscounts such a token
    padding = {0, 1} if family == "mpnet" else {0}
    plain = [t for t in texts if not padding & set(reference.tokenizer(query, t)["input_ids"])]
    assert len(plain) > 20
    for question in (query, query * 30):  # the longer side loses its end first
        expected = reference.predict([(question, text) for text in plain])
        assert expected.std() > 1e-3
        np.testing.assert_allclose(reranker.scores(question, plain), expected, atol=1e-4)


def test_a_full_size_cross_encoder(
    make: Make, oracle: Callable[[Path], Any], query: str, texts: list[str]
) -> None:
    folder = make("BertConfig", MINILM, limit=512, sbert_ce_default_activation_function=IDENTITY)
    reranker = likewise.load_reranker(folder, compute="float32")
    expected = oracle(folder).predict([(query, text) for text in texts])
    np.testing.assert_allclose(reranker.scores(query, texts), expected, atol=1e-4)
    close = likewise.load_reranker(folder, compute="auto").scores(query, texts)
    assert np.corrcoef(close, expected)[0, 1] > 0.99


def test_a_checkpoint_that_says_nothing_gives_scores_between_0_and_1(
    make: Make, oracle: Callable[[Path], Any], query: str, texts: list[str]
) -> None:
    folder = make("BertConfig", SMALL)
    reranker, reference = likewise.load_reranker(folder, compute="float32"), oracle(folder)
    found = reranker.scores(query, texts)
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_allclose(found, reference.predict([(query, t) for t in texts]), atol=1e-4)
    ranked = reranker.rank(query, texts, top_k=7)
    expected = reference.rank(query, texts, top_k=7)
    assert [hit.index for hit in ranked] == [hit["corpus_id"] for hit in expected]
    assert ranked[0].text == texts[ranked[0].index]


def test_a_pair_scores_the_same_alone_and_among_others(
    make: Make, query: str, texts: list[str]
) -> None:
    reranker = likewise.load_reranker(make("BertConfig", SMALL), compute="float32")
    together = reranker.scores(query, texts)
    np.testing.assert_array_equal([reranker.scores(query, [t])[0] for t in texts], together)
    assert reranker.scores(query, []).shape == (0,)
    assert reranker.rank(query, []) == []
    assert len(reranker.scores(query, ["word " * 500_000])) == 1


def test_an_encoder_scores_by_the_same_protocol(encoder: likewise.Encoder, query: str) -> None:
    texts = ["Foxes jump.", "Money and banks.", "A dog sleeps."]
    scores = encoder.scores(query, texts)
    np.testing.assert_array_equal(scores, encoder.similarity(query, texts)[0])
    assert encoder.scores(query, []).shape == (0,)


def test_what_is_no_cross_encoder_is_refused(
    make: Make, model_folder: Path, tmp_path: Path, query: str
) -> None:
    with pytest.raises(UnsupportedModelError, match="not a cross-encoder"):
        likewise.load_reranker(model_folder)
    folder = make("BertConfig", SMALL)
    with pytest.raises(InputError, match="'int8' for cross-encoders"):
        likewise.load_reranker(folder, compute="int8")
    with pytest.raises(InputError, match="reads 8 to 96"):
        likewise.load_reranker(folder, max_seq_length=97)
    assert likewise.load_reranker(folder, max_seq_length=20).max_seq_length == 20
    reranker = likewise.load_reranker(folder)
    with pytest.raises(TextError, match="text 1 is a NoneType"):
        reranker.scores(query, ["a", None])  # type: ignore[list-item]
    with pytest.raises(InputError, match="several"):
        reranker.scores(query, "a")
    tensors = load_file(folder / "model.safetensors")
    tensors["classifier.weight"] = np.zeros((3, 48), np.float32)
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(UnsupportedModelError, match="3 numbers per pair"):
        likewise.load_reranker(folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_type": "nomic_bert"}))
    with pytest.raises(UnsupportedModelError, match="model type 'nomic_bert'"):
        likewise.load_reranker(folder)


def test_an_unknown_activation_is_refused(make: Make) -> None:
    folder = make("BertConfig", SMALL, sentence_transformers={"activation_fn": "torch.nn.ReLU"})
    with pytest.raises(UnsupportedModelError, match=r"torch\.nn\.ReLU"):
        likewise.load_reranker(folder)


def test_pickled_by_name_and_settings(make: Make, query: str, texts: list[str]) -> None:
    folder = make(*FAMILIES["bert"])
    model = likewise.load_reranker(folder, compute="float32", max_seq_length=32)
    content = pickle.dumps(model)
    assert len(content) < 1000
    expected = model.scores(query, texts)
    for other in (pickle.loads(content), copy.copy(model), copy.deepcopy(model)):
        assert repr(other) == repr(model)
        np.testing.assert_array_equal(other.scores(query, texts), expected)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (found,) = pool.starmap(model.scores, [(query, texts)])
    np.testing.assert_array_equal(found, expected)
