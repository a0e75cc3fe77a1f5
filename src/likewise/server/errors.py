"""The HTTP status of every error."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from likewise import errors
from likewise.errors import LikewiseError

STATUSES: Mapping[type, HTTPStatus] = MappingProxyType(
    {
        errors.TooLongError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        errors.InputError: HTTPStatus.BAD_REQUEST,
        errors.ModelNotFoundError: HTTPStatus.NOT_FOUND,
        errors.DownloadError: HTTPStatus.BAD_GATEWAY,
        errors.UnsupportedModelError: HTTPStatus.BAD_REQUEST,
        errors.CheckpointError: HTTPStatus.INTERNAL_SERVER_ERROR,
        errors.EngineError: HTTPStatus.INTERNAL_SERVER_ERROR,
        errors.CollectionNotFoundError: HTTPStatus.NOT_FOUND,
        errors.RecordNotFoundError: HTTPStatus.NOT_FOUND,
        errors.DamagedCollectionError: HTTPStatus.INTERNAL_SERVER_ERROR,
        errors.CollectionError: HTTPStatus.CONFLICT,
        errors.FingerprintError: HTTPStatus.CONFLICT,
        errors.MissingExtraError: HTTPStatus.NOT_IMPLEMENTED,
        errors.OverloadedError: HTTPStatus.TOO_MANY_REQUESTS,
        errors.OutputError: HTTPStatus.INSUFFICIENT_STORAGE,
    }
)
"""By class; an error has the status of the nearest of its classes that is listed here."""


def status_of(error: LikewiseError) -> int:
    """The HTTP status of an error."""
    return next(
        (int(STATUSES[kind]) for kind in type(error).__mro__ if kind in STATUSES),
        int(HTTPStatus.INTERNAL_SERVER_ERROR),
    )
