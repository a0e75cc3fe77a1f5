"""Options that take several values: `--tasks A B` as well as `--tasks A --tasks B`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class Greedy(TyperCommand):
    """A command whose options with several values take every word up to the next option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat such an option's name before each of its values."""
        several = {
            name
            for parameter in self.params
            if parameter.param_type_name == "option" and getattr(parameter, "multiple", False)
            for name in parameter.opts
        }
        spread: list[str] = []
        current: str | None = None
        for word in args:
            if word.startswith("-") and word != "-":
                current = word if word in several else None
                if current is None:
                    spread.append(word)
            elif current is not None:
                spread += [current, word]
            else:
                spread.append(word)
        return super().parse_args(ctx, spread)
