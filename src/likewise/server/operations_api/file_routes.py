"""Files over HTTP: send, list, delete."""

from __future__ import annotations

import pathlib
from typing import Annotated, Any

from fastapi import APIRouter, Body, File, Path, Request, UploadFile
from starlette.responses import Response

from likewise.server.operations_api.answers import ApiError, owner_of, require_scope
from likewise.server.operations_api.schemas import ERRORS, FileList, FileOut
from likewise.server.operations_api.service import OperationsService
from likewise.server.operations_api.uploads import Upload
from likewise.web.visitors import is_local

FileId = Annotated[str, Path(pattern="^file-[0-9a-f]{32}$", description="Id of the file.")]


def add_files(router: APIRouter, service: OperationsService) -> None:
    """Add the routes of files."""
    uploads = service.uploads

    def owned(request: Request, file_id: str) -> Upload:
        found = uploads.get(owner_of(request), file_id)
        if found is None:
            raise ApiError(404, "file_not_found", f"there is no file {file_id}")
        return found

    @router.post(
        "/files", response_model=FileOut, status_code=201, tags=["files"], responses=ERRORS
    )
    def send_file(
        request: Request, file: Annotated[UploadFile, File(description="The file.")]
    ) -> Any:
        """Send a file; requests name it by the id of the answer. It is deleted after a day."""
        require_scope(request, "write")
        return uploads.put(owner_of(request), file.filename or "file", file.file).to_dict()

    @router.post(
        "/files/path", response_model=FileOut, status_code=201, tags=["files"], responses=ERRORS
    )
    def link_file(
        request: Request,
        path: Annotated[str, Body(embed=True, description="Of a file or folder, from the root.")],
    ) -> Any:
        """Name a file or folder of this machine; only for clients on it, and without a proxy."""
        require_scope(request, "admin")
        if not is_local(request.client, request.headers):
            raise ApiError(
                403, "forbidden", "only programs on the server's machine may name its files",
                hint="send the file with POST /api/v1/files",
            )  # fmt: skip
        return uploads.link(owner_of(request), pathlib.Path(path)).to_dict()

    @router.get("/files", response_model=FileList, tags=["files"], responses=ERRORS)
    def list_files(request: Request) -> Any:
        """List the files that this key sent."""
        require_scope(request, "read")
        return {"files": [upload.to_dict() for upload in uploads.of(owner_of(request))]}

    @router.get("/files/{file_id}", response_model=FileOut, tags=["files"], responses=ERRORS)
    def show_file(request: Request, file_id: FileId) -> Any:
        """Show a file that this key sent."""
        require_scope(request, "read")
        return owned(request, file_id).to_dict()

    @router.delete("/files/{file_id}", status_code=204, tags=["files"], responses=ERRORS)
    def delete_file(request: Request, file_id: FileId) -> Response:
        """Delete a file."""
        require_scope(request, "write")
        uploads.delete(owned(request, file_id))
        return Response(status_code=204)
