"""A part of the month as a test: promises held, slots busy, nobody overtaken, and its use as estimated."""

from __future__ import annotations

from collections import Counter

import pytest

from local.prices.estimating import IDLE_MONTH, PER_PERSON, Use
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.simulation.kernel import Violation
from tests.simulation.money import check_sums
from tests.simulation.month.arrivals import DAYS, MONTH_MS, RHYTHM, moments
from tests.simulation.month.deliveries import NUMBERS, delivery_of
from tests.simulation.month.play import Month, play
from tests.simulation.month.report import report, use_of
from tests.simulation.stores import BUCKET

pytestmark = pytest.mark.timeout(900)

PEOPLE, SLOTS = 100, 2
OF_THE_MONTH = 100
"""As many people for their time as in the month of ten thousand."""
TOLERANCE = 0.2
"""Of the estimate, held against a part of the month with other draws."""


@pytest.fixture(scope="module")
def month() -> Month:
    """A hundredth of the month."""
    return play(PEOPLE, SLOTS, seed=2, days_ms=MONTH_MS // OF_THE_MONTH)


def test_everybody_who_sent_a_usable_photo_is_trained_and_each_set_is_paid_for_once(month: Month) -> None:
    # The promises themselves are held in ``play``, which raises when one is broken.
    assert month.trained + month.rejected == PEOPLE
    assert month.rejected <= 0.05 * PEOPLE
    assert month.billed == month.states["SUCCEEDED"]


def test_odd_uploads_and_faults_have_happened(month: Month) -> None:
    assert month.faults.total() >= 10
    assert {"no face", "sent twice", "repeated", "in parts"} <= month.odd.keys()


def test_a_set_that_closes_waits_for_a_slot_and_for_nothing_else(month: Month) -> None:
    assert month.waits_ms[len(month.waits_ms) // 2] < 10 * 60_000
    assert 0.4 < month.slot_use < 0.9
    assert month.overtaken <= 0.02 * PEOPLE


def test_what_a_month_uses_is_what_the_estimate_says(month: Month) -> None:
    measured = use_of(month)
    idle = Use(**{name: value * month.days / DAYS for name, value in vars(IDLE_MONTH).items()})
    expected = idle.and_people(PEOPLE, PER_PERSON)
    for name, quantity in vars(expected).items():
        assert getattr(measured, name) == pytest.approx(quantity, rel=TOLERANCE), name


def test_the_report_names_what_was_held_and_what_it_costs(month: Month) -> None:
    text = report(month)
    assert f"{PEOPLE} people" in text
    assert "each set paid for once" in text
    assert "a person" in text


def test_an_upload_is_told_of_after_more_deletions_than_one_question_shows() -> None:
    cloud = SimulatedCloud(1, NoFaults())
    for number in range(600):
        cloud.objects.put(BUCKET, f"submissions/{number}.jpg", b"")
        cloud.objects.delete(BUCKET, f"submissions/{number}.jpg")
    with simulated(cloud):
        cloud.upload("li", "1.jpg", b"FACE")
        cloud.advance(60_000)
    assert [job.person_id for job in cloud.jobs()] == ["li"]


def test_people_come_by_the_rhythm_of_the_day_and_not_evenly() -> None:
    found = moments(10_000, seed=1)
    assert found == sorted(found)
    assert 0 <= found[0] <= found[-1] < MONTH_MS
    hours = [moment // 3_600_000 % 24 for moment in found]
    evening, night = hours.count((21 - 8) % 24), hours.count((3 - 8) % 24)
    assert evening / night == pytest.approx(RHYTHM[21] / RHYTHM[3], rel=0.4)


def test_what_a_person_sends_depends_on_the_number_alone() -> None:
    one, again = delivery_of(7, 1_000, seed=1), delivery_of(7, 1_000, seed=1)
    assert (one.person, one.sent, one.odd) == (again.person, again.sent, again.odd)
    assert len(delivery_of(7, 1_000, seed=2).sent) >= min(NUMBERS) or one.sent


def test_sums_by_day_are_held_against_the_days_that_are_remembered_and_months_against_all() -> None:
    billed = Counter({f"2026-01-{day:02}": day for day in range(1, 32)}) + Counter({"2026-02-01": 7})
    days = {day: fen for day, fen in billed.items() if day != "2026-01-01"}
    months = {"2026-01": 31 * 16, "2026-02": 7}
    check_sums(days, months, billed)
    for wrong_days, wrong_months in (
        ({**days, "2026-02-01": 8}, months),
        (dict(billed), months),
        (days, {**months, "2026-01": 31 * 16 - 1}),
    ):
        with pytest.raises(Violation):
            check_sums(wrong_days, wrong_months, billed)
