"""Networks by the family that `config.json` names; a new one is a file here and a row below."""

from collections.abc import Mapping
from types import MappingProxyType

from likewise.engine.architectures import bert, distilbert, modernbert, mpnet, roberta
from likewise.engine.architectures.shape import Architecture, Inputs

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "bert": Architecture(bert.hidden_states, "bert."),
        "camembert": Architecture(roberta.hidden_states, "roberta."),
        "distilbert": Architecture(distilbert.hidden_states, "distilbert."),
        "modernbert": Architecture(modernbert.hidden_states, "model."),
        "mpnet": Architecture(mpnet.hidden_states, "mpnet."),
        "roberta": Architecture(roberta.hidden_states, "roberta."),
        "xlm-roberta": Architecture(roberta.hidden_states, "roberta."),
    }
)

__all__ = ["ARCHITECTURES", "Architecture", "Inputs"]
