"""Who is measured: one row a contender. Standard library only, so that every environment reads it.

A contender runs in a process of its own, in the environment its packages need; `adapters` holds
one file for each library.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """One library in one preset.

    Attributes:
        name: what tables call it.
        adapter: module in `benchmarks.adapters` that loads it.
        preset: which of the adapter's presets.
        environment: name of a row in `benchmarks.environments`.
    """

    name: str
    adapter: str
    preset: str
    environment: str

    @property
    def ours(self) -> bool:
        """Whether it is Likewise."""
        return self.adapter == "likewise"


CONTENDERS = (
    Contender("likewise float32", "likewise", "float32", "project"),
    Contender("likewise auto", "likewise", "auto", "project"),
    Contender("likewise int8", "likewise", "int8", "project"),
    Contender("sentence-transformers torch float32", "torch", "float32", "peers"),
    Contender("sentence-transformers torch bfloat16", "torch", "bfloat16", "peers"),
    Contender("sentence-transformers ONNX int8", "onnx", "int8", "onnx"),
    Contender("sentence-transformers OpenVINO bfloat16", "openvino", "bfloat16", "peers"),
    Contender("sentence-transformers OpenVINO int8", "openvino", "int8", "peers"),
    Contender("fastembed float32", "fastembed", "float32", "peers"),
    Contender("fastembed int8", "fastembed", "int8", "peers"),
    Contender("CTranslate2 float32", "ctranslate2", "float32", "peers"),
    Contender("CTranslate2 int8", "ctranslate2", "int8", "peers"),
)

REFERENCE = "sentence-transformers torch float32"
"""The library that published the checkpoint, as it comes: what every ratio is against."""


def contender(name: str) -> Contender:
    """The contender of that name.

    Raises:
        KeyError: there is none.
    """
    return {c.name: c for c in CONTENDERS}[name]
