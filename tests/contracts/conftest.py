"""Random-weight checkpoints of every family, made with transformers, and texts to read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from tests.conftest import train_tokenizer

TEXTS = (
    "A man is eating food.",
    "The quick brown fox jumps over the lazy dog, twice before breakfast and once after it.",
    "",
    "a",
    "Ein Mädchen spielt Geige am Fluß; niemand hört ihm zu.",
    "一个男人在吃东西。今天天气很好，我们去公园散步吧。",
    "彼は駅前の古いレストランで寿司を食べています。",
    "الرجل يأكل الطعام في المطعم الجديد.",
    "एक आदमी खाना खा रहा है और संगीत सुन रहा है।",
    "ผู้ชายคนหนึ่งกำลังกินอาหารอยู่ริมแม่น้ำ",
    "Мужчина ест хлеб, а женщина читает книгу в саду.",
    "emoji 🎉🚀 and\ttabs\nand   spaces",
    "word " * 40,
    "alpha beta gamma delta epsilon zeta eta theta " * 60,
)
"""Short and long ones, the last far beyond every limit, in several writing systems."""


def wordpiece() -> Tokenizer:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return _framed(train_tokenizer(TEXTS, special, 600), "[CLS]", "[SEP]")


def unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=600, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return _framed(tokenizer, "<s>", "</s>")


def byte_pairs() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return _framed(tokenizer, "<s>", "</s>")


def _framed(tokenizer: Tokenizer, first: str, last: str) -> Tokenizer:
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} $B {last}",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in (first, last)],
    )
    return tokenizer


@dataclass(frozen=True)
class Family:
    """One row of the contract suite.

    Attributes:
        name: of the row.
        model: transformers' class.
        config: transformers' configuration class.
        tokenizer: makes the tokenizer, of the kind that the family uses.
        full: settings of the size that people use; the class's defaults fill them up.
        small: settings that make it small.
        released: whether tensors are called as first released, where transformers renames them.
    """

    name: str
    model: str
    config: str
    tokenizer: Callable[[], Tokenizer]
    full: dict[str, Any] = field(default_factory=dict)
    small: dict[str, Any] = field(default_factory=dict)
    released: bool = True


SMALL = {
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "max_position_embeddings": 194,
}
REAL = {"max_position_embeddings": 514, "type_vocab_size": 1}
AFTER_PADDING = SMALL | {"pad_token_id": 1, "type_vocab_size": 1}

FAMILIES = (
    Family("bert", "BertModel", "BertConfig", wordpiece, {}, SMALL),
    Family(
        "bert-gelu-new", "BertModel", "BertConfig", wordpiece, {"hidden_act": "gelu_new"}, SMALL
    ),
    Family(
        "mpnet", "MPNetModel", "MPNetConfig", wordpiece, {"max_position_embeddings": 514}, SMALL
    ),  # as released: its places begin at 2
    Family("roberta", "RobertaModel", "RobertaConfig", byte_pairs, REAL, AFTER_PADDING),
    Family("xlm-roberta", "XLMRobertaModel", "XLMRobertaConfig", unigram, REAL, AFTER_PADDING),
    Family("camembert", "CamembertModel", "CamembertConfig", unigram, REAL, AFTER_PADDING),
    Family(
        "distilbert", "DistilBertModel", "DistilBertConfig", wordpiece, {},
        {"dim": 48, "n_layers": 3, "n_heads": 4, "hidden_dim": 96, "max_position_embeddings": 194},
    ),
    Family(
        "modernbert", "ModernBertModel", "ModernBertConfig", byte_pairs,
        {"max_position_embeddings": 1024}, SMALL | {"num_hidden_layers": 4, "local_attention": 32},
    ),
    Family("nomic-bert", "NomicBertModel", "NomicBertConfig", wordpiece, {}, SMALL),
    Family("gte", "GteModel", "GteConfig", unigram, {"max_position_embeddings": 1024}, SMALL),
    Family("gte-typeless", "GteModel", "GteConfig", unigram, {"type_vocab_size": 0}, SMALL),
    Family("nomic-bert-renamed", "NomicBertModel", "NomicBertConfig", wordpiece, {}, SMALL, False),
    Family("gte-renamed", "GteModel", "GteConfig", unigram, {}, SMALL, False),
)  # fmt: skip


class Checkpoints:
    """Checkpoints with random weights, in transformers' layout plus a mean pooling."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def make(self, family: Family) -> Path:
        """A small one, made once for all tests."""
        folder = self._root / family.name
        if not folder.exists():
            self._write(family, folder, full=False)
        return folder

    def make_full(self, family: Family, folder: Path) -> Path:
        """One of the size that people use; some hundreds of MB, so it lies where the test does."""
        self._write(family, folder / family.name, full=True)
        return folder / family.name

    def _write(self, family: Family, folder: Path, *, full: bool) -> None:
        import torch
        import transformers

        tokenizer = family.tokenizer()
        settings = dict(family.full if full else family.full | family.small)
        settings["vocab_size"] = tokenizer.get_vocab_size()
        pad = tokenizer.token_to_id("[PAD]")
        settings["pad_token_id"] = tokenizer.token_to_id("<pad>") if pad is None else pad
        if family.config == "MPNetConfig":
            settings["pad_token_id"] = 1
        torch.manual_seed(7)
        config = getattr(transformers, family.config)(**settings)
        model = getattr(transformers, family.model)(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():  # else biases are 0 and prove nothing
                if parameter.ndim == 1 or not full:  # wide random networks would turn chaotic
                    parameter.add_(torch.randn_like(parameter) * 0.03)
        model.save_pretrained(folder, save_original_format=family.released)
        tokenizer.save(str(folder / "tokenizer.json"))
        names = ("[PAD]", "[CLS]", "[SEP]", "[UNK]") if pad is not None else (
            "<pad>", "<s>", "</s>", "<unk>")  # fmt: skip
        keys = ("pad_token", "cls_token", "sep_token", "unk_token")
        write_json(
            folder / "tokenizer_config.json",
            dict(zip(keys, names, strict=True))
            | {
                "model_max_length": 512 if full else 192,
                "tokenizer_class": "PreTrainedTokenizerFast",
            },
        )
        modules = ("Transformer", ""), ("Pooling", "1_Pooling")
        listed = [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (kind, path) in enumerate(modules)
        ]
        write_json(folder / "modules.json", listed)
        pooling = {"word_embedding_dimension": config.hidden_size, "pooling_mode_mean_tokens": True}
        write_json(folder / "1_Pooling" / "config.json", pooling)


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Checkpoints:
    return Checkpoints(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    chosen: Family = request.param
    return chosen


@pytest.fixture(scope="session")
def texts() -> tuple[str, ...]:
    return TEXTS


def lowest_cosine(a: Any, b: Any) -> float:
    """Of row i with row i."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    assert a.shape == b.shape
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(1) / lengths).min())


@pytest.fixture(scope="session")
def cosine() -> Callable[[Any, Any], float]:
    return lowest_cosine


@pytest.fixture(scope="session")
def families() -> dict[str, Family]:
    return {family.name: family for family in FAMILIES}


@pytest.fixture(scope="session")
def change_json() -> Callable[..., None]:
    def change(path: Path, **fields: Any) -> None:
        write_json(path, json.loads(path.read_text(encoding="utf-8")) | fields)

    return change
