"""Tables and plots of the measurements of all strategies, for ``__main__`` to print and to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.benchmarks.plotting import bars, lines
from tests.benchmarks.slots import CAMPAIGN, TICKS
from tests.benchmarks.strategies.account import LATENCY, OVERHEAD, PENDING_SECONDS
from tests.benchmarks.strategies.figures import Figures
from tests.benchmarks.strategies.workloads import PEOPLE, PHOTOS
from tests.benchmarks.ticks import TickCost

ASSUMPTIONS = (
    f"{PEOPLE} people, {PHOTOS} photos and a marker each. Virtual time: a call takes 1 to {LATENCY} ms",
    "each way, drawn evenly, the same for all services; timers fire on the minute; there are no cold starts.",
    f"An invocation is billed {OVERHEAD} ms beside its calls. A fine-tune goes from being accepted to its",
    f"end, {PENDING_SECONDS:g} s of PENDING with it. The account's cap of 20 kept fine-tunes is raised.",
    "A workflow's own transitions, traffic and trainings are left out of the costs. Waits are p50/p99.",
    "Where every training takes equally long, the result of a fixed wait depends on that one duration.",
)
NOTE = "\n".join(ASSUMPTIONS)
PLOTTED = ("burst, fixed 302 s", "burst, sd 20 s", "burst, sd 60 s")
SLOT_PLOT, TICK_PLOT = "slot-use.svg", "tick-cost.svg"
WIDTH = 200


@dataclass(frozen=True, kw_only=True)
class Report:
    """A table for people, and a section of the file for programs."""

    name: str
    text: str
    document: object


def of_strategies(folder: Path) -> Report | None:
    """Report every workload that has been run."""
    measured = CAMPAIGN.everything()
    if not measured:
        return None
    table = _table(
        "strategy",
        "slot use",
        "jobs/h",
        "trained",
        "closed→sent",
        "… slot free",
        "end→visible",
        "… lingering",
        "GETs/job",
        "run s/job",
        "CU/upload",
        "CU/job",
        "CNY/1,000",
    )
    for workload in dict.fromkeys(one.workload for one in measured):
        table.add_row(f"[bold]{workload}")
        for one in measured:
            if one.workload == workload:
                table.add_row(*_cells(one))
    groups = {
        name: {one.strategy: one.slot_use for one in measured if one.workload == name}
        for name in PLOTTED
        if any(one.workload == name for one in measured)
    }
    if groups:
        _save(folder / SLOT_PLOT, bars("Slot use by strategy", groups, 100, "%"))
    document = {"assumptions": " ".join(ASSUMPTIONS), "figures": [one.as_json() for one in measured]}
    return Report(name="strategies", text=f"{_drawn(table)}\n{NOTE}", document=document)


def of_ticks(folder: Path) -> Report | None:
    """Report the cost of an idle tick at each history."""
    costs = TICKS.everything()
    if not costs:
        return None
    table = _table("idle tick", "finished jobs", "reads", "writes", "CU", "DashScope calls", "seconds")
    for one in costs:
        table.add_row(
            one.strategy,
            f"{one.history:,}",
            f"{one.reads}",
            f"{one.writes}",
            f"{one.units:,}",
            f"{one.dashscope_calls}",
            f"{one.seconds:.2f}",
        )
    series = {name: _series(costs, name) for name in dict.fromkeys(one.strategy for one in costs)}
    plot = lines("Cost of an idle tick by history", series, "finished jobs", "Tablestore capacity units")
    _save(folder / TICK_PLOT, plot)
    return Report(name="idle_ticks", text=_drawn(table), document=[one.as_json() for one in costs])


def _series(costs: Sequence[TickCost], strategy: str) -> list[tuple[float, float]]:
    return [(one.history, one.units) for one in costs if one.strategy == strategy]


def _cells(one: Figures) -> tuple[str, ...]:
    return (
        f"  {one.strategy}",
        f"{one.slot_use:.2f} %",
        f"{one.jobs_an_hour:.2f}",
        f"{one.succeeded}",
        _pair(one.closed_p50, one.closed_p99),
        _pair(one.closed_free_p50, one.closed_free_p99),
        _pair(one.seen_p50, one.seen_p99),
        _pair(one.seen_lingering_p50, one.seen_lingering_p99),
        f"{one.gets:.1f}",
        f"{one.function_seconds:.1f}",
        f"{one.upload_units:.1f}",
        f"{one.job_units:.0f}",
        f"{one.cny:.2f}",
    )


def _pair(middle: float | None, high: float | None) -> str:
    """A median and a 99th percentile."""
    if middle is None or high is None:
        return "–"
    return f"{middle:.1f}/{high:.1f} s" if high < 1000 else f"{middle / 60:.0f}/{high / 60:.0f} min"


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def _drawn(table: Table) -> str:
    console = Console(file=StringIO(), width=WIDTH, color_system=None)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def _save(path: Path, plot: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(plot, encoding="utf-8")
