"""The torch runtime: for GPUs, and for architectures that only transformers supports."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.checkpoint.config import Config, Dense, LayerNorm, Module, Normalize, Pooling
from likewise.checkpoint.weights import Weights, not_finite, read_weights, weight_files
from likewise.engine.batches import TokenBatch, plan
from likewise.errors import EngineError, InputError, UnsupportedModelError
from likewise.extras import require
from likewise.progress import Advance
from likewise.tokenization.token_rows import TokenRows

TOKEN_BUDGETS = MappingProxyType({"cpu": 2048, "mps": 8192, "cuda": 32768})
"""Tokens in a batch, by device."""


class TorchRuntime:
    """A checkpoint run by transformers, in batches of texts of similar length.

    Args:
        config: the checkpoint.
        pad_id: id of the padding token.
        compute: `auto`, `float32`, `bfloat16` or `float16`.
        device: `cpu`, `cuda`, `cuda:1`, `mps`.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        InputError: the device is not available, or does not support the compute.
        UnsupportedModelError: transformers cannot load it.
    """

    kind = "torch"

    def __init__(self, config: Config, *, pad_id: int, compute: str, device: str) -> None:
        self._torch: Any = require("torch", "train")
        self.device = _checked_device(self._torch, device)
        self.compute = _checked_compute(self._torch, compute, self._kind)
        self.recipe = f"torch {self.compute}"
        reason = "its format on that device" if compute == "auto" else "as requested"
        self.reason = f"torch on {self.device}, {self.compute}: {reason}"
        self._pad_id = pad_id
        self._lock = threading.Lock()
        self._network = _load(config, getattr(self._torch, self.compute)).to(self.device)
        self._modules = [self._converted(module) for module in config.modules]
        self.dimension = self._output_dimension()

    @property
    def _kind(self) -> str:
        return self.device.split(":")[0]

    def embed(self, rows: TokenRows, progress: Advance | None = None) -> NDArray[np.float32]:
        """One vector per text, in input order: float32 `[n, dimension]`; see `Runtime`."""
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)
        with self._lock, self._torch.inference_mode():
            for batch in self._plan(rows):
                states, mask = self._states(batch, rows)
                x = states.float()
                for module in self._modules:
                    x = self._apply(module, x, mask, rows.prompt_tokens)
                vectors[batch.texts] = x.cpu().numpy()
                if progress:
                    progress(len(batch.texts))
        return vectors

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The last hidden state of each token, `[tokens, hidden size]` per text; see `Runtime`."""
        found: dict[int, NDArray[np.float32]] = {}
        with self._lock, self._torch.inference_mode():
            for batch in self._plan(rows):
                states = self._states(batch, rows)[0].float().cpu().numpy()
                for text, row in zip(batch.texts.tolist(), states, strict=True):
                    found[text] = row[: int(rows.lengths[text])].copy()
        return [found[i] for i in range(len(rows))]

    def _plan(self, rows: TokenRows) -> list[TokenBatch]:
        """Batches sorted by length, each padded to its longest text."""
        batches = plan(rows.lengths, budget=TOKEN_BUDGETS[self._kind], shared=False)
        return [
            replace(b, rows=len(b.texts), length=int(rows.lengths[b.texts].max())) for b in batches
        ]

    def _states(self, batch: TokenBatch, rows: TokenRows) -> tuple[Any, Any]:
        """Hidden states `[rows, length, hidden size]` and attention mask `[rows, length]`."""
        inputs = batch.inputs(rows, self._pad_id)
        order = np.argsort(batch.row)  # so that row i is text i of the batch
        token_ids, segments = (
            self._to_device(inputs[name][batch.row[order]].astype(np.int64))
            for name in ("token_ids", "segments")
        )
        mask = segments.clamp(max=1)
        try:
            found = self._network(input_ids=token_ids, attention_mask=mask)
        except RuntimeError as error:
            raise EngineError(
                f"torch failed on {self.device}: {str(error).strip().splitlines()[0]}",
                hint="try device='cpu', or a smaller max_seq_length",
            ) from error
        return found.last_hidden_state, mask

    def _to_device(self, array: NDArray[np.int64]) -> Any:
        tensor = self._torch.from_numpy(array)
        if self._kind == "cuda":
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)

    def _converted(self, module: Module) -> Any:
        """A module with weights as torch layers; other modules unchanged."""
        nn = self._torch.nn
        if isinstance(module, Dense):
            layer = nn.Linear(module.in_features, module.out_features, bias=module.bias)
            self._load_weights(layer, read_weights(module.folder), "linear.")
            activation = getattr(nn, module.activation, None)
            if activation is None:
                raise UnsupportedModelError(
                    f"unknown activation {module.activation!r}", hint="use a class of torch.nn"
                )
            return nn.Sequential(layer, activation()).to(self.device).eval()
        if isinstance(module, LayerNorm):
            layer = nn.LayerNorm(module.dimension)
            self._load_weights(layer, read_weights(module.folder), "norm.")
            return layer.to(self.device).eval()
        return module

    def _load_weights(self, layer: Any, weights: Weights, prefix: str) -> None:
        own = {name: weights[prefix + name] for name in layer.state_dict()}
        layer.load_state_dict({k: self._torch.from_numpy(v.copy()) for k, v in own.items()})

    def _apply(self, module: Any, x: Any, mask: Any, prompt_tokens: int) -> Any:
        if isinstance(module, Pooling):
            pooled_tokens = mask.clone()
            if not module.include_prompt:
                pooled_tokens[:, :prompt_tokens] = 0
            pooled = [self._pool(mode, x, mask, pooled_tokens) for mode in module.modes]
            return self._torch.cat(pooled, dim=-1)
        if isinstance(module, Normalize):
            return self._torch.nn.functional.normalize(x, dim=-1)
        return module(x)

    def _pool(self, mode: str, x: Any, mask: Any, pooled_tokens: Any) -> Any:
        weights = pooled_tokens.unsqueeze(-1).float()
        positions = self._torch.arange(1, x.shape[1] + 1, device=x.device).view(1, -1, 1)
        rows = self._torch.arange(len(x), device=x.device)
        match mode:
            case "cls":
                return x[rows, pooled_tokens.argmax(dim=1)]
            case "lasttoken":
                return x[rows, mask.sum(dim=1) - 1]
            case "max":
                return x.masked_fill(weights == 0, float("-inf")).amax(dim=1)
            case "weightedmean":
                weights = weights * positions
        total = weights.sum(dim=1).clamp(min=1e-9)
        return (x * weights).sum(dim=1) / (
            total.sqrt() if mode == "mean_sqrt_len_tokens" else total
        )

    def _output_dimension(self) -> int:
        """The number of dimensions of the vectors, from a test run."""
        self.dimension = 0
        one = TokenRows(np.array([self._pad_id], np.int32), np.ones(1, np.int64), np.ones(1, int))
        with self._torch.inference_mode():
            x, mask = self._states(self._plan(one)[0], one)
            for module in self._modules:
                x = self._apply(module, x.float(), mask, 0)
        return int(x.shape[-1])


def _load(config: Config, dtype: Any) -> Any:
    transformers: Any = require("transformers", "train")
    try:
        # None would ask on a terminal whether to run the checkpoint's code
        options = {"trust_remote_code": False, "local_files_only": True}
        loaded = transformers.AutoConfig.from_pretrained(config.folder, **options)
        network_class = getattr(transformers, _ENCODER_ONLY.get(loaded.model_type, "AutoModel"))
        network = network_class.from_pretrained(config.folder, dtype=dtype, **options).eval()
    except (ValueError, KeyError, OSError, ImportError) as error:
        raise UnsupportedModelError(
            f"transformers cannot load {config.folder}, model type {config.model_type!r}: "
            f"{str(error).strip().splitlines()[0]}",
            hint=_LOAD_HINTS.get(
                config.model_type,
                "use a checkpoint of a supported architecture, or with an onnx/model.onnx",
            ),
        ) from error
    for name, tensor in network.named_parameters():
        if not tensor.isfinite().all():
            files = weight_files(config.folder)
            raise not_finite(name, files[0] if len(files) == 1 else config.folder)
    return network


_LOAD_HINTS = MappingProxyType(
    {
        "new": "code from the hub is never run; use a version for transformers, such as those of "
        "alibaba-nlp-community (model_type 'gte'), or its onnx/model.onnx"
    }
)
"""Hints for model types that transformers supports under another name."""


_ENCODER_ONLY = MappingProxyType(
    {"t5": "T5EncoderModel", "mt5": "MT5EncoderModel", "umt5": "UMT5EncoderModel"}
)
"""Classes for model types of which sentence embeddings only use the encoder."""


def _checked_device(torch: Any, device: str) -> str:
    is_available = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if not is_available[device.split(":", maxsplit=1)[0]]():
        raise InputError(
            f"torch finds no {device} on this machine", hint="leave out device, or use 'cpu'"
        )
    return device


def _checked_compute(torch: Any, compute: str, kind: str) -> str:
    if compute == "int8":
        raise InputError("int8 is not supported with torch", hint="use bfloat16 or float16")
    if compute != "auto":
        return compute
    if kind == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return "float16" if kind == "mps" else "float32"
