"""The tasks, one small file each, all in one shape: data in, `run(model)` gives an `Outcome`."""

from likewise.evaluate.tasks.bitext import BitextMining
from likewise.evaluate.tasks.classification import Classification
from likewise.evaluate.tasks.clustering import Clustering
from likewise.evaluate.tasks.duplicates import DuplicateMining
from likewise.evaluate.tasks.pairs import PairClassification
from likewise.evaluate.tasks.reranking import Reranking
from likewise.evaluate.tasks.retrieval import Retrieval
from likewise.evaluate.tasks.sts import Sts

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
