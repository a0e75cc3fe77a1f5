"""Operations on collections: index, search, ask, recommend, and the verbs of `collections`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import likewise
from likewise.errors import CollectionNotFoundError, InputError
from likewise.operations.ask import AskRequest, ask
from likewise.operations.collections import (
    ChangeRequest,
    CollectionsRequest,
    LogRequest,
    RemoveRequest,
    RestoreRequest,
    ShowRequest,
    collections,
    collections_compact,
    collections_log,
    collections_redo,
    collections_restore,
    collections_rm,
    collections_show,
    collections_undo,
)
from likewise.operations.index import IndexRequest, IndexResult, index
from likewise.operations.recommend import RecommendRequest, recommend
from likewise.operations.registry import ModelRegistry
from likewise.operations.search import SearchRequest, search
from likewise.operations.session import CancellationToken, CancelledError, Message, Session

LINES = (
    "How do I get a refund?",
    "Where is my parcel?",
    "You get a refund within thirty days.",
    "The shop opens at nine.",
)


class Opened:
    """A session with a small store, and what it reported and loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loads: list[str] = []
        self.messages: list[Message] = []
        self.session = Session(
            models=ModelRegistry(loader=self._load),
            store=str(folder / "store"),
            on_message=self.messages.append,
        )

    def _load(self, model: str, compute: str, device: str) -> likewise.Encoder:
        self.loads.append(model)
        return likewise.load(model, compute=compute, device=device)

    def index(self, model: Path, name: str = "shop") -> IndexResult:
        file = self.folder / "faq.txt"
        if not file.exists():
            file.write_text("\n".join(LINES) + "\n")
        request = IndexRequest(files=(str(file),), into=name, model=str(model))
        return index(request, self.session)


@pytest.fixture
def opened(tmp_path: Path, model_folder: Path) -> Opened:
    made = Opened(tmp_path)
    made.index(model_folder)
    return made


def test_index_reports_what_changed(opened: Opened, model_folder: Path) -> None:
    (opened.folder / "faq.txt").write_text("\n".join(LINES[1:]) + "\n\nGift cards.\n")
    plain = json.loads(json.dumps(opened.index(model_folder).to_dict()))
    assert plain["collection"] == "shop"
    assert (plain["added"], plain["removed"], plain["unchanged"]) == (1, 1, 3)
    assert (plain["chunks"], plain["index"]["kind"], plain["skipped"]) == (4, "exact", [])


def test_rows_that_cannot_be_read_are_in_the_result(opened: Opened, model_folder: Path) -> None:
    file = opened.folder / "rows.jsonl"
    file.write_text('{"text": "Fine."}\n{"text": \n{"text": "Fine too."}\n')
    request = IndexRequest(files=(str(file),), into="rows", model=str(model_folder))
    result = index(request, opened.session)
    assert result.indexed.added == 2
    assert [row.line for row in result.skipped] == [2]
    assert result.to_dict()["skipped"][0]["reason"] == result.skipped[0].reason
    assert "column" in opened.messages[-1].text


def test_one_loaded_model_serves_many_collections(opened: Opened, model_folder: Path) -> None:
    opened.index(model_folder, "other")
    assert len(opened.loads) == 1  # of both runs of `index`
    for name in ("shop", "other", "shop"):
        assert search(SearchRequest(name, "money back"), opened.session).hits
    # a collection names its model by folder and number format: loaded once more, and shared
    assert len(opened.loads) == 2


def test_search_by_query_and_by_id(opened: Opened) -> None:
    result = search(SearchRequest("shop", LINES[3], top_k=2), opened.session)
    plain = json.loads(json.dumps(result.to_dict()))
    assert list(plain) == [
        "collection",
        "query",
        "like",
        "hits",
        "queries",
        "output",
        "corrections",
    ]
    assert plain["hits"][0]["text"] == LINES[3]
    assert (plain["hits"][0]["chunk"], plain["hits"][0]["chunks"]) == (0, 1)
    like = search(SearchRequest("shop", like=result.hits[0].id), opened.session)
    assert result.hits[0].id not in {hit.id for hit in like.hits}


def test_a_batch_is_written_to_a_file(opened: Opened) -> None:
    output = opened.folder / "out.jsonl"
    request = SearchRequest("shop", batch=opened.folder / "faq.txt", output=output, top_k=1)
    result = search(request, opened.session)
    assert (result.queries, result.output) == (4, output)
    assert result.to_dict()["output"] == str(output)
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [line["hits"][0]["text"] for line in lines] == list(LINES)
    assert opened.messages[-1].code == "wrote"


def test_search_wants_exactly_one_query(opened: Opened) -> None:
    for request in (SearchRequest("shop"), SearchRequest("shop", "a", like="b")):
        with pytest.raises(InputError, match="what to look for"):
            search(request, opened.session)
    with pytest.raises(InputError, match="a file to write"):
        search(SearchRequest("shop", batch=Path("faq.txt")), opened.session)


def test_nothing_found_is_reported(opened: Opened) -> None:
    request = SearchRequest("shop", "xylophone", mode="keyword")
    assert search(request, opened.session).hits == ()
    assert opened.messages[-1].code == "none"


def test_a_reranker_orders_the_hits(opened: Opened, model_folder: Path) -> None:
    request = SearchRequest("shop", "refund", rerank=str(model_folder), top_k=1)
    [hit] = search(request, opened.session).hits
    assert hit.measure == "rerank"


def test_ask_quotes_and_says_where_from(opened: Opened) -> None:
    request = AskRequest("shop", "When do I get a refund?", quotes=1)
    plain = json.loads(json.dumps(ask(request, opened.session).to_dict()))
    assert plain["answerable"]
    assert plain["false_alarm_rate"] <= plain["false_alarms"] == 0.01
    assert "refund" in plain["quotes"][0]["text"]
    assert plain["documents"][0]["chunks"][0]["source"].endswith("faq.txt")
    other = "Who painted the chapel in Rome?"
    assert not ask(AskRequest("shop", other), opened.session).answer.answerable
    assert ask(AskRequest("shop", other, false_alarms=1.0), opened.session).answer.answerable


def test_recommend_says_because_of_what(opened: Opened) -> None:
    [liked] = search(SearchRequest("shop", LINES[0], top_k=1), opened.session).hits
    result = recommend(RecommendRequest("shop", liked=(f" {liked.id},",), top_k=1), opened.session)
    [hit] = result.to_dict()["hits"]
    assert hit["because"] == liked.id
    assert hit["id"] != liked.id


def test_list_show_and_log(opened: Opened) -> None:
    plain = json.loads(json.dumps(collections(CollectionsRequest(), opened.session).to_dict()))
    assert plain["store"] == str(opened.folder / "store")
    assert [one["name"] for one in plain["collections"]] == ["shop"]
    shown = collections_show(ShowRequest("shop"), opened.session).to_dict()
    assert shown == collections(CollectionsRequest(), opened.session).to_dict()["collections"][0]
    log = collections_log(LogRequest("shop"), opened.session).to_dict()
    assert [(run["action"], run["chunks"]) for run in log["runs"]] == [("index", 4)]


def test_a_request_names_another_store(opened: Opened) -> None:
    elsewhere = str(opened.folder / "elsewhere")
    assert not collections(CollectionsRequest(store=elsewhere), opened.session).collections
    with pytest.raises(CollectionNotFoundError):
        collections_show(ShowRequest("shop", store=elsewhere), opened.session)


def test_a_damaged_collection_does_not_hide_others(opened: Opened) -> None:
    (opened.folder / "store" / "broken.lance").mkdir()
    result = collections(CollectionsRequest(), opened.session)
    assert [summary.name for summary in result.collections] == ["shop"]
    assert [(one.name, one.state) for one in result.unreadable] == [("broken", "damaged")]
    removed = collections_rm(RemoveRequest("broken"), opened.session)
    assert removed.to_dict() == {"collection": "broken", "chunks": None}


def test_changes_are_runs_of_the_log(opened: Opened) -> None:
    change = ChangeRequest("shop")
    assert collections_undo(change, opened.session).run.chunks == 0
    assert collections_redo(change, opened.session).run.chunks == 4
    collections_undo(change, opened.session)
    restored = collections_restore(RestoreRequest("shop", run=1), opened.session).to_dict()
    assert (restored["run"]["action"], restored["run"]["back_to"]) == ("restore", 1)
    assert collections_compact(change, opened.session).run.action == "compact"
    assert collections_rm(RemoveRequest("shop"), opened.session).chunks == 4
    assert not collections(CollectionsRequest(), opened.session).collections


def test_a_cancelled_run_is_continued(opened: Opened, model_folder: Path) -> None:
    file = opened.folder / "more.txt"
    file.write_text("".join(f"line {n}\n" for n in range(300)))
    request = IndexRequest(files=(str(file),), into="more", model=str(model_folder))
    cancel = CancellationToken()
    cancel.cancel()
    models, store = opened.session.models, opened.session.store
    with pytest.raises(CancelledError):
        index(request, Session(models=models, store=store, cancel=cancel))
    assert index(request, opened.session).indexed.records == 300
