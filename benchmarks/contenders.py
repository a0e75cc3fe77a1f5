"""The contenders, one row each. Imports only the standard library, to work in every environment.

A contender runs in its own process, in the environment with its packages; `adapters` has one
module per library.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """One library in one preset.

    Attributes:
        name: name in tables.
        adapter: module in `benchmarks.adapters` that loads it.
        preset: one of the adapter's presets.
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
"""The library that published the checkpoint, with defaults; the baseline of the ratios."""


def contender(name: str) -> Contender:
    """Return a contender by name.

    Raises:
        KeyError: no contender has this name.
    """
    return {c.name: c for c in CONTENDERS}[name]
