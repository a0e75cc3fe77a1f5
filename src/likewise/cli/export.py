"""`likewise export`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say
from likewise.operations.export import ExportRequest, ExportResult
from likewise.operations.export import export as operation


@command(ExportRequest, operation)
def export(result: ExportResult, _: ExportRequest) -> None:
    """Write a model into a folder that other programs load.

    sentence-transformers loads it in every format; openvino and onnx add a graph with the
    inputs input_ids and attention_mask and the output last_hidden_state.

    \b
    Example:
      likewise export all-MiniLM-L6-v2 minilm-onnx --to onnx
    """
    say(str(result.folder))
