"""Reranking by a cross-encoder: scores as in process, its own errors, requests take turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

import likewise
from likewise.errors import OverloadedError
from likewise.server.worker import Worker
from tests.conftest import SPECIAL_TOKENS, make_varied_texts, train_tokenizer
from tests.server.conftest import Served, serving

QUERY = "How does a quick brown fox jump over the lazy dog?"


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of random weights."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers.processors import TemplateProcessing

    torch.manual_seed(5)
    config = transformers.BertConfig(
        vocab_size=700, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=96, max_position_embeddings=130, num_labels=1,
    )  # fmt: skip
    network = transformers.AutoModelForSequenceClassification.from_config(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    backend = train_tokenizer(make_varied_texts(400, seed=4), SPECIAL_TOKENS, 700)
    special = [(token, backend.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    backend.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=special
    )
    names = dict(
        zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL_TOKENS, strict=False)
    )
    folder = tmp_path_factory.mktemp("models") / "cross-encoder"
    network.save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, model_max_length=96, **names
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def reranker(cross_encoder: Path) -> likewise.Reranker:
    return likewise.load_reranker(cross_encoder, compute="float32")


@pytest.fixture(scope="module")
def served_reranker(cross_encoder: Path, model_folder: Path) -> Iterator[Served]:
    assert model_folder.is_dir()
    with serving(reranker=str(cross_encoder)) as found:
        yield found


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [text for text in make_varied_texts(80, seed=3) if text.strip()][:40]


def test_scores_are_those_of_the_reranker(
    served_reranker: Served, reranker: likewise.Reranker, texts: list[str]
) -> None:
    address = served_reranker.address
    expected = reranker.score(QUERY, texts)
    body = {"query": QUERY, "texts": texts, "truncate": True}
    answer = httpx.post(f"{address}/rerank", json=body, timeout=60)
    assert answer.headers["x-likewise-scored-by"] == "cross-encoder"
    assert int(answer.headers["x-compute-tokens"]) == int(expected.tokens.sum())
    assert int(answer.headers["x-likewise-truncated"]) == int(expected.truncated.sum()) > 0
    found = {rank["index"]: rank["score"] for rank in answer.json()}
    scores = [found[index] for index in range(len(texts))]
    np.testing.assert_allclose(scores, expected.scores, atol=1e-6)
    assert list(found.values()) == sorted(scores, reverse=True)
    raw = httpx.post(f"{address}/rerank", json=body | {"raw_scores": True}, timeout=60).json()
    logits = reranker.score(QUERY, texts, sigmoid=False).scores
    np.testing.assert_allclose([rank["score"] for rank in raw], np.sort(logits)[::-1], atol=1e-5)
    cohere = {"query": QUERY, "documents": texts, "top_n": 3}
    best = httpx.post(f"{address}/v2/rerank", json=cohere, timeout=60).json()["results"]
    assert [row["index"] for row in best] == [rank["index"] for rank in answer.json()[:3]]


def test_a_beginning_of_documents(served_reranker: Served, reranker: likewise.Reranker) -> None:
    text = "the quick brown fox jumps over a lazy dog"
    short = reranker.shorten(text, 2)
    assert text.startswith(short)
    assert len(short) < len(text)
    body = {"query": QUERY, "documents": [text], "max_tokens_per_doc": 2}
    (row,) = httpx.post(f"{served_reranker.address}/v2/rerank", json=body).json()["results"]
    assert row["relevance_score"] == pytest.approx(
        float(reranker.scores(QUERY, [short])[0]), abs=1e-6
    )


def test_predictions_of_pairs(
    served_reranker: Served, reranker: likewise.Reranker, cross_encoder: Path
) -> None:
    address, model = served_reranker.address, str(cross_encoder)
    pairs = [["a fox", "a dog"], ["a cafe", "the ocean"]]
    found = httpx.post(f"{address}/predict", json={"inputs": pairs, "model": model}).json()
    expected = [float(reranker.scores(query, [text])[0]) for query, text in pairs]
    assert [row[0]["label"] for row in found] == ["LABEL_0", "LABEL_0"]
    np.testing.assert_allclose([row[0]["score"] for row in found], expected, atol=1e-6)
    one = httpx.post(f"{address}/predict", json={"inputs": pairs[0], "model": model}).json()
    assert one == found[0]
    refused = httpx.post(f"{address}/predict", json={"inputs": "alone"})
    assert refused.status_code == 422


def test_what_a_cross_encoder_cannot_do(served_reranker: Served, cross_encoder: Path) -> None:
    address, model = served_reranker.address, str(cross_encoder)
    refused = httpx.post(f"{address}/v1/embeddings", json={"input": "a", "model": model})
    assert refused.status_code == 400
    assert "cross-encoder" in refused.json()["error"]["message"]
    body = {"query": "word " * 100, "texts": ["word " * 100]}
    long = httpx.post(f"{address}/rerank", json=body)
    assert long.status_code == 413
    assert "96 tokens" in long.json()["error"]
    left = body | {"truncate": True, "truncation_direction": "left"}
    assert httpx.post(f"{address}/rerank", json=left).status_code == 413
    chunk = {"x-likewise-truncation": "chunk"}
    assert httpx.post(f"{address}/rerank", json=body, headers=chunk).status_code == 413


def test_requests_take_turns_and_cancelled_parts_are_dropped() -> None:
    done: list[str] = []

    def work(part: str) -> str:
        time.sleep(0.01)
        done.append(part)
        return part

    async def run() -> None:
        worker = Worker()
        long = asyncio.ensure_future(worker.run(work, ["long"] * 50))
        await asyncio.sleep(0.02)
        assert await worker.run(work, ["short"]) == ["short"]
        assert done.count("long") < 25
        long.cancel()
        await asyncio.sleep(0.05)
        worker.close()

    asyncio.run(run())
    assert done.count("long") < 30


def test_too_much_work_is_refused() -> None:
    async def run() -> None:
        worker = Worker(max_wait=0.1)
        await worker.run(time.sleep, [0.05])
        waiting = asyncio.ensure_future(worker.run(time.sleep, [0.05] * 20))
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError) as refused:
            await worker.run(time.sleep, [0.05])
        assert refused.value.retry_after >= 0.5
        waiting.cancel()
        await asyncio.sleep(0)
        assert await worker.run(time.sleep, [0.0]) == [None]
        worker.close()

    asyncio.run(run())
