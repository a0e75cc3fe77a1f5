"""`likewise models`."""

from __future__ import annotations

from dataclasses import asdict

from likewise.checkpoint.catalog import CATALOG, Entry
from likewise.checkpoint.locate import find_local
from likewise.cli import options
from likewise.cli.printing import say_json, say_table
from likewise.errors import CheckpointError


def models(as_json: options.AsJson = False) -> None:
    """List the models known by name, and where they are.

    Any folder or hub id of a model of the same kind works too.

    \b
    Example:
      likewise models --json
    """
    if as_json:
        say_json([asdict(entry) | _place(entry) for entry in CATALOG])
        return
    header = ["name", "dimensions", "max tokens", "parameters", "languages", "licence", "where"]
    say_table(
        header,
        [
            [
                entry.name,
                str(entry.dimension),
                str(entry.max_tokens),
                f"{entry.parameters:.1f} M",
                entry.languages,
                entry.licence,
                _where(entry),
            ]
            for entry in CATALOG
        ],
    )


def _place(entry: Entry) -> dict[str, str | None]:
    """Folder, source and what is wrong with it; all None where it is not on this machine."""
    try:
        found = find_local(entry.name)
    except CheckpointError as error:
        return {"folder": None, "source": None, "problem": error.message}
    if found is None:
        return {"folder": None, "source": None, "problem": None}
    return {"folder": str(found.folder), "source": found.source, "problem": None}


def _where(entry: Entry) -> str:
    place = _place(entry)
    if place["problem"]:
        return f"damaged: {place['problem']}"
    return place["folder"] or f"not here: likewise download {entry.name}"
