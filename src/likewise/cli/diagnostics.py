"""What `likewise doctor` looks at: one small function a subject."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import likewise
from likewise.engine.cores import cgroup_quota, usable_cores
from likewise.errors import CheckpointError
from likewise.hub.catalog import CATALOG, DEFAULT
from likewise.hub.locate import find_local

if TYPE_CHECKING:
    from likewise.engine.timing import Choice

Status = Literal["ok", "warn"]

CORE_PACKAGES = ("openvino", "numpy", "tokenizers", "safetensors", "huggingface-hub")
EXTRAS = (
    ("web", "gradio"), ("store", "lancedb"), ("explore", "openTSNE"), ("files", "pyarrow"),
    ("documents", "pypdf"), ("evaluate", "scikit-learn"), ("int8", "nncf"), ("train", "torch"),
)  # fmt: skip
"""Those that commands need, each with a package that tells whether it is there."""

INSTRUCTION_SETS = (
    ("AVX2", ("avx2",)),
    ("AVX-512", ("avx512f",)),
    ("VNNI", ("avx512_vnni", "avx_vnni")),
    ("BF16", ("avx512_bf16", "amx_bf16")),
    ("AMX", ("amx_tile",)),
)
GIB = 2**30


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes:
        name: what.
        status: `ok`, or `warn` where something can be done.
        detail: what was found.
        hint: what to do; empty where all is well.
        facts: the same for programs, where there is more than the detail says.
    """

    name: str
    status: Status
    detail: str
    hint: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def examine(*, network: bool = False) -> list[Check]:
    """Look at everything.

    Args:
        network: also ask the hub whether it answers.
    """
    return [
        *_versions(),
        _cores(),
        _instructions(),
        _kernels(),
        *_formats(),
        _memory(),
        *_places(),
        _hub_settings(),
        *([_hub()] if network else []),
        *_models(),
        *_int8(),
    ]


def _versions() -> Iterator[Check]:
    system = f"{platform.system()} {platform.machine()}"
    yield Check(
        "likewise", "ok", f"{likewise.__version__}, Python {platform.python_version()}, {system}"
    )
    found = ", ".join(f"{name} {_version(name)}" for name in CORE_PACKAGES)
    yield Check("packages", "ok", found)
    for extra, package in EXTRAS:
        here = _version(package)
        detail = f"{package} {here}" if here else f"{package} is not installed (optional)"
        yield Check(
            f"extra {extra}", "ok", detail, "" if here else f'pip install "likewise[{extra}]"'
        )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cores() -> Check:
    usable, machine, quota = usable_cores(), os.cpu_count() or 1, cgroup_quota()
    detail = f"{usable} usable of {machine} in the machine"
    if quota is not None:
        detail += f", container quota {quota:g}"
    if usable < machine:
        return Check("cores", "warn", detail, "allow the process more of them for more speed")
    return Check("cores", "ok", detail)


def _instructions() -> Check:
    try:
        flags = set(re.findall(r"[\w.]+", Path("/proc/cpuinfo").read_text(encoding="utf-8")))
    except OSError:
        return Check("processor", "ok", f"{platform.processor() or platform.machine()}")
    if platform.machine() not in ("x86_64", "AMD64"):
        return Check("processor", "ok", platform.machine())
    has = {name: any(flag in flags for flag in known) for name, known in INSTRUCTION_SETS}
    detail = ", ".join(f"{name} {'yes' if here else 'no'}" for name, here in has.items())
    if not has["AVX2"]:
        return Check("processor", "warn", detail, "without AVX2 all is slow; use a newer machine")
    if not has["VNNI"]:
        return Check("processor", "warn", detail, "without VNNI int8 gains little; keep auto")
    return Check("processor", "ok", detail)


def _kernels() -> Check:
    from likewise.engine import native

    bits = native.features()
    if formats := native.supported():
        tiles = ", on tiles (AMX)" if (bits or 0) & native.TILES else ""
        return Check("kernels", "ok", f"our own, for {', '.join(sorted(formats))}{tiles}")
    if bits is None:
        detail = "not built: OpenVINO runs all"
        if platform.machine() in ("x86_64", "AMD64"):
            return Check("kernels", "warn", detail, "install likewise again where c++ is, for them")
        return Check("kernels", "ok", detail)
    return Check("kernels", "ok", "not for this processor: OpenVINO runs all")


def _formats() -> Iterator[Check]:
    """The number formats that were chosen, with what was measured for that."""
    from likewise.engine import native
    from likewise.engine.openvino import timing

    ours = bool(native.supported())
    if ours:
        yield _choice("compute auto", native.network_format())
        yield _choice("int8 attention", native.attention_format())
    yield _choice("OpenVINO auto" if ours else "compute auto", timing.network_format())
    yield _choice("OpenVINO int8", timing.activation_format())


def _choice(name: str, choice: Choice) -> Check:
    from likewise.engine.timing import in_words

    detail = f"{choice.format}: {choice.reason}"
    if choice.seconds:
        detail += f" ({in_words(choice.seconds)})"
    facts = {
        "choice": choice.format,
        "reason": choice.reason,
        "milliseconds": {name: 1e3 * value for name, value in choice.seconds.items()},
    }
    return Check(name, "ok", detail, facts=facts)


def _memory() -> Check:
    try:
        meminfo = Path("/proc/meminfo").read_text(encoding="utf-8")
    except OSError:
        return Check("memory", "ok", "not known on this system")
    kib = dict(re.findall(r"(\w+):\s+(\d+) kB", meminfo))
    total, free = (int(kib[name]) * 1024 / GIB for name in ("MemTotal", "MemAvailable"))
    limit = _memory_limit()
    if limit is not None and limit < total:
        total, free = limit, min(free, limit)
    detail = f"{total:.1f} GiB, {free:.1f} GiB free"
    if free < 1:
        return Check("memory", "warn", detail, "small models need about 1 GiB, large ones 4 GiB")
    return Check("memory", "ok", detail)


def _memory_limit(root: Path = Path("/sys/fs/cgroup")) -> float | None:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return int((root / name).read_text()) / GIB
        except (OSError, ValueError):  # no such file, or the word "max"
            continue
    return None


def _places() -> Iterator[Check]:
    from huggingface_hub.constants import HF_HUB_CACHE

    for name, folder in (("hub cache", Path(HF_HUB_CACHE)), ("working folder", Path.cwd())):
        there = next(p for p in (folder, *folder.parents) if p.exists())
        free = shutil.disk_usage(there).free / GIB
        detail = f"{folder}, {free:.1f} GiB free"
        if not os.access(there, os.W_OK):
            yield Check(name, "warn", f"{detail}, not writable", "HF_HOME chooses another cache")
        elif free < 1:
            yield Check(name, "warn", detail, "free some space; a model takes 0.1 to 1.5 GiB")
        else:
            yield Check(name, "ok", detail)


def _hub_settings() -> Check:
    from huggingface_hub.constants import ENDPOINT, HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        return Check("hub", "warn", f"{ENDPOINT}, offline", "unset HF_HUB_OFFLINE to fetch models")
    return Check("hub", "ok", f"{ENDPOINT} (HF_ENDPOINT chooses a mirror; --network asks it)")


def _hub() -> Check:
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        HfApi().model_info(CATALOG[0].hub_id, timeout=10)
    except (HfHubHTTPError, OfflineModeIsEnabled, httpx.HTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        hint = "check the network and proxies, or set HF_ENDPOINT to a mirror"
        return Check("hub reachable", "warn", f"no: {reason}", hint)
    return Check("hub reachable", "ok", "yes")


def _models() -> Iterator[Check]:
    """The models that are here, and the default one where it is not."""
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
    from likewise.checkpoint.config import STATIC, read_config
    from likewise.engine import native

    try:
        family = read_config(folder).model_type
    except CheckpointError:
        return ""  # loading it will say so
    if family == STATIC:
        return ""
    refused = native.refusal(family, "auto")
    return f", not on native kernels: {refused}" if refused else ", on native kernels"


def _int8() -> Iterator[Check]:
    from likewise.checkpoint.config import read_config
    from likewise.engine import native

    name = f"int8 {DEFAULT}"
    if "int8" in native.supported():
        yield Check(name, "ok", "ready: our own kernels round the weights as they load")
        return
    from likewise.engine.openvino.quantize import find_quantized

    try:
        found = find_local(DEFAULT)
        if found is None:
            return
        graph = find_quantized(read_config(found.folder))
    except CheckpointError:
        return  # told of the model already
    if graph:
        yield Check(name, "ok", f"ready: {graph.parent}")
    elif _version("nncf"):
        hint = f"likewise quantize {DEFAULT}; compute int8 also makes it when first loaded"
        yield Check(name, "ok", "not made yet (optional)", hint)
    else:
        hint = f'pip install "likewise[int8]", then likewise quantize {DEFAULT}'
        yield Check(name, "ok", "not made, and cannot be without nncf (optional)", hint)
