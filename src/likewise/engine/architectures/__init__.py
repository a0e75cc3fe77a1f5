"""Families of one shape, by the name in `config.json`; a new one is a file here and a row below.

Both engines on the CPU run them: the kernels of `native` and the graphs of OpenVINO.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from likewise.engine.architectures import bert, distilbert, mpnet, roberta
from likewise.engine.architectures.description import Describe, EncoderDescription


@dataclass(frozen=True)
class Family:
    """One family.

    Attributes:
        stack: tells what a checkpoint of it is.
        prefixes: what its tensors' names begin with in checkpoints saved with a head on top.
    """

    stack: Describe
    prefixes: tuple[str, ...]


DESCRIPTIONS: Mapping[str, Family] = MappingProxyType(
    {
        "bert": Family(bert.stack, ("bert.",)),
        "camembert": Family(roberta.stack, ("roberta.",)),
        "distilbert": Family(distilbert.stack, ("distilbert.",)),
        "mpnet": Family(mpnet.stack, ("mpnet.",)),
        "roberta": Family(roberta.stack, ("roberta.",)),
        "xlm-roberta": Family(roberta.stack, ("roberta.",)),
    }
)

__all__ = ["DESCRIPTIONS", "EncoderDescription", "Family"]
