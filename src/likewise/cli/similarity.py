"""`likewise similarity`."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import typer

from likewise.checkpoint.catalog import DEFAULT
from likewise.cli import options
from likewise.cli.printing import say, say_json
from likewise.evaluate import compare
from likewise.finite import check_finite


def similarity(
    a: Annotated[str, typer.Argument(metavar="A", help="One text.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Tell how alike two texts are.

    \b
    Example:
      likewise similarity "A man is eating." "Someone eats."
    """
    encoder = options.load(model, compute, device, quiet=quiet)
    result = compare(encoder, a, b)
    check_finite(np.array([result.cosine, result.dot, result.norm_a, result.norm_b]), encoder.name)
    options.warn_unknown(encoder, [a, b], quiet=quiet)
    if as_json:
        say_json({"model": encoder.name, "compute": encoder.compute, **result.to_dict()})
        return
    for measure in ("cosine", "dot", "euclidean", "manhattan"):
        say(f"{measure:<11}{getattr(result, measure):8.4f}")
    say(f"{'norms':<11}{result.norm_a:8.4f}{result.norm_b:9.4f}")
    say(f"{'dimensions':<11}{result.dimension:8}")
    say(f"{'tokens':<11}{result.tokens_a.kept:8}{result.tokens_b.kept:9}")
    options.warn_cut(encoder, [a, b], quiet=quiet)
