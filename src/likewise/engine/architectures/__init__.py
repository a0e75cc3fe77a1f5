"""Networks by the family that `config.json` names; a new one is a file here and a row below."""

from collections.abc import Mapping
from types import MappingProxyType

from likewise.engine.architectures import (
    bert,
    distilbert,
    gte,
    modernbert,
    mpnet,
    nomic_bert,
    roberta,
)
from likewise.engine.architectures.shape import Architecture, Inputs

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "bert": Architecture(bert.hidden_states, ("bert.",)),
        "camembert": Architecture(roberta.hidden_states, ("roberta.",)),
        "distilbert": Architecture(distilbert.hidden_states, ("distilbert.",)),
        "gte": Architecture(gte.hidden_states, ("new.", "gte.")),
        "modernbert": Architecture(modernbert.hidden_states, ("model.",)),
        "mpnet": Architecture(mpnet.hidden_states, ("mpnet.",)),
        "nomic_bert": Architecture(nomic_bert.hidden_states, ("bert.", "nomic_bert.")),
        "roberta": Architecture(roberta.hidden_states, ("roberta.",)),
        "xlm-roberta": Architecture(roberta.hidden_states, ("roberta.",)),
    }
)

__all__ = ["ARCHITECTURES", "Architecture", "Inputs"]
