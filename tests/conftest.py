"""What holds for all tests: the simulation's numbers stand at the end of the report, with xdist too."""

from tests.simulation.conftest import pytest_terminal_summary  # noqa: F401 (a hook is found by its name)
