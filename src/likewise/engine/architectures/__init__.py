"""Networks by the family that `config.json` names; a new one is a file here and a row below."""

from collections.abc import Mapping
from types import MappingProxyType

from likewise.engine.architectures import bert
from likewise.engine.architectures.shape import Architecture, Inputs

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType({"bert": bert.hidden_states})

__all__ = ["ARCHITECTURES", "Architecture", "Inputs"]
