"""The SDK's own client against the server, over a process and over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, TextContent
from pydantic import TypeAdapter

from likewise.mcp.tools import TOOLS
from likewise.operations.ask import AskRequest, ask
from likewise.operations.cluster import ClusterRequest, cluster
from likewise.operations.collections import (
    CollectionsRequest,
    ShowRequest,
    collections,
    collections_show,
)
from likewise.operations.dedupe import DedupeRequest, dedupe
from likewise.operations.rank import RankRequest, rank
from likewise.operations.record import RecordRequest, collections_get
from likewise.operations.search import SearchRequest, search
from likewise.operations.session import Session
from likewise.operations.similarity import SimilarityRequest, similarity
from tests.mcp.conftest import INITIALIZE, TEXTS, Place, running

QUESTION = "When do I get my money back?"
EIGHT = (*TEXTS, "A refund takes five days.", "Refunds are paid to the card.")

CALLS: dict[str, tuple[Callable[[Any, Session], Any], Any, dict[str, Any]]] = {
    "list_collections": (collections, CollectionsRequest(), {}),
    "show_collection": (collections_show, ShowRequest("help"), {"name": "help"}),
    "search": (
        search,
        SearchRequest("help", QUESTION, top_k=3),
        {"name": "help", "query": QUESTION, "top_k": 3},
    ),
    "ask": (ask, AskRequest("help", QUESTION), {"name": "help", "question": QUESTION}),
    "similarity": (
        similarity,
        SimilarityRequest("A man eats.", "Someone is eating.", tokens=True),
        {"a": "A man eats.", "b": "Someone is eating.", "tokens": True},
    ),
    "rank": (
        rank,
        RankRequest(QUESTION, candidates=TEXTS, top_k=2),
        {"query": QUESTION, "candidates": TEXTS, "top_k": 2},
    ),
    "dedupe": (
        dedupe,
        DedupeRequest(texts=(*EIGHT, TEXTS[0]), threshold=0.8),
        {"texts": [*EIGHT, TEXTS[0]], "threshold": 0.8},
    ),
    "cluster": (cluster, ClusterRequest(texts=EIGHT, clusters=2), {"texts": EIGHT, "clusters": 2}),
}


@asynccontextmanager
async def over_stdio(place: Place, mode: str) -> AsyncIterator[Client]:
    async with Client(place.stdio(), mode=mode) as client:
        yield client


@asynccontextmanager
async def over_http(place: Place, mode: str) -> AsyncIterator[Client]:
    with running(place) as address:
        async with Client(address, mode=mode) as client:
            yield client


CONNECTIONS = [
    pytest.param(over_stdio, "auto", id="stdio"),
    pytest.param(over_stdio, "legacy", id="stdio-handshake"),
    pytest.param(over_http, "auto", id="http"),
    pytest.param(over_http, "legacy", id="http-handshake"),
]


def content(result: CallToolResult) -> dict[str, Any]:
    """The structured content, which the text has as well."""
    [text] = result.content
    assert isinstance(text, TextContent)
    assert not result.is_error, text.text
    assert json.loads(text.text) == result.structured_content
    return dict(result.structured_content)


def expected_json(result: Any, place: Place) -> dict[str, Any]:
    """A result as JSON, with the files of the data folder as callers name them."""
    text = json.dumps(result.to_dict()).replace(f"{place.data}/", "")
    return dict(json.loads(text))


def problem(result: CallToolResult) -> str:
    [text] = result.content
    assert isinstance(text, TextContent)
    assert result.is_error
    assert result.structured_content is None
    return text.text


@pytest.mark.parametrize(("connect", "mode"), CONNECTIONS)
def test_every_tool_answers_what_its_operation_does(connect: Any, mode: str, place: Place) -> None:
    session = place.session()

    async def scenario() -> None:
        async with connect(place, mode) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert list(tools) == [tool.name for tool in TOOLS]
            for tool in tools.values():
                assert tool.annotations is not None
                assert tool.annotations.read_only_hint
                assert tool.output_schema is not None
            for name, (operation, request, arguments) in CALLS.items():
                found = content(await client.call_tool(name, arguments))
                expected = expected_json(operation(request, session), place)
                for key in next(tool for tool in TOOLS if tool.name == name).dropped:
                    del expected[key]
                notes = found.pop("notes")
                assert found == expected, name
                assert all(isinstance(note, str) for note in notes)

    anyio.run(scenario)


@pytest.mark.parametrize(("connect", "mode"), CONNECTIONS)
def test_records_are_resources(connect: Any, mode: str, place: Place) -> None:
    session = place.session()
    hit = search(SearchRequest("help", "turn a valve", top_k=1), session).hits[0]
    assert hit.chunks > 1, "a record of several chunks"

    async def scenario() -> None:
        async with connect(place, mode) as client:
            listed = (await client.list_resources()).resources
            assert [resource.uri for resource in listed] == ["likewise://help"]
            templates = (await client.list_resource_templates()).resource_templates
            assert [each.uri_template for each in templates] == [
                "likewise://{collection}", "likewise://{collection}/{record_id}",
            ]  # fmt: skip
            summary = await client.read_resource("likewise://help")
            shown = expected_json(collections_show(ShowRequest("help"), session), place)
            assert json.loads(summary.contents[0].text) == shown
            read = await client.read_resource(f"likewise://help/{hit.record}")
            record = expected_json(
                collections_get(RecordRequest("help", hit.record), session), place
            )
            assert json.loads(read.contents[0].text) == record
            assert read.contents[0].mime_type == "application/json"
            assert len(record["chunks"]) == hit.chunks
            tool = await client.call_tool("get_record", {"name": "help", "id": hit.id})
            assert content(tool) == record | {"notes": []}
            for uri in ("likewise://help/feed", "likewise://nope", "other://help", "likewise://"):
                with pytest.raises(MCPError) as refused:
                    await client.read_resource(uri)
                assert str(Path(place.store).parent) not in refused.value.message

    anyio.run(scenario)


def test_files_of_the_data_folder(place: Place) -> None:
    async def scenario() -> None:
        async with over_stdio(place, "auto") as client:
            found = content(await client.call_tool("dedupe", {"files": ["doubled.txt"]}))
            assert found["removed"] == 2
            assert found["files"][0]["path"] == "doubled.txt"
            members = [each for group in found["groups"] for each in group["members"]]
            assert {each["source"] for each in members} == {"doubled.txt"}
            assert str(place.data) not in json.dumps(found)
            ranked = await client.call_tool("rank", {"query": QUESTION, "file": "help.txt"})
            assert content(ranked)["results"][0]["text"] == TEXTS[0]
            for path in ("../secret.txt", str(place.data.parent / "secret.txt")):
                refused = await client.call_tool("dedupe", {"files": [path]})
                assert "not below the data folder" in problem(refused)
            missing = problem(await client.call_tool("dedupe", {"files": ["nope.txt"]}))
            assert "nope.txt" in missing
            assert str(place.data) not in missing

    anyio.run(scenario)


def test_errors_are_results_of_the_tool(place: Place) -> None:
    async def scenario() -> None:
        async with over_stdio(place, "auto") as client:
            none = problem(await client.call_tool("search", {"name": "nope", "query": "x"}))
            assert none == "no collection 'nope' in store\nhint: there are: help"
            both = problem(
                await client.call_tool("search", {"name": "help", "query": "x", "like": "y"})
            )
            assert both.startswith("what to look for?")
            assert "top_k" in problem(
                await client.call_tool("search", {"name": "help", "query": "x", "top_k": 0})
            )
            where = {"name": "help", "query": "x", "where": "nothing > 3"}
            assert "Traceback" not in problem(await client.call_tool("search", where))
            with pytest.raises(MCPError, match="no tool 'nope'"):
                await client.call_tool("nope", {})

    anyio.run(scenario)


def many(count: int, words: int = 12) -> list[str]:
    """Different texts that take a while to encode."""
    return [
        " ".join(f"word{(n * 7 + k) % 997}" for k in range(words)) + str(n) for n in range(count)
    ]


@pytest.mark.parametrize(("connect", "mode"), CONNECTIONS)
def test_progress_grows(connect: Any, mode: str, place: Place) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async def scenario() -> None:
        texts = [f"{mode} {connect.__name__} {text}" for text in many(300)]
        async with connect(place, mode) as client:
            await client.call_tool("dedupe", {"texts": texts}, progress_callback=note)

    anyio.run(scenario)
    assert seen, "none was reported"
    values = [progress for progress, _, _ in seen]
    assert values == sorted(set(values)), "each is more than the one before"
    assert any(message and message.startswith("encoding") for _, _, message in seen)
    assert all(total is None or progress <= total for progress, total, _ in seen)


@pytest.mark.parametrize(("connect", "mode"), CONNECTIONS)
def test_a_cancelled_call_stops(connect: Any, mode: str, place: Place) -> None:
    """The server answers the next call at once: the first one no longer computes."""
    started = anyio.Event()

    async def note(progress: float, total: float | None, message: str | None) -> None:
        started.set()

    async def scenario() -> tuple[float, float]:
        texts = [f"{mode} {connect.__name__} cancelled {text}" for text in many(10_000)]
        async with connect(place, mode) as client:
            await client.call_tool("similarity", {"a": "load", "b": "the model"})
            began = time.perf_counter()
            async with anyio.create_task_group() as group:

                async def long() -> None:
                    await client.call_tool("dedupe", {"texts": texts}, progress_callback=note)

                group.start_soon(long)
                await started.wait()
                group.cancel_scope.cancel()
            cancelled = time.perf_counter() - began
            began = time.perf_counter()
            for _ in range(4):  # as many as run at once: none of them waits for the first
                await client.call_tool("similarity", {"a": "a", "b": "b"})
            return cancelled, time.perf_counter() - began

    cancelled, after = anyio.run(scenario)
    assert cancelled < 10
    assert after < 5


def test_the_event_loop_is_free_while_operations_run(place: Place) -> None:
    async def scenario() -> float:
        async with over_http(place, "auto") as client:
            texts = [f"free {text}" for text in many(600)]
            late: list[float] = []
            started = time.perf_counter()
            async with anyio.create_task_group() as group:

                async def ping() -> None:
                    while True:
                        began = time.perf_counter()
                        await client.list_tools(cache_mode="bypass")
                        late.append(time.perf_counter() - began)
                        await anyio.sleep(0.05)

                group.start_soon(ping)
                await client.call_tool("dedupe", {"texts": texts})
                group.cancel_scope.cancel()
            assert len(late) > 3
            return max(late) / (time.perf_counter() - started)

    assert anyio.run(scenario) < 0.5, "an answer waited for the operation"


def test_standard_output_carries_the_protocol_alone(place: Place) -> None:
    """Line by line JSON, also where a library prints, and the process ends with its input."""
    params = place.stdio()
    noisy = (
        "import os, sys; sys.argv[0] = 'likewise'\n"
        "import likewise.operations.similarity as module\n"
        "real = module.compare\n"
        "def compare(*args):\n"
        "    print('noise'); os.write(1, b'more noise'); os.system('echo even more')\n"
        "    return real(*args)\n"
        "module.compare = compare\n"
        "from likewise.cli import main; main()\n"
    )
    messages = [
        INITIALIZE,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": {"name": "similarity", "arguments": {"a": "a", "b": "b"}},
        },
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", noisy, *params.args[2:]], env=params.env, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdin.write("".join(json.dumps(message) + "\n" for message in messages))
    process.stdin.flush()
    answers = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.stdin.close()
    assert process.wait(20) == 0
    assert process.stdout.read() == ""
    assert answers[1]["id"] == 2
    assert not answers[1]["result"]["isError"]
    errors = process.stderr.read()
    assert all(noise in errors for noise in ("noise", "more noise", "even more"))


def test_output_types_have_every_key(place: Place) -> None:
    """No tool answers with a key that its schema does not have."""
    session = place.session()
    for tool in TOOLS:
        if tool.name not in CALLS:
            continue
        operation, request, _ = CALLS[tool.name]
        plain = expected_json(operation(request, session), place)
        for name in tool.dropped:
            del plain[name]
        plain["notes"] = []
        assert TypeAdapter(tool.output).validate_python(plain) == plain, tool.name
