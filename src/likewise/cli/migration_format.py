"""How a migration is shown."""

from __future__ import annotations

from pathlib import Path

from likewise.cli.printing import note, say, say_table
from likewise.operations.migrate import MigrateRequest, MigrateResult
from likewise.wording import counted


def say_migration(result: MigrateResult, request: MigrateRequest) -> None:
    """What was encoded, how the hits change, and which model the collection has now."""
    name = result.collection
    if result.after is None:
        say(f"{name}: new vectors deleted" if result.discarded else f"{name} has no new vectors")
        return
    before, after = Path(result.before).name, Path(result.after).name
    rows = [
        ["models", f"{before} ({result.computes[0]}) → {after} ({result.computes[1]})"],
        ["chunks", f"{result.chunks:,}, {result.encoded:,} encoded in {result.seconds:.1f} s"],
    ]
    if found := result.measurement:
        share = found.overlap
        rows.append(
            [
                "hits in common",
                f"{share.value:.1%} of the ten best ({share.low:.1%} to {share.high:.1%}; "
                f"{counted(found.queries, 'query', 'queries')})",
            ]
        )
        if quality := found.quality:
            change = quality.difference.interval
            rows.append(
                [
                    "nDCG@10",
                    f"{quality.before:.3f} → {quality.after:.3f} ({change.low:+.3f} to "
                    f"{change.high:+.3f}; {counted(quality.queries, 'query', 'queries')} with "
                    "known answers)",
                ]
            )
    say_table(["what", "value"], rows)
    for example in found.examples if found else ():
        say("")
        say(f"{example.query}  ({example.overlap:.0%} in common)")
        say(f"    before: {_short(example.before)}")
        say(f"    after:  {_short(example.after)}")
    if result.switched:
        note(f"{name} has vectors of {after} now")
        note(f"hint: 'likewise collections undo {name}' brings back those of {before}")
    elif result.failure is None and not request.switch:
        note(f"{name} still has vectors of {before}; the same command without --no-switch switches")


def _short(text: str, characters: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"
