"""RoBERTa, XLM-RoBERTa and CamemBERT: multilingual MiniLM and mpnet, multilingual e5, bge-m3.

BERT with positions that start at the padding token's id + 1. Liu et al. 2019,
https://arxiv.org/abs/1907.11692; Conneau et al. 2020, https://arxiv.org/abs/1911.02116.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.engine.architectures import bert
from likewise.engine.architectures.description import EncoderDescription
from likewise.engine.tensors import Tensors


def describe(config: Mapping[str, Any], tensors: Tensors) -> EncoderDescription:
    """The description; see `Describe`."""
    return bert.describe(config, tensors, first_position=config.get("pad_token_id", 1) + 1)
