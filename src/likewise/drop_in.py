"""Methods for programs written for sentence-transformers or LangChain."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from likewise.checkpoint.config import STATIC, read_json
from likewise.checkpoint.copying import copy_checkpoint
from likewise.engine import load_runtime
from likewise.errors import InputError
from likewise.extras import require
from likewise.loaded_model import LoadedModel
from likewise.results import Evaluations
from likewise.signatures import EncodeMethod
from likewise.texts import listed, tensor
from likewise.tokenization.pair_tokenizer import has_token_types
from likewise.tokenization.tokenizer import Tokenizer

DEFAULT_BATCH_SIZE = 32
"""Default number of texts that sentence-transformers pads to the same length."""


class SentenceTransformerMethods(LoadedModel):
    """Methods of a SentenceTransformer, and of LangChain's embeddings, besides `encode`."""

    prompts: Mapping[str, str]
    default_prompt_name: str | None
    truncate_dim: int | None
    _tokenizer: Tokenizer
    encode: EncodeMethod
    encode_query: EncodeMethod
    encode_document: EncodeMethod

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Number of dimensions of the vectors."""

    def get_sentence_embedding_dimension(self) -> int:
        """Number of dimensions of the vectors; the name in sentence-transformers."""
        return self.dimension

    get_embedding_dimension = get_sentence_embedding_dimension

    def get_max_seq_length(self) -> int:
        """Maximum number of tokens of a text; the name in sentence-transformers."""
        return self.max_seq_length

    @cached_property
    def model_card_data(self) -> Evaluations:
        """Results that sentence-transformers' evaluators store."""
        return Evaluations()

    # LangChain

    def embed_query(self, text: str) -> list[float]:
        """The vector of a query as a list; the method that LangChain calls."""
        return [float(x) for x in self.encode_query(text)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of documents as lists; the method that LangChain calls."""
        return [[float(x) for x in row] for row in self.encode_document(texts)]

    async def aembed_query(self, text: str) -> list[float]:
        """`embed_query` in another thread, so that the event loop is not blocked."""
        import asyncio  # slow to import, and few programs need it

        return await asyncio.to_thread(self.embed_query, text)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_documents` in another thread, so that the event loop is not blocked."""
        import asyncio

        return await asyncio.to_thread(self.embed_documents, texts)

    # sentence-transformers

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer of transformers; for static embeddings, of the library tokenizers.

        Changes to it have no effect on `encode`.

        Raises:
            MissingExtraError: transformers is not installed.
        """
        folder = self.config.folder
        if self.config.model_type == STATIC:
            return require("tokenizers", "train").Tokenizer.from_file(
                str(folder / "tokenizer.json")
            )
        auto = require("transformers", "train").AutoTokenizer
        found = auto.from_pretrained(str(folder), local_files_only=True)
        found.model_max_length = self.max_seq_length
        return found

    def tokenize(self, texts: list[str]) -> dict[str, NDArray[np.int64]]:
        """Padded `input_ids` and `attention_mask` as in transformers: int64 `[n, longest]`."""
        rows = self._tokenizer.rows(listed(texts))
        width = int(rows.lengths.max(initial=0))
        mask = np.arange(width) < rows.lengths[:, None]
        token_ids = np.full(mask.shape, self._tokenizer.pad_id, dtype=np.int64)
        token_ids[mask] = rows.token_ids
        return {"input_ids": token_ids, "attention_mask": mask.astype(np.int64)}

    def eval(self) -> Self:
        """The model itself, which has no training mode."""
        return self

    def to(self, device: object = None) -> Self:
        """Move the model to another device; the weights are loaded again.

        Args:
            device: such as `cpu`, `cuda` or `cuda:1`, or a torch device; None has no effect.

        Returns:
            The model itself.

        Raises:
            InputError: an unknown device, or one that is unavailable or lacks the compute.
            MissingExtraError: a GPU needs torch, which is not installed.
        """
        name = self.device if device is None else str(device)
        if name.startswith("torch."):
            raise InputError(
                f"the number format of a loaded model cannot be changed to {name}",
                hint="load it with compute='float32', 'bfloat16' or 'float16'",
            )
        if name not in (self.device, f"{self.device}:0"):
            self._runtime = load_runtime(
                self.config, self._tokenizer, compute=self.compute, device=name
            )
            self.__dict__.pop("fingerprint", None)
        return self

    def save_pretrained(self, path: str | Path, *, safe_serialization: bool = True) -> None:
        """Save the checkpoint with this model's prompts and maximum length.

        sentence-transformers and `likewise.load` can load it. Weights are saved as safetensors in
        float32, whatever the model's compute.

        Args:
            path: the folder; existing files of the same names are replaced.
            safe_serialization: must be True; PyTorch's own format is not supported.

        Raises:
            InputError: it is the folder that the model was loaded from, or `safe_serialization` is
                False.
            OutputError: the folder cannot be written.
        """
        if not safe_serialization:
            raise InputError(
                "weights are only saved as safetensors",
                hint="leave out safe_serialization=False",
            )
        copy_checkpoint(self.location.folder, self.config, Path(path), self._changed_files())

    save = save_pretrained

    def _changed_files(self) -> dict[str, str]:
        """Files with the current settings of the model: contents by relative path."""
        name = "config_sentence_transformers.json"
        settings = read_json(self.location.folder / name, optional=True)
        settings |= {
            "prompts": dict(self.prompts),
            "default_prompt_name": self.default_prompt_name,
            "similarity_fn_name": self.config.similarity,
        }
        if self.truncate_dim is not None:
            settings["truncate_dim"] = self.truncate_dim
        changed = {name: json.dumps(settings, indent=2)}
        if self.max_seq_length != self.config.max_tokens:
            folder = self.config.folder.relative_to(self.location.folder)
            path = folder / "sentence_bert_config.json"
            settings = read_json(self.location.folder / path, optional=True)
            settings |= {"max_seq_length": self.max_seq_length}
            changed[str(path)] = json.dumps(settings, indent=2)
        return changed

    def _prompt(self, name: str | None, prompt: str | None) -> str:
        if prompt is not None:
            return prompt
        name = name or self.default_prompt_name
        if name is None:
            return ""
        if name not in self.prompts:
            known = ", ".join(self.prompts) or "none"
            raise InputError(
                f"{self.name} has no prompt named {name!r}", hint=f"its prompts: {known}"
            )
        return self.prompts[name]

    def _features(
        self, texts: list[str], prefix: str, batch_size: int, **options: Any
    ) -> list[dict[str, Any]]:
        """The results for `output_value=None`: a dictionary of torch tensors per text.

        Padding is as in sentence-transformers; the states of padding tokens are zeros.

        Raises:
            InputError: `truncation` is `chunk`, or `batch_size` is below 1.
        """
        if options["truncation"] == "chunk":
            raise InputError(
                "output_value=None does not support truncation='chunk'",
                hint="use truncation='cut' or truncation='error'",
            )
        vectors = self.encode(texts, prompt=prefix, **options)
        prompted, prompt_tokens = [prefix + t for t in texts], self._tokenizer.prompt_tokens(prefix)
        features: list[dict[str, Any]] = [{} for _ in texts]
        for batch in _batches(texts, batch_size):
            rows = self._tokenizer.rows([prompted[i] for i in batch])
            inputs = self.tokenize([prompted[i] for i in batch])
            states = self._runtime.token_states(rows)
            width = inputs["input_ids"].shape[1]
            for row, index in enumerate(batch):
                padded = np.zeros((width, states[row].shape[1]), np.float32)
                padded[: len(states[row])] = states[row]
                arrays = {"input_ids": inputs["input_ids"][row]}
                if has_token_types(self.config):
                    arrays["token_type_ids"] = np.zeros(width, np.int64)
                arrays["attention_mask"] = inputs["attention_mask"][row]
                tensors = {name: tensor(array) for name, array in arrays.items()}
                length = {"prompt_length": prompt_tokens} if prefix else {}
                states_and_vector = {
                    "token_embeddings": tensor(padded),
                    "sentence_embedding": tensor(vectors[index]),
                }
                features[index] = tensors | {"modality": "text"} | length | states_and_vector
        return features


def _batches(texts: list[str], size: int) -> Iterator[list[int]]:
    """Indices of the texts of each batch of sentence-transformers, longest texts first."""
    if size < 1:
        raise InputError(f"batch_size is {size}", hint="choose 1 or more")
    order = np.argsort([-len(text) for text in texts])
    for start in range(0, len(texts), size):
        yield [int(index) for index in order[start : start + size]]
