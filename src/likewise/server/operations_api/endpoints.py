"""Every operation as an endpoint: path, request, function, scope, and whether it is a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from likewise.operations import (
    ask,
    bench,
    browse,
    calibrate,
    check_data,
    cluster,
    collection_contrast,
    collection_dedupe,
    collection_duplicates,
    collection_map,
    collections,
    compare,
    dedupe,
    diagnose,
    distill,
    doctor,
    download,
    encode,
    evaluate,
    example,
    export,
    feedback,
    index,
    migrate,
    mine,
    models,
    notes,
    outliers,
    plan,
    preview,
    project,
    quantize,
    rank,
    recommend,
    record,
    records,
    removal_plan,
    saved_searches,
    search,
    similarity,
    sources,
    tag,
    train,
    verify,
    version_difference,
)
from likewise.operations.contract import RequestField, Result, request_fields
from likewise.operations.session import Session
from likewise.server.keys import Scope
from likewise.server.operations_api.resolver import kind_of

YEAR = 365
"""Days: later runs are compared with earlier ones."""

MANY_RECORDS = 1000
"""Adding this many records or more is a job."""


@dataclass(frozen=True)
class Endpoint:
    """An operation over HTTP.

    Attributes:
        path: below `/api/v1`; names in braces are fields of the request.
        request: the operation's request.
        operation: the operation.
        scope: what a key needs to call it; starting a job needs at least `write`.
        method: POST takes the other fields in a JSON body, GET and DELETE in the query.
        job: whether every call is a job; a call that reads or writes files always is.
        quick: whether a call is answered at once although it reads files.
        resumable: whether a stopped job continues where it was.
        job_when: fields that make a call a job where they are true.
        days: for which a finished job, its result and its files stay.
        defaults: defaults that differ from those of the request.
        tag: its group on the page of the API.
    """

    path: str
    request: type
    operation: Callable[[Any, Session], Result]
    scope: Scope = "read"
    method: Literal["GET", "POST", "DELETE"] = "POST"
    job: bool = False
    quick: bool = False
    resumable: bool = False
    job_when: tuple[str, ...] = ()
    days: int = 7
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    tag: str = "texts"

    @property
    def name(self) -> str:
        """The operation's name."""
        return self.operation.__name__

    @cached_property
    def fields(self) -> list[RequestField]:
        """The fields of the request that clients may set, with the defaults of this endpoint."""
        return [
            RequestField(
                each.name, each.type, self.defaults.get(each.name, each.default), each.field
            )
            for each in request_fields(self.request)
            if not each.field.private
        ]

    @cached_property
    def in_path(self) -> list[RequestField]:
        """The fields that are part of the path."""
        return [f for f in self.fields if f"{{{f.name}" in self.path]

    @cached_property
    def others(self) -> list[RequestField]:
        """The fields that are not part of the path."""
        return [f for f in self.fields if f"{{{f.name}" not in self.path]

    def is_job(self, values: Mapping[str, Any]) -> bool:
        """Whether a call runs as a job: by its operation, by its files, or by its size."""
        if self.job or any(values.get(name) for name in self.job_when):
            return True
        if len(values.get("records", ())) > MANY_RECORDS:
            return True
        if self.quick:
            return False
        return any(
            kind_of(each) in ("input", "output") and values.get(each.name)
            for each in self.fields
            if values.get(each.name) != _plain(each.default)
        )

    @property
    def can_be_job(self) -> bool:
        """Whether any call can run as a job."""
        files = any(kind_of(each) in ("input", "output") for each in self.fields)
        return (
            self.job
            or (files and not self.quick)
            or any(each.name == "records" for each in self.fields)
        )


def _plain(default: Any) -> Any:
    """A default as JSON has it."""
    return list(default) if isinstance(default, tuple) else default and str(default)


_C = "/collections/{name}"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("/similarity", similarity.SimilarityRequest, similarity.similarity),
    Endpoint("/rank", rank.RankRequest, rank.rank),
    Endpoint("/encode", encode.EncodeRequest, encode.encode, resumable=True),
    Endpoint(
        "/example", example.ExampleRequest, example.example,
        job_when=("save",), defaults=MappingProxyType({"save": False}),
    ),
    Endpoint("/dedupe", dedupe.DedupeRequest, dedupe.dedupe, job=True, tag="corpora"),
    Endpoint("/dedupe/apply", removal_plan.ApplyPlanRequest, removal_plan.apply_plan, job=True,
             tag="corpora"),
    Endpoint("/dedupe/undo", removal_plan.UndoPlanRequest, removal_plan.undo_plan, job=True,
             tag="corpora"),
    Endpoint("/cluster", cluster.ClusterRequest, cluster.cluster, job=True, tag="corpora"),
    Endpoint("/project", project.ProjectRequest, project.project, job=True, tag="corpora"),
    Endpoint("/evaluate", evaluate.EvaluateRequest, evaluate.evaluate, job=True, resumable=True,
             days=YEAR, tag="evaluation"),
    Endpoint("/compare", compare.CompareRequest, compare.compare, job=True, days=YEAR,
             tag="evaluation"),
    Endpoint("/calibrate", calibrate.CalibrateRequest, calibrate.calibrate, job=True,
             tag="evaluation"),
    Endpoint("/preview", preview.PreviewRequest, preview.preview, quick=True),
    Endpoint("/check-data", check_data.CheckDataRequest, check_data.check_data, quick=True,
             tag="training"),
    Endpoint("/train", train.TrainRequest, train.train, scope="write", job=True, resumable=True,
             tag="training"),
    Endpoint("/distill", distill.DistillRequest, distill.distill, scope="write", job=True,
             resumable=True, tag="training"),
    Endpoint("/mine", mine.MineRequest, mine.mine, job=True, tag="training"),
    Endpoint("/collections", collections.CollectionsRequest, collections.collections,
             method="GET", tag="collections"),
    Endpoint("/collections", records.CreateRequest, records.collections_create,
             scope="write", tag="collections"),
    Endpoint(_C, collections.ShowRequest, collections.collections_show, method="GET",
             tag="collections"),
    Endpoint(_C, collections.RemoveRequest, collections.collections_rm, scope="write",
             method="DELETE", tag="collections"),
    Endpoint(f"{_C}/search", search.SearchRequest, search.search, tag="collections"),
    Endpoint(f"{_C}/browse", browse.BrowseRequest, browse.collections_browse, tag="collections"),
    Endpoint(f"{_C}/facets", browse.FacetsRequest, browse.collections_facets, tag="collections"),
    Endpoint(f"{_C}/map", collection_map.CollectionMapRequest, collection_map.collections_map,
             job=True, tag="collections"),
    Endpoint(f"{_C}/duplicates", collection_duplicates.CollectionDuplicatesRequest,
             collection_duplicates.collections_duplicates, job=True, tag="collections"),
    Endpoint(f"{_C}/dedupe", collection_dedupe.CollectionDedupeRequest,
             collection_dedupe.collections_dedupe, scope="write", job=True, tag="collections"),
    Endpoint(f"{_C}/contrast", collection_contrast.ContrastRequest,
             collection_contrast.collections_contrast, job=True, tag="collections"),
    Endpoint(f"{_C}/outliers", outliers.OutliersRequest, outliers.collections_outliers, job=True,
             tag="collections"),
    Endpoint(f"{_C}/ask", ask.AskRequest, ask.ask, tag="collections"),
    Endpoint(f"{_C}/recommend", recommend.RecommendRequest, recommend.recommend,
             tag="collections"),
    Endpoint("/collections/{into}/index", index.IndexRequest, index.index, scope="write", job=True,
             resumable=True, tag="collections"),
    Endpoint(f"{_C}/feedback", feedback.FeedbackAddRequest, feedback.feedback_add,
             scope="write", tag="collections"),
    Endpoint(f"{_C}/feedback", feedback.FeedbackListRequest, feedback.feedback_list,
             method="GET", tag="collections"),
    Endpoint(f"{_C}/feedback/remove", feedback.FeedbackRemoveRequest, feedback.feedback_remove,
             scope="write", tag="collections"),
    Endpoint(f"{_C}/feedback/export", feedback.FeedbackExportRequest, feedback.feedback_export,
             tag="collections"),
    Endpoint(f"{_C}/records", records.AddRequest, records.collections_add, scope="write",
             resumable=True, tag="collections"),
    Endpoint(f"{_C}/records/remove", records.DeleteRequest, records.collections_delete,
             scope="write", tag="collections"),
    Endpoint(f"{_C}/records/tag", tag.TagRequest, tag.collections_tag, scope="write",
             tag="collections"),
    Endpoint(f"{_C}/notes", notes.NoteRequest, notes.collections_note, scope="write",
             tag="collections"),
    Endpoint(f"{_C}/notes", notes.NotesRequest, notes.collections_notes, method="GET",
             tag="collections"),
    Endpoint(f"{_C}/records/{{id}}", record.RecordRequest, record.collections_get, method="GET",
             tag="collections"),
    Endpoint(f"{_C}/status", sources.StatusRequest, sources.collections_status, method="GET",
             tag="collections"),
    Endpoint(f"{_C}/sync", sources.SyncRequest, sources.collections_sync, scope="write", job=True,
             resumable=True, tag="collections"),
    Endpoint(f"{_C}/searches", saved_searches.SaveSearchRequest, saved_searches.collections_save,
             scope="write", tag="collections"),
    Endpoint(f"{_C}/searches", saved_searches.SavedSearchesRequest,
             saved_searches.collections_saved, method="GET", tag="collections"),
    Endpoint(f"{_C}/searches/remove", saved_searches.ForgetSearchRequest,
             saved_searches.collections_forget, scope="write", tag="collections"),
    Endpoint(f"{_C}/log", collections.LogRequest, collections.collections_log, method="GET",
             tag="collections"),
    Endpoint(f"{_C}/diff", version_difference.DiffRequest, version_difference.collections_diff,
             tag="collections"),
    Endpoint(f"{_C}/undo", collections.ChangeRequest, collections.collections_undo, scope="write",
             tag="collections"),
    Endpoint(f"{_C}/redo", collections.ChangeRequest, collections.collections_redo, scope="write",
             tag="collections"),
    Endpoint(f"{_C}/restore", collections.RestoreRequest, collections.collections_restore,
             scope="write", tag="collections"),
    Endpoint(f"{_C}/migrate", migrate.MigrateRequest, migrate.collections_migrate,
             scope="write", job=True, resumable=True, tag="collections"),
    Endpoint(f"{_C}/compact", collections.ChangeRequest, collections.collections_compact,
             scope="write", job=True, tag="collections"),
    Endpoint("/models", models.ModelsRequest, models.models, method="GET", tag="models"),
    Endpoint("/models", models.ModelsAddRequest, models.models_add, scope="write", quick=True,
             tag="models"),
    Endpoint("/models/{model:path}", models.ModelsRemoveRequest, models.models_rm, scope="admin",
             method="DELETE", tag="models"),
    Endpoint("/download", download.DownloadRequest, download.download, scope="admin", job=True,
             resumable=True, tag="models"),
    Endpoint("/export", export.ExportRequest, export.export, scope="admin", job=True,
             tag="models"),
    Endpoint("/quantize", quantize.QuantizeRequest, quantize.quantize, scope="admin", job=True,
             tag="models"),
    Endpoint("/verify", verify.VerifyRequest, verify.verify, scope="write", job=True,
             tag="models"),
    Endpoint("/plan", plan.PlanRequest, plan.plan, scope="write", job=True, tag="models"),
    Endpoint("/bench", bench.BenchRequest, bench.bench, scope="write", job=True, tag="models"),
    Endpoint("/diagnose", diagnose.DiagnoseRequest, diagnose.diagnose, job=True, tag="models"),
    Endpoint("/doctor", doctor.DoctorRequest, doctor.doctor, scope="admin", method="GET",
             tag="server"),
)  # fmt: skip
"""One row for each operation."""
