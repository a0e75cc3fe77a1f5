"""An Encoder in programs that were written for a SentenceTransformer."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise import compat
from likewise.hub.locate import Location
from tests.conftest import skip_unless_ci

TEXTS = [
    "A cat sleeps on the sofa.", "The dog chases a ball.", "Two horses run over the field.",
    "The stock market fell sharply.", "The bank raised interest rates.", "Investors sell shares.",
    "She cooks rice with vegetables.", "He bakes fresh bread.", "They eat soup for dinner.",
]  # fmt: skip
LABELS = [0, 0, 0, 1, 1, 1, 2, 2, 2]


def program(name: str) -> Any:
    """A program that gets an Encoder; the suite is to be whole where it must be."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return skip_unless_ci(f"{name} is not installed (pip install likewise[test])")


def rows(tensor: Any) -> NDArray[np.float32]:
    return np.asarray(tensor, dtype=np.float32)


# sentence-transformers' own functions and options


def test_semantic_search(encoder: likewise.Encoder) -> None:
    util = program("sentence_transformers.util")
    for tensors in (False, True):
        corpus = encoder.encode(TEXTS, convert_to_tensor=tensors)
        query = encoder.encode("a kitten", convert_to_tensor=tensors)
        (hits,) = util.semantic_search(query, corpus, top_k=2)
        assert hits[0]["corpus_id"] == 0


def test_evaluators_find_what_they_find_of_the_oracle(
    encoder: likewise.Encoder, oracle: Any
) -> None:
    evaluation = program("sentence_transformers.sentence_transformer.evaluation")
    scores = [0.9, 0.1, 0.2, 0.8, 0.7, 0.1, 0.3, 0.9]
    similar = evaluation.EmbeddingSimilarityEvaluator(TEXTS[:8], TEXTS[1:], scores)
    queries, corpus = {"q": "money and banks"}, {str(i): t for i, t in enumerate(TEXTS)}
    retrieval = evaluation.InformationRetrievalEvaluator(queries, corpus, {"q": {"3", "4", "5"}})
    pairs = evaluation.BinaryClassificationEvaluator(TEXTS[:8], TEXTS[1:], [1, 1, 0, 1, 1, 0, 1, 1])
    for evaluator in (similar, retrieval, pairs):
        ours, theirs = evaluator(encoder), evaluator(oracle)
        assert ours.keys() == theirs.keys()
        for name, value in theirs.items():
            assert ours[name] == pytest.approx(value, abs=1e-4), name
            assert encoder.model_card_data.metrics[name] == ours[name]


@pytest.mark.parametrize("precision", ["int8", "uint8", "binary", "ubinary"])
def test_precision_is_that_of_quantize_embeddings(
    encoder: likewise.Encoder, precision: Any
) -> None:
    st = program("sentence_transformers.util.quantization")
    vectors = encoder.encode(TEXTS)
    theirs = st.quantize_embeddings(vectors, precision)
    ours = encoder.encode(TEXTS, precision=precision)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


def test_forms_of_the_answer(encoder: likewise.Encoder, oracle: Any) -> None:
    """Arrays, one tensor, a list of tensors, for one text and for several."""
    torch = program("torch")
    for texts in (TEXTS[0], TEXTS):
        for options in (
            {}, {"convert_to_tensor": True}, {"convert_to_numpy": False}, {"precision": "float32"},
        ):  # fmt: skip
            ours, theirs = encoder.encode(texts, **options), oracle.encode(texts, **options)
            assert type(ours) is type(theirs), options
            if isinstance(ours, list):
                assert all(isinstance(row, torch.Tensor) for row in ours)
                ours, theirs = torch.stack(ours), torch.stack(theirs)
            assert ours.shape == theirs.shape
            np.testing.assert_allclose(rows(ours), rows(theirs), atol=1e-4)


def test_token_embeddings(encoder: likewise.Encoder, oracle: Any) -> None:
    ours = encoder.encode(TEXTS, output_value="token_embeddings")
    theirs = oracle.encode(TEXTS, output_value="token_embeddings")
    assert len(ours) == len(theirs)
    for own, other in zip(ours, theirs, strict=True):
        assert own.shape == tuple(other.shape)
        np.testing.assert_allclose(own, rows(other), atol=1e-3)
    with pytest.raises(likewise.errors.InputError, match="output_value"):
        encoder.encode(TEXTS, output_value="nothing")  # type: ignore[call-overload]


def test_the_progress_bar_is_shown_when_asked_for(
    encoder: likewise.Encoder, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder.encode(TEXTS, show_progress_bar=False)
    assert capsys.readouterr().err == ""
    encoder.encode(TEXTS, show_progress_bar=True)
    assert "encoding" in capsys.readouterr().err


def test_many_texts_need_no_pool_of_processes(encoder: likewise.Encoder, oracle: Any) -> None:
    """encode_multi_process's job: one call, all cores, the order kept."""
    many = [f"{text} {i}" for i in range(100) for text in TEXTS]
    ours = encoder.encode(many, batch_size=64, device="cpu")
    np.testing.assert_allclose(ours, oracle.encode(many), atol=1e-4)


# other programs


def test_langchain(encoder: likewise.Encoder) -> None:
    stores = program("langchain_core.vectorstores")
    store = stores.InMemoryVectorStore.from_texts(TEXTS, encoder)
    ((best, score), *_) = store.similarity_search_with_score("What did the kitten do?", k=3)
    assert best.page_content == TEXTS[0]
    expected = encoder.similarity(["What did the kitten do?"], [TEXTS[0]])[0, 0]
    assert score == pytest.approx(float(expected), abs=1e-5)


def test_setfit(encoder: likewise.Encoder, oracle: Any) -> None:
    """Its head is fitted on the vectors and predicts as on those of the body it was written for."""
    setfit = program("setfit")
    from sklearn.linear_model import LogisticRegression

    asked = ["a pony", "shares and credit", "a meal"]

    def fitted(body: Any) -> Any:
        model = setfit.SetFitModel(body, LogisticRegression(), labels=["animal", "money", "food"])
        model.fit(TEXTS, LABELS, num_epochs=1)
        return model

    ours, theirs = fitted(encoder), fitted(oracle)
    assert list(ours.predict(asked)) == ["animal", "money", "food"]
    expected = rows(theirs.predict_proba(asked))
    np.testing.assert_allclose(rows(ours.predict_proba(asked)), expected, atol=1e-4)


def test_a_head_of_scikit_learn(encoder: likewise.Encoder) -> None:
    """A scikit-learn classifier over the vectors, the model inside the pipeline."""
    linear = program("sklearn.linear_model")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    head = make_pipeline(FunctionTransformer(encoder.encode), linear.LogisticRegression())
    head.fit(TEXTS, LABELS)
    assert head.predict(["a pony", "shares and credit", "a meal"]).tolist() == [0, 1, 2]


def test_keybert(encoder: likewise.Encoder, oracle: Any) -> None:
    keybert = program("keybert")
    text = "The bank raised interest rates while the stock market fell sharply."
    ours = keybert.KeyBERT(model=compat.keybert_backend(encoder)).extract_keywords(text)
    theirs = keybert.KeyBERT(model=oracle).extract_keywords(text)
    assert [word for word, _ in ours] == [word for word, _ in theirs]
    assert [s for _, s in ours] == pytest.approx([s for _, s in theirs], abs=2e-3)


def test_bertopic(encoder: likewise.Encoder) -> None:
    """The topics are the real ones; without umap and hdbscan's random starts, so that they stay."""
    bertopic = program("bertopic")
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    model = bertopic.BERTopic(
        embedding_model=compat.bertopic_backend(encoder),
        umap_model=PCA(5, random_state=0),
        hdbscan_model=KMeans(3, n_init=10, random_state=0),
    )
    topics, _ = model.fit_transform(TEXTS * 3)
    assert [len(set(topics[i : i + 3])) for i in (0, 3, 6)] == [1, 1, 1]
    assert len(set(topics)) == 3
    (found,), _ = model.find_topics("money", top_n=1)
    assert found == topics[3]


@pytest.mark.parametrize("task", ["MockSTSTask", "MockRetrievalTask", "MockClassificationTask"])
def test_mteb_scores_as_the_oracle(encoder: likewise.Encoder, oracle: Any, task: str) -> None:
    mteb = program("mteb")
    from mteb.mocks import mock_tasks

    def score(model: Any) -> float:
        kind = getattr(mock_tasks, task)
        result = mteb.evaluate(model, kind(), cache=None, show_progress_bar=False)
        return float(result.task_results[0].get_score())

    assert score(compat.mteb_model(encoder)) == pytest.approx(score(oracle), abs=1e-4)


def test_mteb_uses_the_models_prompts(encoder: likewise.Encoder) -> None:
    program("mteb")
    with_prompts = likewise.Encoder(
        Location(encoder.location.folder, "prompted", "folder"),
        encoder.config,
        encoder._tokenizer,
        encoder._runtime,
        prompts={"query": "query: ", "document": "passage: "},
    )
    model = compat.mteb_model(with_prompts)
    for role, start in (("query", "query: "), ("document", "passage: "), (None, "")):
        about = {"task_metadata": None, "hf_split": "test", "hf_subset": "default"}
        ours = model.encode([{"text": TEXTS[:2]}], prompt_type=role, **about)
        theirs = encoder.encode([start + text for text in TEXTS[:2]])
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_what_is_not_installed_is_named(
    encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mteb", None)
    with pytest.raises(likewise.errors.MissingExtraError, match="mteb") as caught:
        compat.mteb_model(encoder)
    assert "likewise[mteb]" in caught.value.hint
