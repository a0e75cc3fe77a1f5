"""`likewise train`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.operations.train import TrainRequest, TrainResult
from likewise.operations.train import train as operation


@command(TrainRequest, operation, resumable=True)
def train(result: TrainResult, request: TrainRequest) -> None:
    """Improve a model on your own data, and prove it.

    The data are pairs (question and answer, anchor and positive, also with negatives), scored pairs
    (sentence1, sentence2, score) or labeled texts (text, label). A part of it is held out; the
    model is measured on that part and on a general set, before and after, and it is only written if
    it got better. A run that was stopped, or killed, is continued by the same command.

    \b
    Example:
      likewise train all-MiniLM-L6-v2 --data pairs.jsonl --output tuned --max-minutes 5
      likewise train all-MiniLM-L6-v2 -d faq.csv=3 -d forum.jsonl.gz=1 -o tuned --epochs 2
      likewise train recipe.yaml --output tuned
    """
    report = result.report
    rows = [
        [
            change.task,
            change.metric,
            str(change.items),
            f"{change.before:.1f}",
            f"{change.after:.1f}",
            f"{change.difference:+.1f}",
            f"{change.low:+.1f} to {change.high:+.1f}",
        ]
        for change in report.verdict.changes
    ]
    say_table(["task", "metric", "items", "before", "after", "change", "95% interval"], rows)
    say("")
    for example in report.examples if request.queries else ():
        say(example.query)
        for name, found in (("before", example.before), ("after", example.after)):
            for near in found:
                say(f"    {name:6}  {near.similarity:.3f}  {near.text}")
        say("")
    if report.output:
        say(report.verdict.sentence)
        say(f"wrote {report.output} (fingerprint {report.fingerprint})")
    else:
        say(f"the trained model is in {report.candidate}")
