"""The tools: each an operation, with the words that help an agent to choose it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from likewise.mcp.results import analysis, stored, texts
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
from likewise.operations.similarity import SimilarityRequest, similarity

_COLLECTION = MappingProxyType({"name": "Name of the collection; list_collections lists them."})
_PLACE = ("compute", "device")
"""Where and in which number format a model runs: the server's own choice."""


@dataclass(frozen=True)
class OperationTool:
    """An operation that agents can call. None of them changes anything.

    Attributes:
        name: the tool's.
        title: a few words for people.
        description: what it does and when to use it.
        request: the operation's request; its fields become the arguments.
        operation: the operation.
        output: type of the result's JSON.
        hidden: fields of the request that agents cannot set. Files of the server's machine are
            never offered, apart from `inputs`.
        inputs: fields that name files to read and say how; offered where there is a data folder.
        descriptions: of arguments, where the field's help is about the command line.
        dropped: keys of the result that concern the server's machine alone.
    """

    name: str
    title: str
    description: str
    request: type
    operation: Callable[..., Any]
    output: type
    hidden: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    dropped: tuple[str, ...] = ()


TOOLS = (
    OperationTool(
        "list_collections",
        "List collections",
        "List the collections of documents that can be searched, with their sizes and columns. "
        "Call it first when it is not known which collection holds an answer.",
        CollectionsRequest,
        collections,
        stored.CollectionsOutput,
        dropped=("store",),
    ),
    OperationTool(
        "show_collection",
        "Show a collection",
        "Show one collection: number of records, embedding model, and the columns that `where` "
        "conditions of search and ask may name.",
        ShowRequest,
        collections_show,
        stored.ShowOutput,
        descriptions=_COLLECTION,
    ),
    OperationTool(
        "search",
        "Search a collection",
        "Find the chunks of a collection that match a query, best first, by meaning, by words or "
        "both. Use it to gather context about a topic; use ask for a direct question, and "
        "get_record to read the whole record of a hit. With `like` in place of `query` it finds "
        "what is similar to the hit of that id.",
        SearchRequest,
        search,
        stored.SearchOutput,
        descriptions=_COLLECTION
        | {
            "query": "What to look for, in words; required unless `like` is given.",
            "like": "In place of a query: id of a hit, to find what is similar to it.",
            "as_of": "Search an earlier state of the collection: a run number, or a date.",
        },
    ),
    OperationTool(
        "ask",
        "Ask a collection",
        "Answer a question with sentences quoted from a collection, each with its source. "
        "`answerable` is false where the collection probably does not contain an answer. Use "
        "search to explore a topic instead.",
        AskRequest,
        ask,
        stored.AskOutput,
        descriptions=_COLLECTION
        | {"as_of": "Ask an earlier state of the collection: a run number, or a date."},
    ),
    OperationTool(
        "get_record",
        "Read a record",
        "Read a whole record of a collection, given the id of a hit: all its text in chunks, its "
        "source and its other columns.",
        RecordRequest,
        collections_get,
        stored.RecordOutput,
        descriptions=_COLLECTION
        | {"as_of": "Read an earlier state of the collection: a run number, or a date."},
    ),
    OperationTool(
        "similarity",
        "Compare two texts",
        "Measure how similar in meaning two texts are: cosine and other measures. To compare one "
        "text with many, use rank.",
        SimilarityRequest,
        similarity,
        texts.SimilarityOutput,
        hidden=_PLACE,
        descriptions=MappingProxyType(
            {"model": "Name of a model on the server's machine.", "a": "A text."}
        ),
    ),
    OperationTool(
        "rank",
        "Rank texts",
        "Order candidate texts by their similarity in meaning to a query, best first. For texts "
        "that you have at hand; use search for an indexed collection.",
        RankRequest,
        rank,
        texts.RankOutput,
        hidden=(*_PLACE, "escape_formulas"),
        inputs=("file", "column", "encoding", "skip_bad"),
        descriptions=MappingProxyType(
            {
                "model": "Name of a model on the server's machine.",
                "candidates": "The texts to rank.",
                "file": "In place of candidates: a file below the data folder.",
            }
        ),
    ),
    OperationTool(
        "dedupe",
        "Find duplicates",
        "Find exact copies and near-duplicates among texts, in groups with the text that should "
        "stay. Nothing is changed. `threshold` is a cosine: 0.9 by default, higher for stricter.",
        DedupeRequest,
        dedupe,
        analysis.DedupeOutput,
        hidden=(*_PLACE, "tune"),
        inputs=("files", "against", "column"),
        descriptions=MappingProxyType(
            {
                "model": "Name of a model on the server's machine.",
                "texts": "The texts to compare with each other.",
                "files": "In place of texts: files or folders below the data folder.",
                "against": "Files below the data folder whose texts the others must not repeat.",
            }
        ),
    ),
    OperationTool(
        "cluster",
        "Group texts by topic",
        "Group texts by what they are about, and name the groups with their terms. The number of "
        "groups is found automatically unless `clusters` is given. Needs about ten texts or more.",
        ClusterRequest,
        cluster,
        analysis.ClusterOutput,
        hidden=(*_PLACE, "escape_formulas"),
        dropped=("hierarchy",),
        inputs=("files", "column"),
        descriptions=MappingProxyType(
            {
                "model": "Name of a model on the server's machine.",
                "texts": "The texts to group.",
                "files": "In place of texts: files or folders below the data folder.",
                "clusters": "Number of groups; found automatically where it is not given.",
            }
        ),
    ),
)
"""In the order in which they are listed."""
