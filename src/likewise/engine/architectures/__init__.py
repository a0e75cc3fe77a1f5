"""Post-norm encoder architectures, by `model_type`; a new one is a file and a row in the table.

The native kernels and OpenVINO both run them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from likewise.engine.architectures import bert, distilbert, mpnet, roberta
from likewise.engine.architectures.description import Describe, EncoderDescription


@dataclass(frozen=True)
class EncoderArchitecture:
    """An architecture that both CPU engines run.

    Attributes:
        describe: reads the description of a checkpoint.
        prefixes: prefixes of the tensor names in checkpoints that were saved with a task head.
    """

    describe: Describe
    prefixes: tuple[str, ...]


DESCRIPTIONS: Mapping[str, EncoderArchitecture] = MappingProxyType(
    {
        "bert": EncoderArchitecture(bert.describe, ("bert.",)),
        "camembert": EncoderArchitecture(roberta.describe, ("roberta.",)),
        "distilbert": EncoderArchitecture(distilbert.describe, ("distilbert.",)),
        "mpnet": EncoderArchitecture(mpnet.describe, ("mpnet.",)),
        "roberta": EncoderArchitecture(roberta.describe, ("roberta.",)),
        "xlm-roberta": EncoderArchitecture(roberta.describe, ("roberta.",)),
    }
)

__all__ = ["DESCRIPTIONS", "EncoderArchitecture", "EncoderDescription"]
