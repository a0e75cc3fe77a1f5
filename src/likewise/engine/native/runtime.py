"""The runtime of the native kernels: several threads process a job's texts."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from likewise.checkpoint.config import Config, Pooling
from likewise.checkpoint.weights import read_weights
from likewise.engine.after_pooling import after_pooling
from likewise.engine.architectures import DESCRIPTIONS
from likewise.engine.cores import usable_cores
from likewise.engine.native import binding, timing
from likewise.engine.native.library import loaded, supported, unavailable
from likewise.engine.native.network import PackedNetwork
from likewise.engine.tensors import Tensors
from likewise.engine.timing import Formats
from likewise.errors import DamagedFileError, EngineError, UnsupportedModelError
from likewise.progress import Advance
from likewise.tokenization.token_rows import TokenRows

RECIPE = "by row 1"
"""Version of the int8 quantization; part of the fingerprint of its vectors."""

TOKENS_PER_THREAD = 32
"""Tokens from which an additional thread pays off."""

SINGLE_THREAD_TOKENS = 2 * TOKENS_PER_THREAD
"""Jobs of fewer tokens run in the calling thread, without starting others."""

POLL_INTERVAL = 0.1
"""Seconds between updates of the progress."""


class NativeRuntime:
    """A checkpoint of an architecture in `DESCRIPTIONS`, on the native kernels.

    The tokens of many texts pass through the linear layers as the rows of one matrix, without
    padding. The result is batch-invariant: a text gives the same bits in every batch.

    Args:
        config: the checkpoint.
        compute: `int8`, `bfloat16`, `float32`, or `auto` for the faster of the last two.

    Raises:
        UnsupportedModelError: the kernels do not support this processor, the architecture, a
            module or a width.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
    """

    kind = "native"
    device = "cpu"

    def __init__(self, config: Config, compute: str) -> None:
        if refused := refusal(config.model_type, compute):
            raise UnsupportedModelError(refused, hint="OpenVINO runs it")
        pooling, *modules = config.modules
        if not isinstance(pooling, Pooling) or len(pooling.modes) > binding.MAX_POOLINGS:
            raise UnsupportedModelError(
                "the kernels need a pooling as the first module", hint="OpenVINO runs it"
            )
        formats = timing.formats(compute)
        self.compute, self.reason = formats.network, f"native kernels, {formats.reason}"
        self.recipe = _recipe(formats)
        self._pooling = pooling
        self._after = after_pooling(tuple(modules))
        self._network = _packed(config, formats)
        self._cores = usable_cores()
        self.dimension = self._after(self._empty_vectors(1)).shape[1]

    def embed(self, rows: TokenRows, progress: Advance | None = None) -> NDArray[np.float32]:
        """One vector per text, in input order: float32 `[n, dimension]`; see `Runtime`."""
        vectors = self._empty_vectors(len(rows))
        if len(rows):
            self._run(rows, progress, vectors=vectors)
        return self._after(vectors)

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The last hidden state of each token, `[tokens, hidden size]` per text; see `Runtime`."""
        token_states = np.empty((len(rows.token_ids), self._network.hidden_size), np.float32)
        if len(rows):
            self._run(rows, None, token_states=token_states)
        return np.split(token_states, np.cumsum(rows.lengths)[:-1]) if len(rows) else []

    def _empty_vectors(self, count: int) -> NDArray[np.float32]:
        return np.zeros((count, len(self._pooling.modes) * self._network.hidden_size), np.float32)

    def _run(
        self,
        rows: TokenRows,
        progress: Advance | None,
        *,
        vectors: NDArray[np.float32] | None = None,
        token_states: NDArray[np.float32] | None = None,
    ) -> None:
        self._check(rows)
        token_ids = np.ascontiguousarray(rows.token_ids, np.int32)
        text_offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(rows.lengths, out=text_offsets[1:])
        threads = max(1, min(self._cores, len(token_ids) // TOKENS_PER_THREAD))
        modes = self._pooling.modes
        job = binding.JobStruct(
            token_ids=token_ids.ctypes.data,
            text_offsets=text_offsets.ctypes.data,
            text_count=len(rows),
            pooling_count=len(modes),
            poolings=(ctypes.c_int32 * binding.MAX_POOLINGS)(*map(binding.POOLINGS.index, modes)),
            skipped_tokens=0 if self._pooling.include_prompt else rows.prompt_tokens,
            thread_count=threads,
            vectors=None if vectors is None else vectors.ctypes.data,
            token_states=None if token_states is None else token_states.ctypes.data,
        )
        if len(token_ids) < SINGLE_THREAD_TOKENS:
            self._run_thread(job)
            if progress:
                progress(len(rows))
        else:
            self._run_threads(
                job, threads, progress, (token_ids, text_offsets, vectors, token_states)
            )

    def _check(self, rows: TokenRows) -> None:
        """Check the token ids and lengths; the kernels do not check their table look-ups."""
        if not len(rows.token_ids):  # all texts are empty
            return
        network = self._network
        for name, largest, limit in (
            ("a token id", int(rows.token_ids.max()), network.vocabulary_size - 1),
            ("a text's length", int(rows.lengths.max()), network.max_tokens),
        ):
            if largest > limit or int(rows.token_ids.min()) < 0:
                raise EngineError(
                    f"{name} is {largest}, but the checkpoint's limit is {limit}",
                    hint="the tokenizer does not match the weights; download the checkpoint again",
                )

    def _run_thread(self, job: binding.JobStruct, buffers: object = None) -> None:  # noqa: ARG002
        """Process a job in this thread. Holds a reference to the buffers until it returns."""
        if loaded().likewise_run(self._network.structure, job):
            raise EngineError("not enough memory for the kernels", hint="close other programs")

    def _run_threads(
        self, job: binding.JobStruct, threads: int, progress: Advance | None, buffers: object
    ) -> None:
        """Run a job on several threads.

        Args:
            job: the job.
            threads: number of threads.
            progress: see `embed`.
            buffers: the arrays that the job points to. Each thread holds a reference: a second
                interruption can end the wait for the threads while they still write.
        """
        reported = 0

        def report() -> int:
            finished = int(job.finished_texts)
            if progress and finished > reported:
                progress(finished - reported)
            return finished

        with ThreadPoolExecutor(threads, "likewise-kernel") as pool:
            try:
                tasks = [pool.submit(self._run_thread, job, buffers) for _ in range(threads)]
                while wait(tasks, timeout=POLL_INTERVAL).not_done:
                    reported = report()
            except BaseException:  # an interruption: finish the current blocks, begin no more
                job.stop = 1
                raise
        for task in tasks:
            task.result()
        report()


def refusal(model_type: str, compute: str) -> str | None:
    """Why the kernels cannot run an architecture in a number format; None if they can.

    Args:
        model_type: of `config.json`.
        compute: as in `NativeRuntime`.
    """
    if reason := unavailable():
        return f"there are no kernels: {reason}"
    if not supported():
        return "there are no kernels for this processor"
    if model_type not in DESCRIPTIONS:
        return f"there are no kernels for the architecture {model_type!r}"
    if compute != "auto" and compute not in supported():
        return f"there are no kernels for {compute} on this processor"
    return None


def _recipe(formats: Formats) -> str:
    """What determines the vectors, besides the checkpoint; int8 depends on the attention format."""
    if formats.network != "int8":
        return formats.network
    return f"int8 {RECIPE}" + (" float32 attention" if formats.unquantized == "float32" else "")


def _packed(config: Config, formats: Formats) -> PackedNetwork:
    architecture = DESCRIPTIONS[config.model_type]
    tensors = Tensors(read_weights(config.folder), architecture.prefixes)
    try:
        encoder = architecture.describe(config.network, tensors)
    except KeyError as error:
        raise DamagedFileError(
            f"{config.folder / 'config.json'} lacks the field {error}",
            hint="download the checkpoint again",
        ) from error
    return PackedNetwork(encoder, formats.network, formats.unquantized, config.max_tokens)
