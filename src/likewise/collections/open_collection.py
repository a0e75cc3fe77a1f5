"""Opening collections, and making new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from likewise.collections import history, tuning
from likewise.collections.collection import Collection
from likewise.collections.contract import STORAGES, Model, ModelLoader, Run, Storage
from likewise.collections.manifest import Manifest, read_manifest
from likewise.collections.schema import schema
from likewise.collections.store import Store
from likewise.data.chunking import DEFAULT_CHUNK_TOKENS, OVERLAP_DIVISOR, chunk_records
from likewise.errors import CollectionNotFoundError, InputError
from likewise.loading import load

MIGRATION = "migration"
"""In place of an earlier state: the vectors of the model that a collection is being migrated to."""


def open_collection(
    name: str,
    *,
    store: str | Path | Store | None = None,
    model: Model | None = None,
    loader: ModelLoader = load,
    create: bool = False,
    storage: Storage | None = None,
    chunk_tokens: int | None = None,
    as_of: str | int | None = None,
) -> Collection:
    """Open a collection.

    Args:
        name: its name.
        store: a folder or the address of an object store; `LIKEWISE_STORE` or the platform's place
            for data when not given.
        model: the model that made it, or will make it; not needed for an existing collection.
        loader: loads the model of an existing collection when it is first needed.
        create: make an empty one where there is none; needs a model.
        storage: number format of the stored vectors: `float32` (default), `float16` or `int8`.
        chunk_tokens: tokens of a chunk at most, for splitting long texts; 0 does not split them;
            for a new collection `chunking.DEFAULT_CHUNK_TOKENS` when not given.
        as_of: open its state of an earlier time, to be read: a number of its log, or a date; or
            `migration`, its vectors by the model that it is being migrated to.

    Raises:
        CollectionNotFoundError: there is none of this name.
        FingerprintError: the model is not the one that made it.
        InputError: a bad name or storage, or no such time.
    """
    place = store if isinstance(store, Store) else Store(store)
    try:
        table = place.open(name)
    except CollectionNotFoundError:
        if not create or model is None:
            raise
        with place.writing(name):
            table = place.create(name, _empty(model, storage or "float32", chunk_tokens))
    manifest = read_manifest(table, name)
    if storage is not None and storage != manifest.storage:
        raise InputError(
            f"the collection {name!r} stores vectors as {manifest.storage}, not {storage}",
            hint="leave the storage out, or index into another collection",
        )
    if chunk_tokens is not None and chunk_tokens != manifest.chunk_tokens:
        raise InputError(
            f"the collection {name!r} has chunks of {manifest.chunk_tokens} tokens, "
            f"not {chunk_tokens}",
            hint="leave the size out, or index into another collection",
        )
    if as_of == MIGRATION:
        return open_migration(place, name, loader=loader)
    moment = None
    if as_of is not None:
        moment = history.as_of(table, manifest, as_of)
        table.checkout(moment.version)
    return Collection(place, name, table, loader=loader, model=model, as_of=moment)


def open_migration(
    store: Store, name: str, *, model: Model | None = None, loader: ModelLoader = load
) -> Collection:
    """Open the vectors of the new model of a collection that is being migrated, to be read.

    Args:
        store: where the collection is stored.
        name: the collection's.
        model: the new model.
        loader: loads it where it is not given.

    Raises:
        InputError: the collection is not being migrated.
    """
    table = store.companion(name, "migration")
    if table is None:
        raise InputError(
            f"{name!r} is not being migrated to another model",
            hint=f"likewise collections migrate {name} --to MODEL",
        )
    runs = read_manifest(table, name).runs
    moment = runs[-1] if runs else Run(0, "migrate", "", table.version)
    return Collection(store, name, table, loader=loader, model=model, as_of=moment)


def check_storable(model: Model, storage: Storage) -> None:
    """Refuse a model whose vectors a collection cannot store, or no index can compare.

    Raises:
        InputError: its vectors cannot be stored in this number format.
    """
    if storage not in STORAGES:
        raise InputError(f"unknown storage {storage!r}", hint="one of " + ", ".join(STORAGES))
    if model.similarity_fn_name not in tuning.DISTANCES:
        raise InputError(
            f"{model.name} compares by {model.similarity_fn_name}, which no index knows",
            hint="choose a model that compares by " + ", ".join(tuning.DISTANCES),
        )
    if storage == "int8" and model.similarity_fn_name != "cosine":
        raise InputError(
            f"vectors of {model.name} cannot be stored as int8: it compares by "
            f"{model.similarity_fn_name}, which needs their lengths",
            hint="store them as float16",
        )


def _empty(model: Model, storage: Storage, chunk_tokens: int | None) -> Any:
    check_storable(model, storage)
    size = min(DEFAULT_CHUNK_TOKENS, model.max_seq_length) if chunk_tokens is None else chunk_tokens
    list(
        chunk_records([], model, max_tokens=size or None)
    )  # refuses a size that the model does not read
    manifest = Manifest(
        model=model.reference,
        fingerprint=model.fingerprint,
        compute=model.compute,
        dimension=model.dimension,
        similarity=model.similarity_fn_name,
        storage=storage,
        chunk_tokens=size,
        overlap=size // OVERLAP_DIVISOR,
    )
    return schema(model.dimension, storage, manifest.dumps())
