"""What holds for all tests: the simulation's numbers end the report, and examples are the same each time."""

import hypothesis

from tests.simulation.conftest import pytest_terminal_summary  # noqa: F401 (a hook is found by its name)

# A test that fails has to fail again for the next one who runs it.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")
