"""The tasks, one file each: a frozen dataclass of the data, with `run(model)`."""

from likewise.evaluation.tasks.bitext import BitextMining
from likewise.evaluation.tasks.classification import Classification
from likewise.evaluation.tasks.clustering import Clustering
from likewise.evaluation.tasks.duplicate_mining import DuplicateMining
from likewise.evaluation.tasks.pair_classification import PairClassification
from likewise.evaluation.tasks.reranking import Reranking
from likewise.evaluation.tasks.retrieval import Retrieval
from likewise.evaluation.tasks.sts import Sts

__all__ = [
    "BitextMining",
    "Classification",
    "Clustering",
    "DuplicateMining",
    "PairClassification",
    "Reranking",
    "Retrieval",
    "Sts",
]
