"""Networks by the family that `config.json` names.

One whose layers normalise after each sum is a row in `stacks`, which the kernels of `native` run as
well; any other is a file here and a row below.
"""

from collections.abc import Mapping
from types import MappingProxyType

from likewise.engine.architectures import DESCRIPTIONS
from likewise.engine.openvino.architectures import gte, modernbert, nomic_bert
from likewise.engine.openvino.architectures.contract import Architecture, Inputs
from likewise.engine.openvino.architectures.described import architecture

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        **{name: architecture(family) for name, family in DESCRIPTIONS.items()},
        "gte": Architecture(gte.hidden_states, ("new.", "gte.")),
        "modernbert": Architecture(modernbert.hidden_states, ("model.",)),
        "nomic_bert": Architecture(nomic_bert.hidden_states, ("bert.", "nomic_bert.")),
    }
)

__all__ = ["ARCHITECTURES", "Architecture", "Inputs"]
