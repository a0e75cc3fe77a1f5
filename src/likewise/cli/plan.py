"""`likewise plan`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say_table
from likewise.operations.plan import PlanRequest, PlanResult
from likewise.operations.plan import plan as operation


@command(PlanRequest, operation)
def plan(result: PlanResult, _: PlanRequest) -> None:
    """Estimate what a job over many texts takes on a cluster, and what breaks first.

    Rates are measured on this machine in a few seconds, or given with --rate; the scheduler is
    simulated. docs/guides/cluster.md says what is modelled.

    \b
    Example:
      likewise plan --texts 1e9 --nodes 32 --machine c7i.4xlarge
    """
    load, job, index = result.load, result.job, result.index
    rows = [
        ["one core encodes", f"{result.rates.texts:,.0f} texts/s"],
        ["split the input, one machine", _time(job.split)],
        ["count its texts, all machines", _time(job.read)],
        ["encode, all machines", _time(job.encode)],
        ["join the output, one machine", _time(job.join)],
        ["all of it", _time(job.seconds)],
        ["efficiency of the workers", f"{job.simulated.efficiency:.0%}"],
        ["the driver is busy", f"{job.simulated.driver:.1%}"],
        ["vectors", _bytes(load.vector_bytes)],
        ["ranges, each with a fragment", f"{load.ranges:,}"],
        ["requests of an object store", f"{job.requests:,}"],
        ["cells of an inverted file", f"{index.cells:,}"],
        ["its training and assignment, one machine", _time(index.build)],
        [f"neighbors of all texts, {index.probes} cells each", _time(index.graph)],
        [f"a query that reads {index.probes} cells, one core", _time(index.query)],
    ]
    rows += [[f"recall of {cells} cells", f"{share:.1%}"] for cells, share in result.recall.items()]
    if result.cost is not None:
        rows.append(["price", f"{result.cost:,.2f}"])
    say_table(("what", "estimate"), rows)
    say_table(
        ("what breaks", "at texts", "exceeded"),
        [
            [limit.what, f"{limit.texts:.1e}" if limit.texts else "–",
             "yes" if limit.texts < load.texts else "no"]
            for limit in result.limits
        ],
    )  # fmt: skip


def _time(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= unit:
            return f"{seconds / unit:,.1f} {name}"
    return f"{1000 * seconds:,.1f} ms"


def _bytes(count: float) -> str:
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if count >= unit:
            return f"{count / unit:,.1f} {name}"
    return f"{count / 1e3:,.1f} kB"
