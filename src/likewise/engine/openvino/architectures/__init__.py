"""Graph architectures by `model_type`.

The architectures of `engine/architectures` are post-norm encoders that the native kernels run too.
Every other architecture is a file in this package and a row in the table.
"""

from collections.abc import Mapping
from types import MappingProxyType

from likewise.engine.architectures import DESCRIPTIONS
from likewise.engine.openvino.architectures import gte, modernbert, nomic_bert
from likewise.engine.openvino.architectures.contract import Architecture, Inputs
from likewise.engine.openvino.architectures.described import architecture

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        **{name: architecture(encoder) for name, encoder in DESCRIPTIONS.items()},
        "gte": Architecture(gte.hidden_states, ("new.", "gte.")),
        "modernbert": Architecture(modernbert.hidden_states, ("model.",)),
        "nomic_bert": Architecture(nomic_bert.hidden_states, ("bert.", "nomic_bert.")),
    }
)

__all__ = ["ARCHITECTURES", "Architecture", "Inputs"]
