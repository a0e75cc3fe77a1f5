"""Vectors as JSON, as an Arrow stream or as raw numbers: what the client accepts."""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.responses import Response

from likewise.extras import require
from likewise.operations.encode import EncodeResult

ARROW = "application/vnd.apache.arrow.stream"
RAW = "application/octet-stream"


def encoded_response(result: EncodeResult, accept: str) -> Response | None:
    """Vectors in the form that the client asks for; None for JSON.

    Args:
        result: the vectors.
        accept: the header `Accept`.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    if result.vectors is None:
        return None
    accepted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    if ARROW in accepted:
        return Response(_arrow(result), media_type=ARROW, headers=_headers(result))
    if RAW in accepted:
        vectors = np.ascontiguousarray(result.vectors, dtype="<f4")
        return Response(vectors.tobytes(), media_type=RAW, headers=_headers(result))
    return None


def _headers(result: EncodeResult) -> dict[str, str]:
    return {
        "X-Likewise-Shape": f"{result.texts},{result.dimension}",
        "X-Likewise-Dtype": "float32-le",
        "X-Likewise-Fingerprint": result.fingerprint,
        "X-Likewise-Truncated": str(result.cut),
    }


def _arrow(result: EncodeResult) -> bytes:
    """Columns: `vector`, `tokens_seen`, `tokens_read`, `token_limit`."""
    arrow: Any = require("pyarrow", "server")
    assert result.vectors is not None
    assert result.truncation is not None
    receipt = result.truncation
    flat = arrow.array(np.ascontiguousarray(result.vectors, np.float32).reshape(-1))
    table = arrow.table(
        {
            "vector": arrow.FixedSizeListArray.from_arrays(flat, result.dimension),
            "tokens_seen": arrow.array(receipt.seen, arrow.int64()),
            "tokens_read": arrow.array(receipt.read, arrow.int64()),
            "token_limit": arrow.array([receipt.limit] * result.texts, arrow.int64()),
        }
    ).replace_schema_metadata(
        {
            "model": result.model,
            "compute": result.compute,
            "fingerprint": result.fingerprint,
        }
    )
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
