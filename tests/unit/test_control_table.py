"""The rows that all functions share: the slot and the progress of the sweep, as values and as rows."""

from __future__ import annotations

import json

import pytest

from shared.clients.control_table import ControlTable
from shared.clients.rows import VERSION, WRITE_TOKEN
from shared.domain.control_rows import ControlRows, Document, Doorbell
from shared.domain.health import Health
from shared.domain.job import Reason
from shared.domain.lingering import Lingering
from shared.domain.retry_state import Cause
from shared.domain.slot import Slot
from shared.domain.sweeping import SweepProgress
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, Permanent
from tests.unit.table import KEY, Bench

FULL = Slot(
    holders=("a-1", "b-2"),
    taken_at=5,
    halted_until=9,
    trouble=Reason("Throttling", "慢一点"),
    refusals=3,
    durations_ms=(1, 2, 3),
    ends=(4, 5),
    kept=7,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("slot", [Slot(), FULL], ids=["empty", "full"])
def test_a_slot_comes_back_from_its_row_as_it_was(bench: Bench, slot: Slot) -> None:
    control = ControlTable(bench.rows)
    assert control.slot() == Slot()
    saved = control.save_slot(Slot(), slot)
    assert saved.version == 1
    assert control.slot() == saved
    again = control.save_slot(saved, saved.taken_by("c-3", 10))
    assert control.slot() == again
    assert again.version == 2


def test_a_slot_is_stored_under_the_names_that_stored_rows_have(bench: Bench) -> None:
    ControlTable(bench.rows).save_slot(Slot(), FULL)
    (columns,) = bench.client.rows.values()
    value = json.loads(columns["value"])
    assert (value["durations"], value["closed_until"]) == ([1, 2, 3], 9)
    names = {
        "holders",
        "taken_at",
        "closed_until",
        "halted_since",
        "trouble",
        "refusals",
        "durations",
        "kept",
    }
    names |= {"refused_jobs", "accepted_at", "account", "ended_fine_tunes", "ends", "paused", "switched_by"}
    names |= {"spending", "portraits"}
    assert set(value) == {*names, "format"}


def test_of_two_runs_that_change_the_slot_one_is_told(bench: Bench) -> None:
    control = ControlTable(bench.rows)
    start = control.save_slot(Slot(), Slot())
    control.save_slot(start, start.taken_by("a-1", 1))
    with pytest.raises(Conflict):
        control.save_slot(start, start.taken_by("b-1", 1))
    with pytest.raises(Conflict):
        control.save_slot(Slot(), Slot().taken_by("b-1", 1))
    assert control.slot().holders == ("a-1",)


def test_the_progress_of_the_sweep_is_kept_beside_the_slot(bench: Bench) -> None:
    control = ControlTable(bench.rows)
    nothing = ControlRows(Slot(), SweepProgress(), Lingering(), Health(), Doorbell(), Document())
    assert control.read_all() == nothing
    progress = SweepProgress(
        cursor="people/li/a.jpg", rests_until=7, stuck=("wu",), left_over=("he",), people_passed=("li",)
    )
    saved = control.save_sweep(SweepProgress(), progress)
    slot = control.save_slot(Slot(), FULL)
    cause = Cause("Arrearage", "pay", Kind.ACCOUNT, Api.FACE_CHECK)
    health = control.save_health(
        Health(), Health(deaths={"a": 2}).failed(cause, 5).with_unwritten("li-1", cause, 7)
    )
    assert control.health() == health
    assert control.read_all() == nothing._replace(slot=slot, sweep=saved, health=health)
    assert control.slot_and_health() == (slot, health)


def test_a_health_that_cannot_be_read_keeps_nobody_from_reading_the_slot(bench: Bench) -> None:
    control = ControlTable(bench.rows)
    slot = control.save_slot(Slot(), FULL)
    bench.client.rows[("name", "health"),] = {"value": "[]", VERSION: 1, WRITE_TOKEN: "t"}
    assert control.slot_and_health() == (slot, None)
    bench.client.rows[("name", "slot"),] = {"value": "[]", VERSION: 1, WRITE_TOKEN: "t"}
    with pytest.raises(Permanent, match="the row slot cannot be read"):
        control.slot_and_health()


@pytest.mark.parametrize(
    ("name", "value"),
    [("lingering", {"stayed": ["ft-1"]}), ("sweep", {"stuck": "li"}), ("sweep", {"people_passed": 1})],
)
def test_a_row_that_holds_something_else_than_it_should_keeps_no_other_row_from_being_read(
    bench: Bench, name: str, value: dict[str, object]
) -> None:
    control = ControlTable(bench.rows)
    slot = control.save_slot(Slot(), FULL)
    bench.client.rows[("name", name),] = {"value": json.dumps(value), VERSION: 1, WRITE_TOKEN: "t"}
    rows = control.read_all()
    assert (rows.slot, getattr(rows, name)) == (slot, None)


def test_of_two_runs_that_sweep_the_same_page_one_is_told(bench: Bench) -> None:
    control = ControlTable(bench.rows)
    start = control.save_sweep(SweepProgress(), SweepProgress(cursor="people/a"))
    control.save_sweep(start, start.past("people/b", now=1))
    with pytest.raises(Conflict):
        control.save_sweep(start, start.past("people/b", now=1))


def test_a_field_of_a_later_version_is_kept_and_one_inside_the_slots_trouble_goes_with_that(
    bench: Bench,
) -> None:
    value = {"trouble": {"code": "c", "message": "m", "link": "https://…"}, "colour": "green"}
    bench.client.rows[tuple(KEY)] = {"value": json.dumps(value), VERSION: 3, WRITE_TOKEN: "t"}
    slot = Slot(version=3, trouble=Reason("c", "m"), spending=None, unknown={"colour": "green"})
    assert ControlTable(bench.rows).slot() == slot
