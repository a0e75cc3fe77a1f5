"""Arguments of tools: their JSON schema from a request's fields, and back to a request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from likewise.errors import InputError
from likewise.hub.locate import find_local
from likewise.mcp.tools import OperationTool
from likewise.operations.contract import RequestField, request_fields

MODEL_FIELDS = ("model", "rerank")
"""Fields that name a model."""


class ToolArguments:
    """The arguments of one tool.

    Args:
        tool: the tool.
        model: the model where none is named.
        data: folder whose files tools may read; none where None.
    """

    def __init__(self, tool: OperationTool, *, model: str, data: Path | None) -> None:
        self._tool, self._model = tool, model
        self._data = data.resolve() if data else None
        self._offered = {
            field.name: field for field in request_fields(tool.request) if self._is_offered(field)
        }
        definitions: dict[str, Any] = {
            name: (field.type, self._definition(field)) for name, field in self._offered.items()
        }
        self._schema: type[BaseModel] = create_model(
            tool.name, __config__=ConfigDict(extra="forbid"), **definitions
        )

    def json_schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return self._schema.model_json_schema()

    def request(self, arguments: dict[str, Any]) -> Any:
        """The operation's request.

        Raises:
            InputError: an argument is missing, unknown or out of range, or names a file outside
                the data folder, or a model that is not on this machine.
        """
        try:
            given = self._schema.model_validate(arguments)
        except ValidationError as error:
            raise InputError(_problems(error), hint="see the tool's input schema") from error
        values = {name: getattr(given, name) for name in self._offered}
        for name in MODEL_FIELDS:
            if (model := values.get(name)) is not None and model != self._model:
                check_model(model)
        request = self._tool.request(**values)
        files = {
            name: self._inside(values[name])
            for name, field in self._offered.items()
            if field.field.local and values[name]
        }
        return replace(request, **files) if files else request

    def _is_offered(self, field: RequestField) -> bool:
        if field.name in self._tool.inputs:
            return self._data is not None
        hidden = field.field.local or field.field.private
        return not hidden and field.name not in self._tool.hidden

    def _definition(self, field: RequestField) -> Any:
        meta = field.field
        default = ... if field.required else field.default
        return Field(
            self._model if field.name == "model" else default,
            description=self._tool.descriptions.get(field.name, meta.help),
            ge=meta.minimum,
            le=meta.maximum,
        )

    def _inside(self, value: Any) -> Any:
        """A path below the data folder, or several, made absolute.

        Raises:
            InputError: one is outside.
        """
        if isinstance(value, tuple):
            return tuple(str(self._inside(Path(each))) for each in value)
        folder = self._data or Path()
        path = (folder / value).resolve()
        if not path.is_relative_to(folder):
            raise InputError(
                f"{str(value)!r} is not below the data folder", hint="name a file relative to it"
            )
        return path


def check_model(name: str) -> None:
    """Refuse a model that is not on this machine, and a folder.

    Raises:
        InputError: it is one.
    """
    parts = Path(name).parts
    found = None if ".." in parts or "\0" in name else find_local(name)
    if found is None or found.source == "folder":
        raise InputError(
            f"the model {name!r} is not on the server's machine",
            hint="leave it out for the default model; 'likewise models' lists those there are",
        )


def _problems(error: ValidationError) -> str:
    """What is wrong with which argument, without the values."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg'].lower()}"
        for problem in error.errors(include_input=False, include_url=False)
    )
