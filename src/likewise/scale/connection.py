"""Connects to a Ray cluster, or starts one on this machine."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Any

from likewise.engine.cores import usable_cores
from likewise.errors import EngineError, InputError
from likewise.extras import require
from likewise.scale.executor import RayExecutor

LOCAL = "local"
"""The address that starts Ray on this machine, for as long as it is used."""
_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d{1,5})")
_STORE = 2**28
"""Bytes of the object store of a local cluster; only small values pass through it."""
_SECONDS = 5.0
"""Time in which the head of a cluster has to answer."""


@contextmanager
def cluster_executor(address: str, *, cores: int = 1) -> Iterator[RayExecutor]:
    """An executor on a Ray cluster.

        with cluster_executor("10.0.0.1:6379") as executor:
            ...

    A connection of the caller's own to the same process stays open. Anyone who reaches the ports
    of a Ray cluster can run code on it, so they belong in a closed network.

    Args:
        address: `HOST:PORT` of the head of a cluster that this machine is a node of; or `local`,
            which starts Ray on this machine and stops it afterwards.
        cores: number of cores of each worker.

    Raises:
        InputError: not an address, or no node has that many cores.
        EngineError: nothing answers there, or Ray refused.
        MissingExtraError: the extra `scale` is not installed.
    """
    if address != LOCAL:
        _check(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves this machine
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray = require("ray", "scale")
    own = not ray.is_initialized()
    if own:
        place: dict[str, Any] = {"address": address}
        if address == LOCAL:
            place = {
                "address": "local",  # without it, Ray would look for a cluster that runs already
                "num_cpus": usable_cores(),
                "object_store_memory": _STORE,
                "include_dashboard": False,
            }
        try:
            ray.init(
                **place, log_to_driver=False, logging_level="error", namespace="likewise",
            )  # fmt: skip
        except (ConnectionError, RuntimeError, ValueError, AssertionError) as error:
            raise EngineError(
                f"cannot use the Ray cluster at {address}: {str(error).splitlines()[0]}",
                hint="run this on a node of the cluster (ray start --address HOST:PORT); "
                "if the cluster has a token, set RAY_AUTH_MODE=token",
            ) from error
    try:
        executor = RayExecutor(ray, cores=cores)
        if not executor.room():
            raise InputError(
                f"no node of the cluster at {address} has {cores} cores",
                hint="use fewer cores for each worker, or add nodes",
            )
        with (
            redirect_stdout(sys.stderr) if own else nullcontext()
        ):  # Ray prints messages of its own
            yield executor
    finally:
        if own:
            ray.shutdown()


def _check(address: str) -> None:
    """Check that something listens at an address, which Ray would wait for for minutes.

    Raises:
        InputError: it is no address.
        EngineError: nothing listens there.
    """
    found = _ADDRESS.fullmatch(address)
    if not found or int(found["port"]) > 65535:
        raise InputError(
            f"{address!r} is not the address of a Ray cluster",
            hint="give HOST:PORT of its head, such as 10.0.0.1:6379, or local",
        )
    try:
        socket.create_connection((found["host"].strip("[]"), int(found["port"])), _SECONDS).close()
    except OSError as error:
        raise EngineError(
            f"no Ray cluster answers at {address}: {error.strerror or error}",
            hint="start its head with: ray start --head --port PORT",
        ) from error
