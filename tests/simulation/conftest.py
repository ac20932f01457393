"""Says at the end of a session how much was simulated, so that a run that covers less is seen to."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.simulation.kernel import collect_garbage_less

COUNTED = ("scenarios", "calls", "crash points", "pairs", "plays")
_SAID = pytest.StashKey[bool]()


@pytest.fixture(scope="package", autouse=True)
def _less_garbage_collection() -> Iterator[None]:
    before = gc.get_threshold()
    collect_garbage_less()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    totals: Counter[str] = Counter()
    violations = 0
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            totals.update({name: count for name, count in report.user_properties if name in COUNTED})
            violations += outcome == "failed" and "/simulation/test_crash_points" in report.nodeid
    if not (totals or violations) or config.stash.get(_SAID, False):
        return
    config.stash[_SAID] = True
    numbers = ", ".join(f"{totals[name]:,} {name}" for name in COUNTED)
    terminalreporter.write_line(f"Crashes simulated: {numbers}, {violations} violations")
