"""Commands derived from requests: options from fields, `--json` from the result."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import typer

from likewise.cli.options import AsJson, Quiet, as_file
from likewise.cli.printing import note, say_json
from likewise.cli.prompt import ask
from likewise.errors import InputError
from likewise.operations.contract import Failure, RequestField, Result, request_fields
from likewise.operations.session import Message, Session
from likewise.progress import bar

Q = TypeVar("Q")
R = TypeVar("R", bound=Result)

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_CONTEXT = inspect.Parameter(
    "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)
RESUMABLE = "stopped; the same command continues from here"


def command(
    request: type[Q],
    operation: Callable[[Q, Session], R],
    *,
    resumable: bool = False,
    confirm: Callable[[Q], str] | None = None,
) -> Callable[[Callable[[R, Q], None]], Callable[..., None]]:
    """Make a command from an operation; the decorated function prints the result for people.

    Args:
        request: the operation's request; each field becomes an argument or an option.
        operation: the operation.
        resumable: whether the same command continues after Ctrl-C.
        confirm: the question that the command asks first; it adds the option `--yes`.
    """
    switches = {"as_json": AsJson, "quiet": Quiet} | ({"yes": Yes} if confirm else {})

    def decorate(show: Callable[[R, Q], None]) -> Callable[..., None]:
        fields = list(request_fields(request))

        def run(
            context: typer.Context,
            *,
            as_json: bool,
            quiet: bool,
            yes: bool = False,
            **values: Any,
        ) -> None:
            if context.invoked_subcommand:  # this is a group, and one of its commands was named
                return
            session = terminal_session(quiet=quiet)
            with ExitStack() as stack:
                given = {f.name: _value(f, values[f.name], stack) for f in fields}
                if confirm and not yes:
                    _confirm(confirm(request(**given)))
                try:
                    result = operation(request(**given), session)
                except KeyboardInterrupt:
                    if resumable:
                        note(RESUMABLE)
                    raise
            if as_json:
                say_json(result.to_dict())
            else:
                show(result, request(**given))
            _exit_on(getattr(result, "failure", None))

        parameters = [_parameter(field) for field in fields]
        parameters += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
            for name, kind in switches.items()
        ]
        parameters.insert(0, _CONTEXT)
        run.__name__, run.__doc__ = show.__name__, show.__doc__
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        return run

    return decorate


def terminal_session(*, quiet: bool) -> Session:
    """A session whose progress and messages go to standard error."""
    return Session(
        progress=partial(bar, show=False if quiet else None),
        on_message=None if quiet else _print_message,
        ask=ask,
    )


def _confirm(question: str) -> None:
    """Ask on standard error.

    Raises:
        InputError: the answer is not yes, or standard input has ended.
    """
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        note("")  # ends the line of the question
        agreed = False
    if not agreed:
        raise InputError("nothing was changed", hint="answer y, or give --yes")


def _exit_on(failure: Failure | None) -> None:
    if failure is None:
        return
    for reason in failure.reasons:
        note(f"error: {reason}")
    note(f"hint: {failure.hint}")
    raise typer.Exit(1)


def _print_message(message: Message) -> None:
    if not message.detail:
        note(f"note: {message.text}")


def _parameter(field: RequestField) -> inspect.Parameter:
    many = get_origin(field.type) is tuple
    kind: Any = list[_item_type(field)] if many else field.type  # type: ignore[misc]
    meta = field.field
    bounds = {"min": meta.minimum, "max": meta.maximum}
    settings: dict[str, Any] = {"help": meta.help, "metavar": meta.metavar or None}
    settings |= {name: value for name, value in bounds.items() if value is not None}
    if meta.positional:
        info: Any = typer.Argument(**settings)
    else:
        flag = meta.flag or "--" + field.name.replace("_", "-")
        info = typer.Option(*filter(None, (flag, meta.short)), **settings)
    default = inspect.Parameter.empty if field.required else field.default
    if many and not field.required:
        default = list(field.default)
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, info],
    )


def _item_type(field: RequestField) -> Any:
    """The type of one of several values; Typer takes lists of enumerations, not of literals."""
    kind = get_args(field.type)[0]
    if str in get_args(kind):  # or a richer value, which other interfaces take
        return str
    if get_origin(kind) is not Literal:
        return kind
    return StrEnum(field.name, {name: name for name in get_args(kind)})


def _value(field: RequestField, value: Any, stack: ExitStack) -> Any:
    """The value for the request; `-` becomes a file with the contents of standard input."""
    if field.field.stdin and str(value) == "-":
        return stack.enter_context(as_file(Path("-")))
    if isinstance(value, list):
        return tuple(str(each) if isinstance(each, StrEnum) else each for each in value)
    return value
