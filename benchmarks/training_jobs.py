"""Jobs of the benchmark `training`, each run in a process of its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import likewise
from likewise.data import read_records
from likewise.evaluation.discover import find_tasks
from likewise.evaluation.task_schemas import retrieval_from_pairs
from likewise.hub.catalog import DEFAULT
from likewise.hub.locate import find_local
from likewise.training.held_out import SameLabel

MINUTES = 5.0
"""Of a training on MedQuAD or Banking77, with measuring before and after."""
STEPS = {"256": 2, "1024": 1, "32": 4}
"""Timed steps by batch, after one that is not timed."""
CACHED = 512
"""From this batch on, sentence-transformers trains with its cached loss: the plain one takes 6 GB
at 256, and would not fit in memory."""


def main() -> None:
    """Run the job that the command line names; its result is the last line of the output."""
    job, case, seed, data, folder = sys.argv[1:]
    found = JOBS[job](case, int(seed), Path(data), Path(folder))
    print(json.dumps(found))


# quality


def medquad_halves(data: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Pairs whose answers are in one half, and those whose answers are in the other."""
    lines = (data / "medquad" / "pairs.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    answers = sorted({row["answer"] for row in rows})
    order = np.random.default_rng(0).permutation(len(answers)).tolist()
    train = {answers[n] for n in order[: len(answers) // 2]}
    questions = {row["question"] for row in rows if row["answer"] in train}
    return (
        [row for row in rows if row["answer"] in train],
        [row for row in rows if row["answer"] not in train and row["question"] not in questions],
    )


def quality(case: str, seed: int, data: Path, folder: Path) -> dict[str, Any]:
    """Train for some minutes, and score on the other half and on general tasks."""
    engine, _, task = case.partition(" ")
    train, score = TASKS[task](data, folder)
    started = time.monotonic()
    steps, model = 0, Path(DEFAULT)
    details: dict[str, Any] = {}
    if engine == "likewise":
        result = likewise.train(
            DEFAULT, train, output=folder / "tuned", max_minutes=MINUTES, seed=seed, force=True
        ).report
        steps, model = result.plan.steps, folder / "tuned"
        details = {"promoted": result.verdict.promoted, "share": result.share,
                   "reasons": list(result.verdict.reasons),
                   "training_seconds": result.training_seconds}  # fmt: skip
    elif engine == "sentence-transformers":
        steps, model = _published_trainer(train, folder, seed), folder / "tuned"
    seconds = time.monotonic() - started
    loaded = likewise.load(DEFAULT if engine == "untouched" else model, compute="float32")
    scores = {name: round(value, 2) for name, value in score(loaded)}
    return {"scores": scores, "seconds": round(seconds, 1), "steps": steps, **details}


Score = Callable[[Any], Iterable[tuple[str, float]]]


def _medquad(data: Path, folder: Path) -> tuple[Path, Score]:
    train, test = medquad_halves(data)
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in train), "utf-8")
    every = [*train, *test]
    questions = np.random.default_rng(1).permutation(len(test)).tolist()[:2000]
    chosen = {test[n]["question"] for n in questions}
    asked = [row for row in test if row["question"] in chosen]

    def score(model: Any) -> Iterable[tuple[str, float]]:
        task = retrieval_from_pairs(
            "medquad", "test", [row["question"] for row in asked],
            [[row["answer"]] for row in asked],
        )  # fmt: skip
        corpus = dict(task.corpus)
        known = set(corpus.values())
        for row in every:
            if row["answer"] not in known:
                known.add(row["answer"])
                corpus[f"d{len(corpus)}"] = row["answer"]
        whole = type(task)(task.name, task.queries, corpus, task.relevant, task.split)
        yield "MedQuAD nDCG@10", 100 * whole.run(model).score
        yield "STSBenchmark", 100 * find_tasks(data / "stsbenchmark")[0].run(model).score

    return path, score


def _banking77(data: Path, folder: Path) -> tuple[Path, Score]:
    """Trained on half of the training texts; MTEB's protocol draws from the other half."""
    rows = [(r.text, str(r.fields["label"])) for r in read_records(data / "banking77/train.tsv")]
    test = [(r.text, str(r.fields["label"])) for r in read_records(data / "banking77/test.tsv")]
    order = np.random.default_rng(0).permutation(len(rows)).tolist()
    half = [rows[n] for n in order[: len(rows) // 2]]
    path = folder / "labeled.jsonl"
    lines = [json.dumps({"text": text, "label": label}) for text, label in half]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")

    def score(model: Any) -> Iterable[tuple[str, float]]:
        yield "Banking77", 100 * find_tasks(data / "banking77")[0].run(model).score
        names = sorted({label for _, label in test})
        numbers = [float(names.index(label)) for _, label in test]
        same = SameLabel("same label", [text for text, _ in test], numbers)
        yield "same label@10", 100 * same.run(model).score
        yield "SciFact", 100 * find_tasks(data / "scifact")[0].run(model).score

    return path, score


TASKS = {"medquad": _medquad, "banking77": _banking77}


def _published_trainer(train: Path, folder: Path, seed: int) -> int:
    """Its own defaults with in-batch negatives, as many steps as fit in the time."""
    from datasets import Dataset
    from sentence_transformers.sentence_transformer import losses
    from transformers import TrainerCallback

    model = _published_model(None)
    rows = [json.loads(line) for line in train.read_text("utf-8").splitlines()]
    if "text" in rows[0]:
        labels = sorted({row["label"] for row in rows})
        columns: dict[str, Any] = {
            "sentence": [row["text"] for row in rows],
            "label": [labels.index(row["label"]) for row in rows],
        }
        loss: Any = losses.BatchAllTripletLoss(model)
        sampler = "group_by_label"
    else:
        columns = {name: [row[name] for row in rows] for name in ("question", "answer")}
        loss, sampler = losses.MultipleNegativesRankingLoss(model), "no_duplicates"
    deadline = time.monotonic() + 60 * MINUTES

    class Stop(TrainerCallback):
        """Ends the training when the time is up."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            control.should_training_stop = time.monotonic() > deadline

    steps = 110 if "text" not in rows[0] else 700
    trainer = _published(
        model, Dataset.from_dict(columns), loss, folder, batch=64, steps=steps, seed=seed,
        sampler=sampler,
    )  # fmt: skip
    trainer.add_callback(Stop())
    trainer.train()
    model.save_pretrained(str(folder / "tuned"), create_model_card=False)
    return int(trainer.state.global_step)


def _published_model(max_tokens: int | None) -> Any:
    from sentence_transformers import SentenceTransformer

    location = find_local(DEFAULT)
    if location is None:
        raise SystemExit(f"{DEFAULT} is not on this machine")
    model = SentenceTransformer(str(location.folder), device="cpu", local_files_only=True)
    if max_tokens:
        model.max_seq_length = max_tokens
    return model


def _published(
    model: Any, rows: Any, loss: Any, folder: Path, *, batch: int, steps: int, seed: int,
    sampler: str = "no_duplicates",
) -> Any:  # fmt: skip
    from sentence_transformers.sentence_transformer import trainer, training_args

    arguments = training_args.SentenceTransformerTrainingArguments(
        output_dir=str(folder / "published"), per_device_train_batch_size=batch, max_steps=steps,
        learning_rate=2e-5, warmup_steps=steps // 10, seed=seed, report_to=[], save_strategy="no",
        logging_strategy="no", disable_tqdm=True, batch_sampler=sampler, use_cpu=True,
    )  # fmt: skip
    return trainer.SentenceTransformerTrainer(
        model=model, args=arguments, train_dataset=rows, loss=loss
    )


# speed


def speed_pairs(kind: str, data: Path, count: int) -> list[tuple[str, str]]:
    """Pairs of sentences (STSBenchmark, STS12, SICK), or questions with long answers (MedQuAD)."""
    if kind == "long":
        lines = (data / "medquad" / "pairs.jsonl").read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        found = {row["answer"]: row["question"] for row in rows}
        pairs = [(question, answer) for answer, question in found.items()]
    else:
        files = ("stsbenchmark/train.tsv", "sts12/test.tsv", "sick_r/mteb_test_9927.tsv")
        rated = [r for f in files for r in read_records(data / f, column="sentence1")]
        unique = {r.text: str(r.fields["sentence2"]) for r in rated}
        pairs = list({second: first for first, second in unique.items()}.items())
    order = np.random.default_rng(0).permutation(len(pairs))[:count].tolist()
    return [pairs[n] for n in order]


def speed(case: str, seed: int, data: Path, folder: Path) -> dict[str, float]:
    """Pairs per second of processor time on one thread, of whole steps, and peak memory.

    Processor time does not depend on what else the machine does, as long as one thread is used:
    several would also count the time in which they wait for each other.
    """
    import torch

    torch.set_num_threads(1)
    engine, kind, batch = case.split(" ")
    size, steps = int(batch), STEPS[batch] + 1
    pairs = speed_pairs(kind, data, size * steps + size)
    timed = _ours if engine == "likewise" else _theirs
    seconds = timed(pairs, size, steps, seed, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = size * len(seconds) / sum(seconds)
    return {"pairs_per_cpu_second": round(rate, 2), "mebibytes": round(peak)}


def _ours(
    pairs: Sequence[tuple[str, str]], batch: int, steps: int, seed: int, folder: Path
) -> list[float]:
    from likewise.training.losses import InBatchNegatives
    from likewise.training.mixing import Mixer
    from likewise.training.network import load_network
    from likewise.training.sources import DataFile
    from likewise.training.trainer import Trainer, TrainerSettings

    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(pair) + "\n" for pair in pairs), "utf-8")
    location = find_local(DEFAULT)
    if location is None:
        raise SystemExit(f"{DEFAULT} is not on this machine")
    trainer = Trainer(
        load_network(location.folder), Mixer([DataFile(path)], batch, seed=seed),
        InBatchNegatives(), TrainerSettings(steps, warmup_steps=1),
    )  # fmt: skip
    times: list[float] = []
    trainer.run(lambda _: times.append(time.process_time()))
    return np.diff(times).tolist()


def _theirs(
    pairs: Sequence[tuple[str, str]], batch: int, steps: int, seed: int, folder: Path
) -> list[float]:
    from datasets import Dataset
    from sentence_transformers.sentence_transformer import losses
    from transformers import TrainerCallback

    model = _published_model(None)
    first, second = zip(*pairs, strict=True)
    rows = Dataset.from_dict({"anchor": first, "positive": second})
    if batch >= CACHED:
        loss: Any = losses.CachedMultipleNegativesRankingLoss(model, mini_batch_size=64)
    else:
        loss = losses.MultipleNegativesRankingLoss(model)
    trainer = _published(model, rows, loss, folder, batch=batch, steps=steps, seed=seed)
    times: list[float] = []

    class Clock(TrainerCallback):
        """Remembers the end of each step."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            times.append(time.process_time())

    trainer.add_callback(Clock())
    trainer.train()
    return np.diff(times).tolist()


# the gate, and the mix


def harmful(case: str, seed: int, data: Path, folder: Path) -> dict[str, Any]:
    """A recipe that does harm, without `--force`."""
    train, _ = medquad_halves(data)
    rows = train[:3000]
    path = folder / "pairs.jsonl"
    if case == "shuffled labels":
        order = np.random.default_rng(seed).permutation(len(rows)).tolist()
        answers = [rows[n]["answer"] for n in order]
        rows = [
            {"question": r["question"], "answer": a} for r, a in zip(rows, answers, strict=True)
        ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    # shuffled pairs are measured on pairs that belong together, as the user would
    dev = folder / "dev.jsonl"
    held = train[3000:3300]
    dev.write_text("".join(json.dumps(row) + "\n" for row in held), "utf-8")
    rate = 1e-2 if case == "learning rate 1e-2" else None
    result = likewise.train(
        DEFAULT, path, output=folder / "tuned", steps=20, batch=32, max_tokens=64, dev=dev,
        learning_rate=rate, seed=seed,
    )  # fmt: skip
    verdict = result.report.verdict
    return {"written": result.report.output is not None, "reasons": list(verdict.reasons)}


def mix(case: str, seed: int, data: Path, folder: Path) -> dict[str, Any]:  # noqa: ARG001 - as every job
    """Four sets with the weights of a `data_config.json`, 2,000 batches of 64."""
    from likewise.training.mixing import Mixer
    from likewise.training.sources import read_weights_file

    sts = [r.fields for r in read_records(data / "stsbenchmark/train.tsv", column="sentence1")]
    firsts = [r.text for r in read_records(data / "stsbenchmark/train.tsv", column="sentence1")]
    sts12 = list(read_records(data / "sts12/test.tsv", column="sentence1"))
    banking = [(r.text, r.fields["label"]) for r in read_records(data / "banking77/train.tsv")]
    medquad = medquad_halves(data)[0]
    sets: dict[str, tuple[float, list[Any]]] = {
        "medquad": (9, [[row["question"], row["answer"]] for row in medquad[:3000]]),
        "stsbenchmark": (4, [[a, b["sentence2"]] for a, b in zip(firsts, sts, strict=True)]),
        "sts12": (2, [[r.text, r.fields["sentence2"]] for r in sts12]),
        "banking77": (1, [[text, str(label)] for text, label in banking]),
    }
    for name, (_, rows) in sets.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    config = folder / "data_config.json"
    listed = [{"name": f"{name}.jsonl", "weight": weight} for name, (weight, _) in sets.items()]
    config.write_text(json.dumps(listed), "utf-8")
    mixer = Mixer(read_weights_file(config), 64, files_per_batch=2, seed=seed)
    for _ in range(2000):
        next(mixer)
    total = sum(source.drawn for source in mixer.sources)
    return {
        source.name: {"weight": share, "drawn": source.drawn / total}
        for source, share in zip(mixer.sources, mixer.shares, strict=True)
    }


JOBS: dict[str, Callable[[str, int, Path, Path], dict[str, Any]]] = {
    "quality": quality, "speed": speed, "harmful": harmful, "mix": mix,
}  # fmt: skip


if __name__ == "__main__":
    main()
