"""The network that is trained: forward and backward passes without padding waste.

Texts are sorted by length and cut into chunks by a budget of tokens. As many chunks as fit in the
memory limit keep their activations; the others are computed twice, first without a graph, then
again for their gradients (GradCache, Gao et al., 2021). Both give the same gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from likewise.errors import UnsupportedModelError

CHUNK_TOKENS = {"cpu": 2048, "cuda": 65_536}
"""Most tokens of a chunk, by device."""
CHUNK_OVERHEAD = {"cpu": 64, "cuda": 4096}
"""What a chunk costs beside its tokens, in tokens: small chunks have less padding."""
MEMORY_LIMIT = 2 * 2**30
"""Bytes of activations that are kept for the backward pass; half where they do not all fit."""
_PER_LAYER = 30
"""Values per token, layer and hidden dimension that a backward pass needs, rounded up."""


@dataclass(frozen=True)
class Chunk:
    """Texts that are computed together.

    Attributes:
        texts: their positions among the texts of the step, int64 `[n]`.
        token_ids: int64 `[n, longest]`.
        attention_mask: int64 `[n, longest]`.
    """

    texts: Tensor
    token_ids: Tensor
    attention_mask: Tensor

    @property
    def tokens(self) -> int:
        """Number of tokens, padding included."""
        return self.token_ids.numel()


@dataclass(frozen=True)
class StepResult:
    """What one step computed.

    Attributes:
        loss: the loss of the batch.
        tokens: tokens of its texts.
        padding: share of the computed tokens that were padding.
    """

    loss: float
    tokens: int
    padding: float


class TrainingNetwork:
    """A SentenceTransformer in training.

    Args:
        model: the model.
        max_tokens: maximum length of a text in training, if less than the model's.
        chunk_tokens: tokens of a chunk; by device when not given.
        memory_limit: bytes of activations that are kept.
        autocast: compute in bfloat16.
    """

    def __init__(
        self,
        model: Any,
        *,
        max_tokens: int | None = None,
        chunk_tokens: int | None = None,
        memory_limit: int = MEMORY_LIMIT,
        autocast: bool = False,
    ) -> None:
        self.model = model
        self.device = torch.device(model.device)
        own = model.max_seq_length or 512
        self.max_tokens = min(max_tokens or own, own)
        self.chunk_tokens = chunk_tokens or CHUNK_TOKENS.get(self.device.type, CHUNK_TOKENS["cpu"])
        self.autocast = autocast
        self._kept_tokens = memory_limit // self._bytes_per_token()
        self._tokenizer = model.tokenizer

    @property
    def dimension(self) -> int:
        """Number of dimensions of the vectors."""
        return int(self.model.get_embedding_dimension())

    def parameters(self) -> list[torch.nn.Parameter]:
        """The weights that are trained."""
        return [weight for weight in self.model.parameters() if weight.requires_grad]

    @property
    def hidden_size(self) -> int:
        """Width of the network."""
        return int(getattr(self.model[0].auto_model.config, "hidden_size", 768))

    def _bytes_per_token(self) -> int:
        layers = int(getattr(self.model[0].auto_model.config, "num_hidden_layers", 12))
        return 4 * _PER_LAYER * layers * self.hidden_size

    # texts to chunks

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of texts, cut to the maximum length, with special tokens."""
        encoded = self._tokenizer(
            list(texts), truncation=True, max_length=self.max_tokens, padding=False,
            return_attention_mask=False, return_token_type_ids=False,
        )  # fmt: skip
        return [list(row) for row in encoded["input_ids"]]

    def chunks(self, rows: Sequence[Sequence[int]]) -> list[Chunk]:
        """Chunks of texts of similar length, longest first."""
        lengths = np.array([len(row) for row in rows], np.int64)
        order = np.argsort(-lengths, kind="stable")
        overhead = CHUNK_OVERHEAD.get(self.device.type, CHUNK_OVERHEAD["cpu"])
        sizes = chunk_sizes(lengths[order], self.chunk_tokens, overhead)
        parts = np.split(order, np.cumsum(sizes)[:-1])
        return [self._chunk(rows, part.tolist(), int(lengths[part[0]])) for part in parts]

    def _chunk(self, rows: Sequence[Sequence[int]], texts: list[int], longest: int) -> Chunk:
        pad = int(self._tokenizer.pad_token_id or 0)
        token_ids = torch.full((len(texts), longest), pad, dtype=torch.long)
        mask = torch.zeros((len(texts), longest), dtype=torch.long)
        for at, text in enumerate(texts):
            row = torch.tensor(rows[text], dtype=torch.long)
            token_ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        return Chunk(torch.tensor(texts), token_ids.to(self.device), mask.to(self.device))

    def forward(self, chunk: Chunk) -> Tensor:
        """Vectors of a chunk, float32 `[n, dimension]`."""
        features = {"input_ids": chunk.token_ids, "attention_mask": chunk.attention_mask}
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            vectors: Tensor = self.model(features)["sentence_embedding"]
        return vectors.float()

    # steps

    def backward(self, texts: Sequence[str], loss: Callable[[Tensor], Tensor]) -> StepResult:
        """Compute a loss of the vectors of texts, and add its gradients to those of the weights.

        Args:
            texts: n texts.
            loss: a scalar, from the vectors of the texts, float32 `[n, dimension]`.
        """
        rows = self.token_ids(texts)
        chunks = self.chunks(rows)
        limit = self._limit(sum(chunk.tokens for chunk in chunks))
        parts: list[Tensor] = []
        states: list[Any] = []
        kept = 0
        with self._one_lookup():
            for chunk in chunks:
                kept += chunk.tokens
                keep = kept <= limit
                states.append(None if keep else _random_state(self.device))
                with torch.set_grad_enabled(keep):
                    parts.append(self.forward(chunk))
            order = torch.cat([chunk.texts for chunk in chunks])
            back = torch.argsort(order).to(self.device)
            leaf = torch.cat([part.detach() for part in parts])[back].requires_grad_()
            value = loss(leaf)
            value.backward()  # type: ignore[no-untyped-call]
            sorted_gradients = self._gradients(leaf)[order.to(self.device)]
            gradients = torch.split(sorted_gradients, [len(part) for part in parts])
            self._backward_chunks(chunks, parts, gradients, states)
        tokens = sum(map(len, rows))
        padded = sum(chunk.tokens for chunk in chunks)
        return StepResult(float(value.detach()), tokens, 1 - tokens / max(padded, 1))

    def _limit(self, tokens: int) -> int:
        """Tokens whose activations are kept, of a step of so many tokens.

        Where they do not all fit, most are computed twice anyway: half of the memory is enough.
        """
        return self._kept_tokens if tokens <= self._kept_tokens else self._kept_tokens // 2

    @staticmethod
    def _gradients(leaf: Tensor) -> Tensor:
        return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad

    def _backward_chunks(
        self,
        chunks: Sequence[Chunk],
        parts: Sequence[Tensor],
        gradients: Sequence[Tensor],
        states: Sequence[Any],
    ) -> None:
        keeping = [n for n, state in enumerate(states) if state is None]
        if keeping:
            torch.autograd.backward([parts[n] for n in keeping], [gradients[n] for n in keeping])
        for number, state in enumerate(states):
            if state is not None:
                with _replayed(state, self.device):
                    again = self.forward(chunks[number])
                again.backward(gradients[number])  # type: ignore[no-untyped-call]

    @contextmanager
    def _one_lookup(self) -> Iterator[None]:
        """Adds the gradients of the token embeddings once per step, not once per chunk.

        The gradient of a lookup is as large as the table, most of it zeros.
        """
        table = self.model[0].auto_model.get_input_embeddings()
        looked_up: list[tuple[Tensor, Tensor]] = []

        def keep(_: Any, arguments: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
            if not torch.is_grad_enabled():
                return None
            leaf = output.detach().requires_grad_()
            looked_up.append((arguments[0].flatten(), leaf))
            return leaf

        if not table.weight.requires_grad:
            yield
            return
        hook = table.register_forward_hook(keep)
        try:
            yield
        finally:
            hook.remove()
        found = [(ids, x.grad.flatten(0, -2)) for ids, x in looked_up if x.grad is not None]
        if not found:
            return
        token_ids = torch.cat([ids for ids, _ in found])
        gradients = torch.cat([gradient for _, gradient in found])
        total = torch.ops.aten.embedding_dense_backward(
            gradients, token_ids, table.num_embeddings, -1, False
        )
        weight = table.weight
        weight.grad = total if weight.grad is None else weight.grad + total

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors without gradients and dropout: float32 `[n, dimension]`."""
        result = np.empty((len(texts), self.dimension), np.float32)
        training, autocast = self.model.training, self.autocast
        self.model.eval()
        self.autocast = False
        try:
            with torch.inference_mode():
                for chunk in self.chunks(self.token_ids(texts)):
                    result[chunk.texts.numpy()] = self.forward(chunk).cpu().numpy()
        finally:
            self.model.train(training)
            self.autocast = autocast
        return result


def chunk_sizes(lengths: NDArray[np.int64], most: int, overhead: int) -> list[int]:
    """Numbers of texts in chunks with the least padding and overhead.

    Args:
        lengths: of the texts in tokens, longest first.
        most: tokens of a chunk, padding included; a longer text is alone.
        overhead: cost of a chunk, in tokens.
    """
    different, starts = np.unique(-lengths, return_index=True)
    longest, ends = -different, [*starts[1:].tolist(), len(lengths)]
    best, cut = [0.0], [0]
    for end in range(len(different)):  # the cheapest split of the texts up to this length
        costs = []
        for start in range(end + 1):
            tokens = int(longest[start]) * (ends[end] - int(starts[start]))
            costs.append(best[start] + tokens + overhead * -(-tokens // most))
        best.append(min(costs))
        cut.append(int(np.argmin(costs)))
    groups, end = [], len(different)
    while end:
        groups.append((cut[end], end))
        end = cut[end]
    sizes = []
    for start, end in reversed(groups):
        count = ends[end - 1] - int(starts[start])
        each = max(1, most // max(1, int(longest[start])))
        sizes += [each] * (count // each) + ([count % each] if count % each else [])
    return sizes


def load_network(
    folder: Path,
    *,
    device: str = "cpu",
    dropout: float | None = None,
    max_tokens: int | None = None,
    chunk_tokens: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> TrainingNetwork:
    """Load a checkpoint for training, in float32.

    Args:
        folder: of the checkpoint.
        device: `cpu`, `cuda` or `mps`.
        dropout: share of hidden values and attention weights that are set to 0; None for the
            checkpoint's own.
        max_tokens: maximum length of a text in training.
        chunk_tokens: tokens of a chunk.
        memory_limit: bytes of activations that are kept.

    Raises:
        UnsupportedModelError: sentence-transformers cannot load it, or it has no network.
    """
    from sentence_transformers import SentenceTransformer

    try:
        with quiet_transformers():
            model = SentenceTransformer(str(folder), device=device, local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise UnsupportedModelError(
            f"sentence-transformers cannot load {folder}: {str(error).splitlines()[0]}",
            hint="train a model that it can load",
        ) from error
    if not hasattr(model[0], "auto_model"):
        raise UnsupportedModelError(
            f"{folder} is a table of token vectors, without a network to train",
            hint="train a model with a network, and distill it into a table",
        )
    model.float()
    if dropout is not None:
        for module in model.modules():
            set_dropout(module, dropout)
    return TrainingNetwork(
        model, max_tokens=max_tokens, chunk_tokens=chunk_tokens, memory_limit=memory_limit
    )


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """No progress bars of transformers: a model of this size is read and written in a moment."""
    from transformers import utils

    logging: Any = utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def set_dropout(module: Any, share: float) -> None:
    """Set the dropout of a module, and of attention that has its share as a number."""
    if isinstance(module, torch.nn.Dropout):
        module.p = share
    for name in ("attention_dropout", "dropout_prob", "attention_probs_dropout_prob"):
        if isinstance(getattr(module, name, None), float):
            setattr(module, name, share)


def _random_state(device: torch.device) -> list[Tensor]:
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


@contextmanager
def _replayed(states: list[Tensor], device: torch.device) -> Iterator[None]:
    """Draw the same random numbers as before; the generators continue unchanged afterwards."""
    now = _random_state(device)
    _set_random_state(states, device)
    try:
        yield
    finally:
        _set_random_state(now, device)


def _set_random_state(states: list[Tensor], device: torch.device) -> None:
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state(states[1], device)
