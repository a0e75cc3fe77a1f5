"""Answers that are no results of operations, for the OpenAPI page."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from likewise.server.job_store import Status


class ErrorDetail(BaseModel):
    """What went wrong."""

    type: str = Field(description="Stable name of the error.")
    message: str = Field(description="What happened, to what.")
    hint: str = Field(description="What to do next; may be empty.")
    request_id: str = Field(description="Finds the request in the server's log.")


class ErrorOut(BaseModel):
    """An error."""

    error: ErrorDetail


class JobError(BaseModel):
    """Why a job failed."""

    type: str
    message: str
    hint: str


class JobFailure(BaseModel):
    """Limits of the request that the result misses."""

    reasons: list[str]
    hint: str


class Progress(BaseModel):
    """How far a job is."""

    title: str = Field(description="What is being done.")
    done: int
    total: int | None = Field(description="None where it is not known.")
    unit: str = Field(description="What is counted.")


class MessageOut(BaseModel):
    """Something that the client should know about the result."""

    code: str = Field(description="Stable name.")
    text: str
    values: dict[str, Any]


class JobOut(BaseModel):
    """A job."""

    id: str
    operation: str
    status: Status
    created: float = Field(description="Seconds since 1970.")
    started: float | None
    finished: float | None
    attempts: int = Field(description="How many times it began to run.")
    cancelling: bool = Field(description="Whether it was asked to stop.")
    resumable: bool = Field(description="Whether it continues where it was stopped.")
    request: dict[str, Any] = Field(description="Short fields of its request.")
    error: JobError | None
    failure: JobFailure | None
    links: dict[str, str] = Field(description="`self`, `events`, `result`, `files`.")


class JobDetail(JobOut):
    """A job with its progress and messages."""

    progress: Progress | None
    messages: list[MessageOut]


class JobList(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobOut]


class JobFile(BaseModel):
    """A file that a job wrote."""

    name: str
    size: int


class JobFiles(BaseModel):
    """The files that a job wrote."""

    files: list[JobFile]


class FileOut(BaseModel):
    """A file that was sent."""

    id: str = Field(description="What requests name it by.")
    name: str
    size: int
    created: float
    expires: float = Field(description="When it is deleted, seconds since 1970.")


class FileList(BaseModel):
    """The files that were sent, oldest first."""

    files: list[FileOut]


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorOut, "description": "The input cannot be used."},
    403: {"model": ErrorOut, "description": "The key lacks a scope."},
    404: {"model": ErrorOut, "description": "It does not exist."},
    409: {"model": ErrorOut, "description": "It is being written, or does not fit."},
    413: {"model": ErrorOut, "description": "Too large."},
    422: {"model": ErrorOut, "description": "The request does not have the form described here."},
    429: {"model": ErrorOut, "description": "Too much is waiting; see Retry-After."},
}
"""What any route may answer."""
