"""Classification: how well do simple classifiers do on the vectors?"""

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

NEIGHBOURS = 5


@dataclass(frozen=True)
class Classification:
    """Labelled texts to learn from, and labelled texts to be tested on.

    Attributes:
        name: what it is called in results.
        train_texts: texts to learn from.
        train_labels: their classes.
        test_texts: texts to be tested on.
        test_labels: their classes.
        split: which part of the data the test texts are.
        samples: training texts of each class in a run of MTEB's protocol.
        runs: runs of MTEB's protocol.
        seed: of the samples drawn; MTEB's is 42.
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
        """MTEB's protocol (the main score), nearest neighbours, and all of the training texts.

        The main score is the mean accuracy of `runs` logistic regressions (`max_iter=100`), each on
        `samples` texts a class; `knn_accuracy` and `full_accuracy` learn from every training text.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """
        vectors = embed(model, [*self.train_texts, *self.test_texts])
        train, test = vectors[: len(self.train_texts)], vectors[len(self.train_texts) :]
        truth, labels = np.asarray(self.test_labels), np.asarray(self.train_labels)
        said = [
            _regression(self.seed, 100).fit(train[places], labels[places]).predict(test)
            for places in self._draws()
        ]
        reports = [asdict(class_report(truth, predicted)) for predicted in said]
        scores = {name: float(np.mean([r[name] for r in reports])) for name in reports[0]}
        scores["accuracy_std"] = float(np.std([r["accuracy"] for r in reports]))
        scores["knn_accuracy"] = float(np.mean(_neighbours(train, labels, test) == truth))
        full = _regression(self.seed, 1000).fit(train, labels).predict(test)
        scores["full_accuracy"] = float(np.mean(full == truth))
        right = np.mean([predicted == truth for predicted in said], axis=0)

        def case(i: int) -> Case:
            mistakes = Counter(str(predicted[i]) for predicted in said)
            return Case(
                self.test_texts[i],
                str(truth[i]),
                ", ".join(f"{label} ({n}×)" for label, n in mistakes.most_common(3)),
            )

        return TaskOutcome(
            scores, "accuracy", right, lambda places: float(right[places].mean()), case
        )

    def _draws(self) -> list[list[int]]:
        """The training texts of each run: MTEB shuffles the same list on, run after run."""
        order = list(range(len(self.train_labels)))
        draws = []
        for _ in range(self.runs):
            np.random.RandomState(self.seed).shuffle(order)
            taken: Counter[str] = Counter()
            drawn = []
            for place in order:
                label = self.train_labels[place]
                if taken[label] < self.samples:
                    taken[label] += 1
                    drawn.append(place)
            draws.append(drawn)
        return draws


def _regression(seed: int, steps: int) -> Any:
    linear = require("sklearn.linear_model", "evaluate")
    return linear.LogisticRegression(max_iter=steps, random_state=seed)


def _neighbours(train: Matrix, labels: NDArray[Any], test: Matrix) -> NDArray[Any]:
    """The class most of the nearest training texts have, nearer ones deciding ties."""
    classes, codes = np.unique(labels, return_inverse=True)
    known = normalize(train)
    said = []
    for start in range(0, len(test), 512):
        scores = normalize(test[start : start + 512]) @ known.T
        nearest = np.argsort(-scores, axis=1, kind="stable")[:, :NEIGHBOURS]
        for row, places in zip(scores, nearest, strict=True):
            votes = np.zeros(classes.size)
            # a vote counts one; the similarity only breaks ties
            np.add.at(votes, codes[places], 1 + row[places] / (10 * NEIGHBOURS))
            said.append(int(np.argmax(votes)))
    return np.asarray(classes[said])
