"""The runtime of the kernels: every core takes the next texts as soon as it has finished some."""

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
from likewise.tokenization.tokenizer import TokenRows

RECIPE = "by row 1"
"""Changes whenever int8's numbers do, and with it the fingerprint of its vectors."""

FEW = 128
"""Tokens a thread is worth its start for."""

SOON = 256
"""Tokens that are done before another thread has begun."""

LOOK = 0.1
"""Seconds between looks at how far a job has come."""


class NativeRuntime:
    """A checkpoint of a family in `stacks` on our own kernels.

    Tokens of many texts go through the linear layers as the rows of one matrix, so nothing is
    padded, and every row is summed by itself: a text gives the same bits alone and in any company.

    Args:
        config: the checkpoint.
        compute: `int8`, `bfloat16`, `float32`, or `auto` for the faster of the last two.

    Raises:
        UnsupportedModelError: this processor, the family, a module or a width is not for the
            kernels.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
    """

    kind = "native"
    device = "cpu"

    def __init__(self, config: Config, compute: str) -> None:
        if refused := refusal(config.model_type, compute):
            raise UnsupportedModelError(refused, hint="OpenVINO runs it")
        pooling, *modules = config.modules
        if not isinstance(pooling, Pooling) or len(pooling.modes) > binding.MOST_POOLINGS:
            raise UnsupportedModelError("the kernels begin with a pooling", hint="OpenVINO runs it")
        formats = timing.formats(compute)
        self.compute, self.reason = formats.network, f"native kernels, {formats.reason}"
        self.recipe = _recipe(formats)
        self._pooling = pooling
        self._after = after_pooling(tuple(modules))
        self._network = _packed(config, formats)
        self._cores = usable_cores()
        self.dimension = self._after(self._empty_vectors(1)).shape[1]

    def embed(self, rows: TokenRows, progress: Advance | None = None) -> NDArray[np.float32]:
        """One vector a text, in the order given: float32 `[n, dimension]`; see `Runtime`."""
        vectors = self._empty_vectors(len(rows))
        if len(rows):
            self._run(rows, progress, vectors=vectors)
        return self._after(vectors)

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The last layer's state of every token, `[tokens, hidden size]` a text; see `Runtime`."""
        states = np.empty((len(rows.token_ids), self._network.hidden), np.float32)
        if len(rows):
            self._run(rows, None, states=states)
        return np.split(states, np.cumsum(rows.lengths)[:-1]) if len(rows) else []

    def _empty_vectors(self, count: int) -> NDArray[np.float32]:
        return np.zeros((count, len(self._pooling.modes) * self._network.hidden), np.float32)

    def _run(
        self,
        rows: TokenRows,
        progress: Advance | None,
        *,
        vectors: NDArray[np.float32] | None = None,
        states: NDArray[np.float32] | None = None,
    ) -> None:
        self._check(rows)
        token_ids = np.ascontiguousarray(rows.token_ids, np.int32)
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(rows.lengths, out=starts[1:])
        threads = max(1, min(self._cores, len(token_ids) // FEW))
        modes = self._pooling.modes
        job = binding.JobStruct(
            token_ids=token_ids.ctypes.data,
            starts=starts.ctypes.data,
            texts=len(rows),
            pooling=len(modes),
            poolings=(ctypes.c_int32 * binding.MOST_POOLINGS)(*map(binding.POOLINGS.index, modes)),
            skipped=0 if self._pooling.include_prompt else rows.prompt_tokens,
            threads=threads,
            vectors=None if vectors is None else vectors.ctypes.data,
            states=None if states is None else states.ctypes.data,
        )
        if len(token_ids) < SOON:
            self._work(job)
            if progress:
                progress(len(rows))
        else:
            self._share_out(job, threads, progress, (token_ids, starts, vectors, states))

    def _check(self, rows: TokenRows) -> None:
        """The kernels look up what they are told to; what is not there must not get to them."""
        if not len(rows.token_ids):  # every text is empty
            return
        network = self._network
        for what, most, known in (
            ("a token id", int(rows.token_ids.max()), network.vocabulary - 1),
            ("a text's length", int(rows.lengths.max()), network.max_tokens),
        ):
            if most > known or int(rows.token_ids.min()) < 0:
                raise EngineError(
                    f"{what} is {most}, and the checkpoint's tables end at {known}",
                    hint="tokenizer and weights do not belong together; download it again",
                )

    def _work(self, job: binding.JobStruct, buffers: object = None) -> None:  # noqa: ARG002
        """One thread's share of a job, which holds on to the buffers until it is done."""
        if loaded().likewise_run(self._network.structure, job):
            raise EngineError("no memory for the kernels", hint="close other programs")

    def _share_out(
        self, job: binding.JobStruct, threads: int, progress: Advance | None, buffers: object
    ) -> None:
        """Run a job on several threads.

        Args:
            job: what is run.
            threads: how many.
            progress: see `embed`.
            buffers: the arrays that the job points to. Each thread holds them: a second
                interruption may end the wait for the threads while they still write.
        """
        told = 0

        def tell() -> int:
            done = int(job.done)
            if progress and done > told:
                progress(done - told)
            return done

        with ThreadPoolExecutor(threads, "likewise-kernel") as pool:
            try:
                tasks = [pool.submit(self._work, job, buffers) for _ in range(threads)]
                while wait(tasks, timeout=LOOK).not_done:
                    told = tell()
            except BaseException:  # an interruption: what runs is finished, nothing more is begun
                job.stop = 1
                raise
        for task in tasks:
            task.result()
        tell()


def refusal(model_type: str, compute: str) -> str | None:
    """Why the kernels do not run a family in a number format; None where they do.

    Args:
        model_type: the family, as `config.json` names it.
        compute: as `NativeRuntime` takes it.
    """
    if reason := unavailable():
        return f"there are no kernels: {reason}"
    if not supported():
        return "there are no kernels for this processor"
    if model_type not in DESCRIPTIONS:
        return f"there are no kernels for the family {model_type!r}"
    if compute != "auto" and compute not in supported():
        return f"there are no kernels for {compute} on this processor"
    return None


def _recipe(formats: Formats) -> str:
    """What besides the checkpoint shapes the vectors: int8's are others with other attention."""
    if formats.network != "int8":
        return formats.network
    return f"int8 {RECIPE}" + (" float32 attention" if formats.inner == "float32" else "")


def _packed(config: Config, formats: Formats) -> PackedNetwork:
    family = DESCRIPTIONS[config.model_type]
    tensors = Tensors(read_weights(config.folder), family.prefixes)
    try:
        stack = family.stack(config.network, tensors)
    except KeyError as error:
        raise DamagedFileError(
            f"{config.folder / 'config.json'} lacks the field {error}",
            hint="download the checkpoint again",
        ) from error
    return PackedNetwork(stack, formats.network, formats.inner, config.max_tokens)
