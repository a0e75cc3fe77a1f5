"""Classification: the accuracy of simple classifiers on the vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import class_report
from likewise.extras import require
from likewise.vectors import Matrix, normalize

NEIGHBORS = 5


@dataclass(frozen=True)
class Classification:
    """Labelled texts for training and for testing.

    Attributes:
        name: of the task, in results.
        train_texts: texts for training.
        train_labels: their classes.
        test_texts: texts for testing.
        test_labels: their classes.
        split: of the test texts.
        samples: training texts per class in a run of MTEB's protocol.
        runs: number of runs of MTEB's protocol.
        seed: of the samples; 42 in MTEB.
    """

    name: str
    train_texts: Sequence[str]
    train_labels: Sequence[str]
    test_texts: Sequence[str]
    test_labels: Sequence[str]
    split: str = "test"
    samples: int = 8
    runs: int = 10
    seed: int = 42
    type = "Classification"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Accuracy by MTEB's protocol (the main score), by kNN, and with all training texts.

        The main score is the mean accuracy of `runs` logistic regressions (`max_iter=100`), each on
        `samples` texts per class; `knn_accuracy` and `full_accuracy` use all training texts.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """
        vectors = embed(model, [*self.train_texts, *self.test_texts])
        train, test = vectors[: len(self.train_texts)], vectors[len(self.train_texts) :]
        truth, labels = np.asarray(self.test_labels), np.asarray(self.train_labels)
        predictions = [
            _regression(self.seed, 100).fit(train[rows], labels[rows]).predict(test)
            for rows in self._draws()
        ]
        reports = [asdict(class_report(truth, predicted)) for predicted in predictions]
        scores = {name: float(np.mean([r[name] for r in reports])) for name in reports[0]}
        scores["accuracy_std"] = float(np.std([r["accuracy"] for r in reports]))
        scores["knn_accuracy"] = float(np.mean(_predict_knn(train, labels, test) == truth))
        full = _regression(self.seed, 1000).fit(train, labels).predict(test)
        scores["full_accuracy"] = float(np.mean(full == truth))
        right = np.mean([predicted == truth for predicted in predictions], axis=0)

        def case(i: int) -> Case:
            votes = Counter(str(predicted[i]) for predicted in predictions)
            return Case(
                self.test_texts[i],
                str(truth[i]),
                ", ".join(f"{label} ({n}×)" for label, n in votes.most_common(3)),
            )

        return TaskOutcome(
            scores, "accuracy", right, lambda items: float(right[items].mean()), case
        )

    def _draws(self) -> list[list[int]]:
        """The training texts of each run; MTEB shuffles the list of the run before."""
        order = list(range(len(self.train_labels)))
        draws = []
        for _ in range(self.runs):
            np.random.RandomState(self.seed).shuffle(order)
            count: Counter[str] = Counter()
            chosen = []
            for row in order:
                label = self.train_labels[row]
                if count[label] < self.samples:
                    count[label] += 1
                    chosen.append(row)
            draws.append(chosen)
        return draws


def _regression(seed: int, steps: int) -> Any:
    linear = require("sklearn.linear_model", "evaluate")
    return linear.LogisticRegression(max_iter=steps, random_state=seed)


def _predict_knn(train: Matrix, labels: NDArray[Any], test: Matrix) -> NDArray[Any]:
    """The most frequent class of the nearest training texts; similarity breaks ties."""
    classes, codes = np.unique(labels, return_inverse=True)
    known = normalize(train)
    predicted = []
    for start in range(0, len(test), 512):
        scores = normalize(test[start : start + 512]) @ known.T
        nearest = np.argsort(-scores, axis=1, kind="stable")[:, :NEIGHBORS]
        for similarity, rows in zip(scores, nearest, strict=True):
            votes = np.zeros(classes.size)
            # each vote counts 1; the term added is too small to outweigh one
            np.add.at(votes, codes[rows], 1 + similarity[rows] / (10 * NEIGHBORS))
            predicted.append(int(np.argmax(votes)))
    return np.asarray(classes[predicted])
