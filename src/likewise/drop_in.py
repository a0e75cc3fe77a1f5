"""What programs written for a SentenceTransformer or for LangChain call on an `Encoder`."""

from __future__ import annotations

import asyncio
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

BATCH = 32
"""Texts that sentence-transformers pads to one length, where it is given no other number."""


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
        """Dimensions of the vectors it gives."""

    def get_sentence_embedding_dimension(self) -> int:
        """Dimensions of the vectors it gives; the name sentence-transformers has for it."""
        return self.dimension

    get_embedding_dimension = get_sentence_embedding_dimension

    def get_max_seq_length(self) -> int:
        """Tokens of a text that are read; the name sentence-transformers has for it."""
        return self.max_seq_length

    @cached_property
    def model_card_data(self) -> Evaluations:
        """Where sentence-transformers' evaluators leave their results."""
        return Evaluations()

    # LangChain

    def embed_query(self, text: str) -> list[float]:
        """A query as a list of numbers; the name LangChain calls."""
        return [float(x) for x in self.encode_query(text)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Documents as lists of numbers; the name LangChain calls."""
        return [[float(x) for x in row] for row in self.encode_document(texts)]

    async def aembed_query(self, text: str) -> list[float]:
        """`embed_query` in another thread, so that the event loop goes on."""
        return await asyncio.to_thread(self.embed_query, text)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_documents` in another thread, so that the event loop goes on."""
        return await asyncio.to_thread(self.embed_documents, texts)

    # sentence-transformers

    @cached_property
    def tokenizer(self) -> Any:
        """Transformers' tokenizer of the checkpoint; of static embeddings that of tokenizers.

        Changing it does not change what `encode` reads.

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
        """Padded token ids and attention mask, int64 `[n, longest]`, as transformers names them."""
        rows = self._tokenizer.rows(listed(texts))
        width = int(rows.lengths.max(initial=0))
        mask = np.arange(width) < rows.lengths[:, None]
        token_ids = np.full(mask.shape, self._tokenizer.pad_id, dtype=np.int64)
        token_ids[mask] = rows.token_ids
        return {"input_ids": token_ids, "attention_mask": mask.astype(np.int64)}

    def eval(self) -> Self:
        """The model itself: it is never in training."""
        return self

    def to(self, device: object = None) -> Self:
        """Run on another device from now on; the weights are loaded again for it.

        Args:
            device: such as `cpu`, `cuda` or `cuda:1`, also as a torch device; None changes nothing.

        Returns:
            The model itself.

        Raises:
            InputError: an unknown device, or one that this machine or the compute does not have.
            MissingExtraError: a GPU needs torch, which is not installed.
        """
        name = self.device if device is None else str(device)
        if name.startswith("torch."):
            raise InputError(
                f"a loaded model keeps its number format, so it does not become {name}",
                hint="load it with compute='float32', 'bfloat16' or 'float16'",
            )
        if name not in (self.device, f"{self.device}:0"):
            self._runtime = load_runtime(
                self.config, self._tokenizer, compute=self.compute, device=name
            )
            self.__dict__.pop("fingerprint", None)
        return self

    def save_pretrained(self, path: str | Path, *, safe_serialization: bool = True) -> None:
        """Write the checkpoint with this model's prompts and length into a folder.

        sentence-transformers and `likewise.load` read it. Weights are written as safetensors in
        float32, whatever the model's compute is.

        Args:
            path: the folder; files of the same names in it are replaced.
            safe_serialization: True; PyTorch's own format is not written.

        Raises:
            InputError: it is the folder that the model was loaded from, or PyTorch's own format.
            OutputError: the folder cannot be written.
        """
        if not safe_serialization:
            raise InputError(
                "weights are written as safetensors alone",
                hint="leave out safe_serialization=False",
            )
        copy_checkpoint(self.location.folder, self.config, Path(path), self._changed_files())

    save = save_pretrained

    def _changed_files(self) -> dict[str, str]:
        """Settings that a program may have changed since the files were read, by their file."""
        name = "config_sentence_transformers.json"
        stated = read_json(self.location.folder / name, optional=True)
        stated |= {
            "prompts": dict(self.prompts),
            "default_prompt_name": self.default_prompt_name,
            "similarity_fn_name": self.config.similarity,
        }
        if self.truncate_dim is not None:
            stated["truncate_dim"] = self.truncate_dim
        changed = {name: json.dumps(stated, indent=2)}
        if self.max_seq_length != self.config.max_tokens:
            inner = self.config.folder.relative_to(self.location.folder)
            place = inner / "sentence_bert_config.json"
            settings = read_json(self.location.folder / place, optional=True)
            settings |= {"max_seq_length": self.max_seq_length}
            changed[str(place)] = json.dumps(settings, indent=2)
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
        """What `output_value=None` asks for: a dictionary for each text, of torch tensors.

        Each is padded as sentence-transformers pads it; states of padding are zeros.

        Raises:
            InputError: texts are read in several windows, or a batch of less than one text.
        """
        if options["truncation"] == "chunk":
            raise InputError(
                "output_value=None gives the states of one window a text",
                hint="use truncation='cut' or truncation='error'",
            )
        vectors = self.encode(texts, prompt=prefix, **options)
        read, prompt_tokens = [prefix + t for t in texts], self._tokenizer.prompt_tokens(prefix)
        features: list[dict[str, Any]] = [{} for _ in texts]
        for batch in _batches(texts, batch_size):
            rows = self._tokenizer.rows([read[i] for i in batch])
            inputs = self.tokenize([read[i] for i in batch])
            states = self._runtime.token_states(rows)
            width = inputs["input_ids"].shape[1]
            for row, place in enumerate(batch):
                padded = np.zeros((width, states[row].shape[1]), np.float32)
                padded[: len(states[row])] = states[row]
                found = {"input_ids": inputs["input_ids"][row]}
                if has_token_types(self.config):
                    found["token_type_ids"] = np.zeros(width, np.int64)
                found["attention_mask"] = inputs["attention_mask"][row]
                tensors = {name: tensor(array) for name, array in found.items()}
                length = {"prompt_length": prompt_tokens} if prefix else {}
                states_and_vector = {
                    "token_embeddings": tensor(padded),
                    "sentence_embedding": tensor(vectors[place]),
                }
                features[place] = tensors | {"modality": "text"} | length | states_and_vector
        return features


def _batches(texts: list[str], size: int) -> Iterator[list[int]]:
    """Places of the texts that sentence-transformers pads to one length: the longest first."""
    if size < 1:
        raise InputError(f"batch_size is {size}", hint="choose 1 or more")
    order = np.argsort([-len(text) for text in texts])
    for start in range(0, len(texts), size):
        yield [int(place) for place in order[start : start + size]]
