"""The project's own API at `/api/v1`: every operation, jobs, files."""

from likewise.server.operations_api.app import create_operations_api
from likewise.server.operations_api.service import ApiSettings

__all__ = ["ApiSettings", "create_operations_api"]
