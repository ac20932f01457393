"""The table of endings that the README shows: ``python -m tests.simulation.matrix.table`` makes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.simulation.matrix.cells import Cell, Duration, What, cells
from tests.simulation.matrix.endings import Ending, expected

WORDS = {
    Ending.TRAINED: "trained",
    Ending.TRAINED_WITHOUT: "trained without it",
    Ending.REJECTED: "rejected",
    Ending.FAILED: "failed",
    Ending.WAITS: "waits",
    Ending.NOT_RECORDED: "not recorded",
    Ending.ERASED: "erased",
    Ending.NOT_ERASED: "not erased yet",
    Ending.REMOVED: "removed",
    Ending.NOT_REMOVED: "not removed yet",
    Ending.PORTRAYED: "portraits",
    Ending.NOT_PORTRAYED: "no portraits, with the reason",
}
COLUMNS = {
    "ten minutes": lambda cell: cell.duration is Duration.MINUTES,
    "for ever, one alone": lambda cell: cell.duration is Duration.EVER and cell.scope.leaves_others,
    "for ever, everybody": lambda cell: cell.duration is Duration.EVER and not cell.scope.leaves_others,
}


def lines() -> Iterator[str]:
    """Yield the lines of the table: a row for each step, a column for how long and whom."""
    of_step: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells():
        if cell.what is not What.DEATH:
            of_step[cell.operation.step.value].append(cell)
    yield f"| step | {' | '.join(COLUMNS)} |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for step, its_cells in of_step.items():
        parts = (_said_of(filter(is_in, its_cells)) for is_in in COLUMNS.values())
        yield f"| {step} | {' | '.join(parts)} |"


def _said_of(some: Iterable[Cell]) -> str:
    """Say how cells end: in one way, or the rarer ways with their kinds and then what the others come to."""
    endings: dict[What, set[Ending]] = defaultdict(set)
    for cell in some:
        endings[cell.what] |= expected(cell)
    kinds: dict[str, list[str]] = defaultdict(list)
    for what, found in endings.items():
        words = " or ".join(WORDS[ending] for ending in Ending if ending in found)
        kinds[words].append(what.value)
    if not kinds:
        return "–"
    *rarer, usual = sorted(kinds, key=lambda words: (len(kinds[words]), words))
    told = [f"{words}: {', '.join(sorted(kinds[words]))}" for words in rarer]
    return "; ".join([*told, f"otherwise {usual}" if told else usual])


if __name__ == "__main__":
    print("\n".join(lines()))
