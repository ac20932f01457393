"""The doorbell under races, and what has been seen when a partition does not answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.clients.control_table import ControlTable
from shared.clients.request_table import DOORBELL, RING_TRIES, RequestTable
from shared.clients.rows import VERSION, WRITE_TOKEN
from shared.clients.seen_table import SeenTable
from shared.domain.money import DAY_MS
from shared.domain.requests import TRAIN, Request, request_id
from shared.domain.trouble_kinds import Kind
from shared.errors import Conflict, RetryLater
from tests.unit.support import NOW
from tests.unit.table import Bench

BELL = tuple(DOORBELL)
PAUSE = Request(request_id=request_id(NOW, "t"), kind="pause", asked_at=NOW, asked_by="admin")


def others_ring(bench: Bench, times: int) -> None:
    """Let somebody else ring right before our next ``times`` tries to."""
    left = iter(range(times))

    def ring_first() -> None:
        if len(bench.client.puts) > 0 and next(left, None) is not None:
            version = bench.client.rows.get(BELL, {}).get(VERSION, 0)
            bench.client.rows[BELL] = {
                "is_rung": True,
                "format": 1,
                VERSION: version + 1,
                WRITE_TOKEN: "other",
            }

    bench.client.before_put = ring_first


def test_two_who_ring_at_once_are_both_heard() -> None:
    bench = Bench()
    others_ring(bench, 2)
    RequestTable(bench.rows).ring(PAUSE)
    assert bench.client.rows[BELL][VERSION] == 3
    assert bench.client.rows[BELL]["is_rung"] is True


def test_whoever_cannot_ring_is_told_and_has_written_the_request() -> None:
    bench = Bench()
    others_ring(bench, RING_TRIES)
    table = RequestTable(bench.rows)
    with pytest.raises(Conflict):
        table.ring(PAUSE)
    assert table.find(PAUSE.request_id) is not None


def test_a_bell_that_was_heard_is_silent_unless_it_has_been_rung_again_since() -> None:
    bench = Bench()
    table, control = RequestTable(bench.rows), ControlTable(bench.rows)
    table.ring(PAUSE)
    heard = control.read_all().doorbell
    assert heard is not None
    assert heard.is_rung
    silent = table.silence(heard)
    assert control.read_all().doorbell == silent
    assert not silent.is_rung
    assert bench.client.rows[BELL]["format"] == 1
    with pytest.raises(Conflict):
        table.silence(heard)


def test_the_request_is_there_before_the_bell_rings() -> None:
    bench = Bench()
    RequestTable(bench.rows).ring(PAUSE)
    first, second = (row.primary_key for row, _ in bench.client.puts)
    assert (first, second) == ([("name", f"request/{PAUSE.request_id}")], [*DOORBELL])


def test_a_partition_that_does_not_answer_is_not_taken_for_new_photos() -> None:
    bench = Bench()
    seen = SeenTable(bench.rows)
    seen.remember("anna", {"a.jpg": "A", "b.jpg": "B"}, NOW)
    bench.client.refusals = {key: ["OTSPartitionUnavailable"] * 2 for key in list(bench.client.rows)[:1]}
    with pytest.raises(RetryLater) as raised:
        seen.etags("anna", ["a.jpg", "b.jpg"])
    assert raised.value.kind is Kind.PERSON
    assert seen.etags("anna", ["a.jpg", "b.jpg"]) == {"a.jpg": "A", "b.jpg": "B"}


def test_a_request_whose_row_was_deleted_meanwhile_writes_over_no_later_one() -> None:
    # As an export, which is found by its person: an erasure deletes the row, and the next has the same key.
    bench = Bench()
    table = RequestTable(bench.rows)
    export = replace(PAUSE, request_id="one-anna", kind=TRAIN, subject="anna")
    slow = table.ring(export)
    bench.client.rows.clear()
    later = table.ring(replace(export, asked_at=NOW + 60_000))
    for write in (table.note_progress, lambda one: table.settle(one, "being_erased", NOW)):
        with pytest.raises(Conflict):
            write(slow)
    assert table.find("one-anna") == later


@pytest.mark.parametrize(("ahead_ms", "is_gone"), [(0, True), (1, False), (DAY_MS, True)])
def test_an_erasure_forgets_what_a_clock_has_remembered_that_was_a_day_ahead(
    ahead_ms: int, is_gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, gone = Bench(), list[Any]()
    seen = SeenTable(bench.rows)
    seen.remember("anna", {"a.jpg": "A"}, NOW + ahead_ms)
    bench.client.pages = [(list(bench.client.rows), None)]
    monkeypatch.setattr(bench.rows, "delete_each", gone.extend)
    seen.forget("anna", until=NOW)
    assert bool(gone) is is_gone
