"""The hub, the models on this machine, and the int8 graph of the default one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from likewise.checkpoint.config import STATIC, read_config
from likewise.errors import CheckpointError
from likewise.hub.catalog import CATALOG, DEFAULT
from likewise.hub.locate import find_local
from likewise.operations.diagnostics.contract import Check
from likewise.operations.diagnostics.packages import package_version


def hub_settings() -> Iterator[Check]:
    """The hub that models are downloaded from, as the environment chooses it."""
    from huggingface_hub.constants import ENDPOINT, HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        hint = "unset HF_HUB_OFFLINE to download models"
        yield Check("hub", "warn", f"{ENDPOINT}, offline", hint)
    else:
        yield Check("hub", "ok", f"{ENDPOINT} (HF_ENDPOINT chooses a mirror; --network asks it)")


def hub_reachable() -> Iterator[Check]:
    """Whether the hub answers."""
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        HfApi().model_info(CATALOG[0].hub_id, timeout=10)
    except (HfHubHTTPError, OfflineModeIsEnabled, httpx.HTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        hint = "check the network and proxies, or set HF_ENDPOINT to a mirror"
        yield Check("hub reachable", "warn", f"no: {reason}", hint)
    else:
        yield Check("hub reachable", "ok", "yes")


def models() -> Iterator[Check]:
    """The models of the catalogue on this machine, and the default one if it is missing."""
    elsewhere = 0
    for entry in CATALOG:
        name = f"model {entry.name}"
        try:
            found = find_local(entry.name)
        except CheckpointError as error:
            yield Check(name, "warn", error.message, error.hint)
            continue
        if found:
            yield Check(name, "ok", f"{found.folder} ({found.source}){_runs_on(found.folder)}")
        elif entry.name == DEFAULT:
            yield Check(name, "warn", "not on this machine", f"likewise download {entry.name}")
        else:
            elsewhere += 1
    yield Check("more models", "ok", f"{elsewhere} to download (likewise models lists them)")


def _runs_on(folder: Path) -> str:
    """What is known, without loading it, of what will run a checkpoint."""
    from likewise.engine import native

    try:
        family = read_config(folder).model_type
    except CheckpointError:
        return ""  # loading it will say so
    if family == STATIC:
        return ""
    refused = native.refusal(family, "auto")
    return f", not on native kernels: {refused}" if refused else ", on native kernels"


def int8() -> Iterator[Check]:
    """Whether int8 of the default model is ready."""
    from likewise.engine import native

    name = f"int8 {DEFAULT}"
    if "int8" in native.supported():
        yield Check(name, "ok", "ready: native kernels round the weights when they load them")
        return
    from likewise.engine.openvino.quantize import find_quantized

    try:
        found = find_local(DEFAULT)
        if found is None:
            return
        graph = find_quantized(read_config(found.folder))
    except CheckpointError:
        return  # the check of the model reports it
    if graph:
        yield Check(name, "ok", f"ready: {graph.parent}")
    elif package_version("nncf"):
        hint = f"likewise quantize {DEFAULT}; compute int8 also makes it when first loaded"
        yield Check(name, "ok", "not made yet (optional)", hint)
    else:
        hint = f'pip install "likewise[int8]", then likewise quantize {DEFAULT}'
        yield Check(name, "ok", "not made, and cannot be without nncf (optional)", hint)
