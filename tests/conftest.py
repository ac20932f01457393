"""What holds for all tests: the simulation's numbers end the report, examples are the same each time.

And the order, where several processes share the work. The end-to-end tests mostly wait, the simulation never
does: dealt so that some wait while another computes, they use the same time, which is most of what both take.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import hypothesis
import pytest

from shared import logs, tracing
from tests.simulation.conftest import pytest_terminal_summary  # noqa: F401 (a hook is found by its name)

# A test that fails has to fail again for the next one who runs it.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")

# The tablestore SDK remarks once a process that its C++ codec is not there.
logging.getLogger("tablestore").addHandler(logging.NullHandler())


@pytest.fixture(autouse=True)
def _work_of_one_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test has hidden is cut out of no text of another, and no other logs under its trace."""
    monkeypatch.setattr(logs, "_hidden", {})
    monkeypatch.setattr(logs, "_forms", [])
    monkeypatch.setattr(logs, "_names", None)
    tracing.begin(None)


TESTS = Path(__file__).parent
GROUP_WEIGHT = 5
"""How many tests the setup that a group shares is worth."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the tests as ``--dist worksteal`` cuts them: each process begins with a slice of equal length."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes < 2:
        return
    waiting = [item for item in items if TESTS / "end_to_end" in item.path.parents]
    computing = [item for item in items if TESTS / "simulation" in item.path.parents]
    heavy = {*waiting, *computing}
    light = iter([item for item in items if item not in heavy])
    # The last process computes from the beginning; what is left of it in the end is taken over by the others.
    shares = [*_dealt(waiting, processes - 1), computing]
    dealt: list[pytest.Item] = []
    for number, share in enumerate(shares):
        size = (len(items) - len(dealt)) // (processes - number)
        dealt += share
        dealt += [item for _, item in zip(range(size - len(share)), light, strict=False)]
    items[:] = [*dealt, *light]


def _dealt(items: list[pytest.Item], count: int) -> list[list[pytest.Item]]:
    """Deal ``items`` one by one to ``count`` shares; those of an ``xdist_group`` together."""
    shares: list[list[pytest.Item]] = [[] for _ in range(count)]
    weights = [0] * count
    of_group: dict[str, int] = {}
    for item in items:
        number = weights.index(min(weights))
        marker = item.get_closest_marker("xdist_group")
        if marker is None:
            weights[number] += 1
        elif marker.args[0] not in of_group:
            weights[number] += GROUP_WEIGHT
        if marker is not None:
            number = of_group.setdefault(marker.args[0], number)
        shares[number].append(item)
    return shares
