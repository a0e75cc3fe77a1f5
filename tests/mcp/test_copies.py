"""Collections of an object store, read from copies on this machine: a real S3 server (moto's)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

import likewise
from likewise.collections.local_copies import LocalCopies
from likewise.collections.open_collection import open_collection
from likewise.operations.session import Session
from tests.loopback_s3 import new_bucket
from tests.mcp.conftest import TEXTS, Place, running


def test_a_search_reads_a_copy_and_sees_what_is_new(
    server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: likewise.Encoder
) -> None:
    store = f"s3://{new_bucket(server, 'mcp-copies', monkeypatch)}/prefix"
    collection = open_collection("help", store=store, model=encoder, create=True)
    collection.add(list(TEXTS))
    opened: list[Any] = []
    real = Session._opened

    def remembered(self: Session, name: str, place: Any, as_of: str | None) -> Any:
        opened.append(place)
        return real(self, name, place, as_of)

    monkeypatch.setattr(Session, "_opened", remembered)
    copies = LocalCopies(tmp_path / "copies", 10**9)

    async def found(address: str) -> list[str]:
        async with Client(address) as client:
            arguments = {"name": "help", "query": "Where does the cat sleep?", "top_k": 2}
            answer = await client.call_tool("search", arguments)
            assert answer.structured_content
            return [hit["text"] for hit in answer.structured_content["hits"]]

    with running(Place(store, tmp_path), copies) as address:
        assert anyio.run(found, address)[0] == TEXTS[-1]
        collection.add(["A cat sleeps in its basket."])
        assert "A cat sleeps in its basket." in anyio.run(found, address)
    assert [place.folder.is_relative_to(tmp_path / "copies") for place in opened] == [True, True]
