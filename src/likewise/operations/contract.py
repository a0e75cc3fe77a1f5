"""What every operation has in common: the fields of requests, and results as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, get_args, get_origin, get_type_hints

from likewise.hub.catalog import DEFAULT

ComputeName = Literal["auto", "float32", "bfloat16", "float16", "int8"]


@dataclass(frozen=True)
class Field:
    """How interfaces present one field of a request; in the field's `Annotated` type.

    Attributes:
        help: one line, a sentence.
        flag: name of the command-line option, if it is not the field's own name.
        short: one-letter option, such as `-k`.
        positional: given by its place on the command line.
        metavar: how the value is shown in help.
        minimum: least value of a number.
        maximum: largest value of a number.
        stdin: `-` reads standard input.
        local: names a file or folder of this machine; remote callers cannot set it.
        output: names a file or folder that is written.
        private: concerns this machine's surroundings, such as a cluster; not offered to remote
            callers and agents.
    """

    help: str
    flag: str = ""
    short: str = ""
    positional: bool = False
    metavar: str = ""
    minimum: float | None = None
    maximum: float | None = None
    stdin: bool = False
    local: bool = False
    output: bool = False
    private: bool = False


@dataclass(frozen=True)
class RequestField:
    """One field of a request, as interfaces read it.

    Attributes:
        name: the field's name.
        type: its type without `Annotated`.
        default: its default; `dataclasses.MISSING` if it is required.
        field: how it is presented.
    """

    name: str
    type: Any
    default: Any
    field: Field

    @property
    def required(self) -> bool:
        """Whether a caller has to give it."""
        return self.default is dataclasses.MISSING


@dataclass(frozen=True)
class Failure:
    """Why a result does not meet the limits of its request; the command exits with status 1.

    Attributes:
        reasons: one line each.
        hint: what to do about it.
    """

    reasons: tuple[str, ...]
    hint: str


class Result(Protocol):
    """What an operation returns.

    One that can miss a limit also has `failure`: a `Failure`, or None.
    """

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: the JSON of every interface."""
        ...


@dataclass(frozen=True, kw_only=True)
class ModelRequest:
    """A request that is answered with a model."""

    model: Annotated[
        str, Field("Catalogue name, hub id or folder of the model.", short="-m", metavar="MODEL")
    ] = DEFAULT
    compute: Annotated[ComputeName, Field("Number format of the network; float16 needs a GPU.")] = (
        "auto"
    )
    device: Annotated[str, Field("Where to run: auto, cpu, or with torch cuda or mps.")] = "auto"


@dataclass(frozen=True, kw_only=True)
class DistributedRequest:
    """A request whose work can run on a cluster."""

    cluster: Annotated[
        str | None,
        Field(
            "Run on a Ray cluster: HOST:PORT of its head; local starts one here.",
            metavar="ADDRESS", private=True,
        ),
    ] = None  # fmt: skip
    worker_cores: Annotated[
        int, Field("Cores of each worker of the cluster.", minimum=1, private=True)
    ] = 1


@dataclass(frozen=True, kw_only=True)
class JobRequest(DistributedRequest, ModelRequest):
    """A request that is answered with a model, on a cluster if one is given."""


def request_fields(request: type) -> Iterator[RequestField]:
    """The fields of a request class, in their order: required ones first.

    Raises:
        TypeError: a field has no `Field` in its `Annotated` type.
    """
    hints = get_type_hints(request, include_extras=True)
    fields = dataclasses.fields(request)
    for field in sorted(fields, key=lambda f: f.default is not dataclasses.MISSING):
        hint = hints[field.name]
        meta = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Field)), None)
        if get_origin(hint) is not Annotated or meta is None:
            raise TypeError(f"{request.__name__}.{field.name} has no help: annotate it with Field")
        yield RequestField(field.name, get_args(hint)[0], field.default, meta)
