"""Stories told by seeds, each with faults of its own; one line replays the one that fails."""

from __future__ import annotations

import pytest

from tests.simulation.kernel import Violation
from tests.simulation.seeds import play

# A tenth of a second each; `make simulate SEEDS=N` plays as many as there is time for, and CI 1,000.
SEEDS = 500
SHARES = 50


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(SHARES))
def test_no_promise_breaks_whatever_the_seed_lets_go_wrong(share: int) -> None:
    broken: list[str] = []
    for seed in range(share, SEEDS, SHARES):
        try:
            outcome = play(seed)
        except Violation as violation:
            broken.append(f"{violation}; replay: python -m tests.simulation.seeds {seed}")
        else:
            assert outcome.most_in_flight >= 2
            assert outcome.turn_changes > 0
    assert not broken, "\n".join(broken)


def test_a_seed_tells_the_same_story_each_time() -> None:
    assert play(3) == play(3)


def test_the_seeds_meet_faults_and_other_runs() -> None:
    outcomes = [play(seed) for seed in range(60)]
    assert sum(outcome.struck for outcome in outcomes) > 500
    assert sum(outcome.crash_points for outcome in outcomes) > 50
    calls = sum(outcome.troubled_calls for outcome in outcomes)
    assert sum(outcome.troubled_turn_changes for outcome in outcomes) > calls / 3
