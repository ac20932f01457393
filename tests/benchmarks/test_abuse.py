"""The worst uploader: the day is played whole, bounds the trainings, and holds nobody up."""

from __future__ import annotations

import pytest

from tests.benchmarks import worst_uploader
from tests.benchmarks.prices import Use
from tests.benchmarks.worst_uploader import Day, play_day


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DAY": 3 * worst_uploader.HOUR,
        "HONEST_PEOPLE": 5,
        "LINKS": 40,
        "EMPTY_FILES": 20,
        "LONG_NAMES": 10,
        "REFUSED_PHOTOS": 5,
        "MARKED_EVERY": 5 * worst_uploader.MINUTE,
    }.items():
        monkeypatch.setattr(worst_uploader, name, value)


@pytest.mark.usefixtures("_short")
def test_the_uploader_is_trained_no_more_often_than_a_day_allows_and_holds_nobody_up() -> None:
    abused, quiet = play_day(True), play_day(False)
    # Whoever never pauses has a set that never settles.
    assert abused.trainings <= 3
    assert (quiet.trainings, quiet.honest_trainings, abused.honest_trainings) == (0, 5, 5)
    assert abused.uploads >= quiet.uploads + 35 + 2 * 36
    assert abused.use.cny > quiet.use.cny
    assert abused.latest_beside(quiet) <= 120


def test_who_waits_longest_more_than_without_the_uploader_counts() -> None:
    def day(**waits: float) -> Day:
        return Day(
            use=Use(),
            uploads=0,
            trainings=0,
            honest_trainings=0,
            tick_units=0,
            tick_seconds=0.0,
            waits=waits,
        )

    assert day(a=5.0, b=60.0).latest_beside(day(a=1.0, b=59.0)) == 4.0
