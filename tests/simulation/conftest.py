"""Says at the end of a session how much was simulated, so that a run that covers less is seen to."""

from __future__ import annotations

from collections import Counter

import pytest

COUNTED = ("scenarios", "calls", "crash points", "pairs", "plays")
_SAID = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    totals: Counter[str] = Counter()
    violations = 0
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            totals.update({name: count for name, count in report.user_properties if name in COUNTED})
            violations += outcome == "failed" and "/simulation/test_crash_points.py" in report.nodeid
    if not (totals or violations) or config.stash.get(_SAID, False):
        return
    config.stash[_SAID] = True
    numbers = ", ".join(f"{totals[name]:,} {name}" for name in COUNTED)
    terminalreporter.write_line(f"Crashes simulated: {numbers}, {violations} violations")
