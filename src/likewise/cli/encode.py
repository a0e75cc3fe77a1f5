"""`likewise encode`."""

from __future__ import annotations

import json

from likewise.cli.derive import command
from likewise.cli.printing import say
from likewise.operations.encode import EncodeRequest, EncodeResult
from likewise.operations.encode import encode as operation


@command(EncodeRequest, operation)
def encode(result: EncodeResult, request: EncodeRequest) -> None:
    """Turn texts into vectors.

    Files larger than memory are fine. If interrupted, the same command continues: finished
    vectors are saved every two seconds. Without an output, the vectors of texts given with
    --text are printed, one JSON object per line.

    \b
    Example:
      likewise encode articles.jsonl --column title -o vectors.parquet
      likewise encode --text "A man is eating." --text "Someone eats."
    """
    if result.vectors is None:
        return
    for text, vector in zip(request.texts, result.to_dict()["vectors"], strict=True):
        say(json.dumps({"text": text, "vector": vector}, ensure_ascii=False))
