"""sentence-transformers on OpenVINO; OpenVINO chooses bfloat16 where the processor supports it.

https://sbert.net/docs/sentence_transformer/usage/efficiency.html
"""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.adapters import checkpoint
from benchmarks.adapters.checkpoint import Encode

PACKAGES = ("sentence-transformers", "transformers", "optimum-intel", "openvino")

CALIBRATION = 300
"""Number of calibration sentences, its default. They are the last ones of the data, never measured:
its default data set needs the hub."""


def prepare(data: Path) -> None:
    """Export the checkpoint, and quantize it statically."""
    from sentence_transformers import SentenceTransformer, export_static_quantized_openvino_model

    from benchmarks.environments import environment
    from benchmarks.texts import sentences_file

    target = checkpoint.copied(environment("peers").models / "openvino")
    model = SentenceTransformer(str(target), backend="openvino")
    model.save_pretrained(str(target))
    calibration = target / "calibration"
    calibration.mkdir()
    texts = sentences_file(data).read_text("utf-8").splitlines()[-CALIBRATION:]
    with (calibration / "train.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["sentence"], *([text] for text in texts)])
    export_static_quantized_openvino_model(
        model,
        quantization_config=None,
        model_name_or_path=str(target),
        dataset_name=str(calibration),
        dataset_config_name="default",
        dataset_split="train",
        column_name="sentence",
    )


def load(models: Path, preset: str) -> Encode:
    """`SentenceTransformer` with `backend="openvino"`, plain or with the quantized file."""
    from sentence_transformers import SentenceTransformer

    file = {
        "bfloat16": "openvino/openvino_model.xml",
        "int8": "openvino/openvino_model_qint8_quantized.xml",
    }[preset]
    return SentenceTransformer(
        str(models / "openvino"), backend="openvino", model_kwargs={"file_name": file}
    ).encode


def open_folder(folder: Path, preset: str) -> Encode:  # noqa: ARG001 - one shape for all adapters
    """`SentenceTransformer` with `backend="openvino"`, exported on loading."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), backend="openvino").encode
