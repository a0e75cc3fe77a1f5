"""What operations share: loaded models, progress, messages and cancellation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from likewise.encoder import Encoder
from likewise.operations.contract import DistributedRequest, ModelRequest
from likewise.operations.registry import ModelRegistry
from likewise.progress import Progress, ProgressFactory, no_progress

if TYPE_CHECKING:
    from likewise.collections.collection import Collection
    from likewise.collections.contract import Scorer
    from likewise.collections.local_copies import LocalCopies
    from likewise.collections.reader import CollectionReader
    from likewise.collections.store import Store
    from likewise.executor import Executor


class CancelledError(Exception):
    """The caller cancelled the operation."""


@dataclass(frozen=True)
class Message:
    """Something the caller should know about a result, such as texts that were truncated.

    Attributes:
        code: stable name, such as `truncated`, by which interfaces translate it.
        text: one English sentence without a full stop.
        values: the numbers and names in it.
        detail: whether it is one of many parts of a result that is not complete yet, for pages
            that fill while a job runs; terminals wait for the result.
    """

    code: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)
    detail: bool = False


class Ask(Protocol):
    """Asks a person a question."""

    def __call__(self, lines: Sequence[str], choices: Sequence[str]) -> str | None:
        """The answer, one of the choices; None if there are no more answers.

        Args:
            lines: the question.
            choices: the words that answer it.
        """
        ...


class CancellationToken:
    """Stops an operation, which checks it after every batch.

    Args:
        event: set to request a stop; a new one when not given.
    """

    def __init__(self, event: threading.Event | None = None) -> None:
        self._event = event or threading.Event()

    def cancel(self) -> None:
        """Request a stop."""
        self._event.set()

    def check(self) -> None:
        """Raise an error if a stop was requested.

        Raises:
            CancelledError: a stop was requested.
        """
        if self._event.is_set():
            raise CancelledError


class Session:
    """What operations share: models, collections, progress and messages.

    Args:
        models: loaded models; a new registry when not given.
        store: where collections are stored unless a request names a store; `LIKEWISE_STORE` or
            the platform's folder for user data when not given.
        progress: opens a progress bar for a stage of work.
        on_message: called with each message while an operation runs.
        cancel: stops running operations.
        ask: asks a person, where an operation learns from answers; None without a person.
        executor: runs the jobs of requests that name no cluster; None runs them in this process.
        passing: a folder of copies of files that go away, such as those that clients sent.
        copies: copies of collections of an object store, to be read in their place; None reads the
            object store.
    """

    def __init__(
        self,
        *,
        models: ModelRegistry | None = None,
        store: str | None = None,
        progress: ProgressFactory = no_progress,
        on_message: Callable[[Message], None] | None = None,
        cancel: CancellationToken | None = None,
        ask: Ask | None = None,
        executor: Executor | None = None,
        passing: Path | None = None,
        copies: LocalCopies | None = None,
    ) -> None:
        self.models = models or ModelRegistry()
        self.store = store
        self.cancel = cancel or CancellationToken()
        self.ask = ask
        self.passing = passing
        self._progress = progress
        self._on_message = on_message
        self._executor = executor
        self._copies = copies

    def encoder(self, request: ModelRequest) -> Encoder:
        """The model of a request, loaded if it is not loaded yet.

        Raises:
            CheckpointError: it cannot be found or used.
            EngineError: the engine refused.
        """
        encoder = self.models.get(request.model, request.compute, request.device)
        for assumption in encoder.config.notes:
            self.message("assumption", assumption)
        return encoder

    def collection(
        self, name: str, *, store: str | None = None, as_of: str | None = None
    ) -> Collection:
        """Open a collection; its model comes from the registry when it is needed.

        Args:
            name: the collection's.
            store: where it is stored; the session's store when not given.
            as_of: open an earlier state, read-only: a number of the log, or a date.

        Raises:
            CollectionNotFoundError: no collection has this name.
            CollectionError: it cannot be read.
            InputError: a bad name, or no such state.
        """
        return self._opened(name, store or self.store, as_of)

    def reader(
        self, name: str, *, store: str | None = None, as_of: str | None = None
    ) -> CollectionReader:
        """Open a collection to read it, as `collection` does; of a local copy where there is one.

        Raises:
            CollectionNotFoundError: no collection has this name.
            CollectionError: it cannot be read.
            InputError: a bad name, or no such state.
        """
        place = store or self.store
        if self._copies is None or as_of is not None:
            return self._opened(name, place, as_of)
        from likewise.collections.store import Store  # few operations need it

        return self._opened(name, self._copies.store_of(Store(place), name), as_of)

    def _opened(self, name: str, store: str | Store | None, as_of: str | None) -> Collection:
        from likewise.collections.open_collection import open_collection  # few operations need it

        collection = open_collection(name, store=store, loader=self.models.get, as_of=as_of)
        if as_of is None and not collection.is_whole:
            self.message("unfinished", "the last run was stopped; index again to continue it")
        return collection

    def scorer(self, model: str) -> Scorer:
        """A model that reranks, from the registry: a cross-encoder or an encoder.

        Raises:
            CheckpointError: it cannot be found or used.
        """
        from likewise.collections.reranking import load_scorer  # few operations need it

        return load_scorer(model, loader=self.models.get, reranker_loader=self.models.get_reranker)

    @contextmanager
    def executor(self, request: DistributedRequest) -> Iterator[Executor | None]:
        """Where a job runs: on the cluster of its request, or on the session's executor.

        Yields:
            An executor; None where the job runs in this process.

        Raises:
            InputError: not the address of a cluster.
            EngineError: the cluster does not answer.
            MissingExtraError: the extra `scale` is not installed.
        """
        if request.cluster is None:
            yield self._executor
            return
        from likewise.scale import cluster_executor  # few requests name a cluster

        with cluster_executor(request.cluster, cores=request.worker_cores) as executor:
            yield executor

    def message(self, code: str, text: str, **values: Any) -> None:
        """Report something the caller should know."""
        if self._on_message:
            self._on_message(Message(code, text, values))

    def detail(self, code: str, text: str, **values: Any) -> None:
        """Report a part of the result that is known already."""
        if self._on_message:
            self._on_message(Message(code, text, values, detail=True))

    @contextmanager
    def progress(self, total: int | None, *, title: str, unit: str = "texts") -> Iterator[Progress]:
        """A stage of work; each advance also checks for cancellation."""
        self.cancel.check()
        with self._progress(total, title=title, unit=unit) as shown:
            yield _Cancellable(shown, self.cancel)


class _Cancellable(Progress):
    def __init__(self, shown: Progress, cancel: CancellationToken) -> None:
        self._shown, self._cancel = shown, cancel

    def __call__(self, done: int) -> None:
        self._shown(done)
        self._cancel.check()

    def message(self, text: str) -> None:
        self._shown.message(text)
