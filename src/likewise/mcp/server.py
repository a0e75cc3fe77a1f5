"""The server of the protocol, without a transport: tools, resources, and their errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import CapacityLimiter
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
)
from pydantic import TypeAdapter

import likewise
from likewise.errors import InputError
from likewise.hub.catalog import DEFAULT
from likewise.mcp.arguments import ToolArguments
from likewise.mcp.call import call
from likewise.mcp.problems import problem_text, without_folders
from likewise.mcp.tools import TOOLS, OperationTool
from likewise.operations.collections import (
    CollectionsRequest,
    ShowRequest,
    collections,
    collections_show,
)
from likewise.operations.record import RecordRequest, collections_get
from likewise.operations.registry import ModelRegistry
from likewise.operations.session import Session
from likewise.wording import counted

if TYPE_CHECKING:
    from likewise.collections.local_copies import LocalCopies

SCHEME = "likewise://"
JSON_TYPE = "application/json"
INSTRUCTIONS = (
    "Likewise searches collections of documents by meaning, and compares, ranks, deduplicates and "
    "groups texts with sentence embeddings computed on this machine. Call list_collections to see "
    "what can be searched; then ask for questions, search for topics, get_record for a whole "
    "record. Cite `source` and `line` of what you use. All tools are read-only."
)

MOST_DUPLICATES = 500
"""Redundant texts that a result of dedupe lists; an agent has to read them all."""

Context = ServerRequestContext[dict[str, Any], Any]


class LikewiseServer:
    """The tools and resources over one registry of models and one store.

    Args:
        models: loaded models, shared with the other parts of the process.
        store: where collections are stored; the platform's folder where None.
        model: the model where a call names none.
        data: folder whose files rank, dedupe and cluster may read; they read none where None.
        workers: how many operations run at once.
        copies: copies of collections of an object store, to read from; None reads the store.
    """

    def __init__(
        self,
        models: ModelRegistry,
        store: str | None = None,
        *,
        model: str = DEFAULT,
        data: Path | None = None,
        workers: int = 4,
        copies: LocalCopies | None = None,
    ) -> None:
        self._models, self._store, self._copies = models, store, copies
        self._data = data.resolve() if data else None
        self._limiter = CapacityLimiter(workers)
        self._tools = {tool.name: tool for tool in TOOLS}
        self._arguments = {tool.name: ToolArguments(tool, model=model, data=data) for tool in TOOLS}
        self.protocol: Server[dict[str, Any]] = Server(
            "likewise",
            version=likewise.__version__,
            title="Likewise",
            instructions=INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
        )
        """The SDK's server, to be run on a transport."""

    async def _list_tools(
        self, _context: Context, _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[self._description(tool) for tool in TOOLS])

    def _description(self, tool: OperationTool) -> Tool:
        return Tool(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            input_schema=self._arguments[tool.name].json_schema(),
            output_schema=TypeAdapter(tool.output).json_schema(),
            annotations=ToolAnnotations(
                title=tool.title,
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            ),
        )

    async def _call_tool(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        tool = self._tools.get(params.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"no tool {params.name!r}")
        arguments = params.arguments or {}
        try:
            request = self._arguments[tool.name].request(arguments)
            result, notes = await self._run(context, tool.operation, request)
        except Exception as error:
            text = problem_text(error, arguments)
            return CallToolResult(content=[TextContent(text=text)], is_error=True)
        notes = [without_folders(note, arguments) for note in notes]
        return self._answer(tool, result.to_dict(), notes)

    def _answer(
        self, tool: OperationTool, plain: dict[str, Any], notes: list[str]
    ) -> CallToolResult:
        for name in tool.dropped:
            del plain[name]
        if tool.name == "dedupe":
            notes = [*notes, *_shorten(plain)]
        text = self._json(plain | {"notes": notes})
        return CallToolResult(content=[TextContent(text=text)], structured_content=json.loads(text))

    def _json(self, plain: dict[str, Any]) -> str:
        if self._data:
            plain = _relative(plain, str(self._data / "_")[:-1])
        return json.dumps(plain, ensure_ascii=False, default=str)

    async def _list_resources(
        self, context: Context, _params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        found, _ = await self._run(context, collections, CollectionsRequest())
        return ListResourcesResult(
            resources=[
                Resource(
                    uri=SCHEME + summary.name,
                    name=summary.name,
                    description=f"A collection of {summary.records:,} records",
                    mime_type=JSON_TYPE,
                )
                for summary in found.collections
            ]
        )

    async def _list_templates(
        self, _context: Context, _params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(
            resource_templates=[
                ResourceTemplate(
                    uri_template=SCHEME + "{collection}",
                    name="collection",
                    title="A collection",
                    description="Sizes, model and columns of a collection.",
                    mime_type=JSON_TYPE,
                ),
                ResourceTemplate(
                    uri_template=SCHEME + "{collection}/{record_id}",
                    name="record",
                    title="A record of a collection",
                    description="A record's text in chunks, its source and its columns; search "
                    "shows the ids.",
                    mime_type=JSON_TYPE,
                ),
            ]
        )

    async def _read_resource(
        self, context: Context, params: ReadResourceRequestParams
    ) -> ReadResourceResult:
        address = params.uri.removeprefix(SCHEME)
        collection, _, record = address.partition("/")
        if address == params.uri or not collection:
            raise MCPError(INVALID_PARAMS, f"no resource {params.uri!r}", {"uri": params.uri})
        try:
            if record:
                request = RecordRequest(collection, record)
                result, _ = await self._run(context, collections_get, request)
            else:
                result, _ = await self._run(context, collections_show, ShowRequest(collection))
        except Exception as error:
            code = INVALID_PARAMS if isinstance(error, InputError) else INTERNAL_ERROR
            raise MCPError(code, problem_text(error, {}), {"uri": params.uri}) from None
        text = self._json(result.to_dict())
        return ReadResourceResult(
            contents=[TextResourceContents(uri=params.uri, mime_type=JSON_TYPE, text=text)]
        )

    async def _run(
        self, context: Context, operation: Callable[[Any, Session], Any], request: Any
    ) -> tuple[Any, list[str]]:
        return await call(
            lambda session: operation(request, session),
            context.session.report_progress,
            models=self._models,
            store=self._store,
            copies=self._copies,
            limiter=self._limiter,
        )


def _shorten(plain: dict[str, Any]) -> list[str]:
    """Leave out the smallest groups of duplicates where there are many; the note about it."""
    groups: list[Mapping[str, Any]] = plain["groups"]
    listed = shown = 0
    while shown < len(groups) and listed + len(groups[shown]["members"]) <= MOST_DUPLICATES:
        listed += len(groups[shown]["members"])
        shown += 1
    shown = max(shown, 1)
    plain["groups"] = groups[:shown]
    if shown >= len(groups):
        return []
    return [f"only the {shown:,} largest of {counted(len(groups), 'group')} are listed"]


def _relative(value: Any, folder: str) -> Any:
    """The same with files of the data folder named relative to it, as callers name them."""
    if isinstance(value, dict):
        return {
            name: each.removeprefix(folder)
            if name in {"source", "path"} and isinstance(each, str)
            else _relative(each, folder)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_relative(each, folder) for each in value]
    return value
