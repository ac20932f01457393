"""What administrators ask for comes to the audit's log store: in virtual time, whatever that service does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.domain.audit import AuditRecord
from shared.domain.object_keys import job_id
from shared.domain.person_hash import hash_of
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import Fault
from tests.simulation.log_end import ERASE_KEY
from tests.simulation.traces import traces_of
from tests.workflow.support import tick

LI = hash_of(ERASE_KEY, "Li")


class Strikes:
    """What becomes of the calls of the log store, one after the other; nothing else goes wrong."""

    def __init__(self, *faults: Fault, of: str = "PutLogs") -> None:
        self.faults = list(faults)
        self.of = of
        self.calls = 0

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        if operation != self.of or service not in ("sls", "ots"):
            return None
        self.calls += 1
        return self.faults.pop(0) if self.faults else None


@contextmanager
def audited(faults: Any = None) -> Iterator[SimulatedCloud]:
    """An account that keeps an audit, with a set of Li's that is open."""
    cloud = SimulatedCloud(
        1, faults or Strikes(), rules=Rules(quiet_ms=600_000, sweep_rest_ms=50_000), audit=True
    )
    with simulated(cloud):
        cloud.upload("Li", "1.jpg", b"FACE Li")
        tick(cloud, 1)
        yield cloud
    cloud.close()


def records(cloud: SimulatedCloud) -> list[AuditRecord]:
    assert cloud.logs is not None
    return cloud.logs.records()


def told(cloud: SimulatedCloud) -> list[tuple[str, str]]:
    """Each record once: what was asked for, and the outcome."""
    return sorted({one.record_id: (one.action, one.outcome) for one in records(cloud)}.values())


def test_closing_pausing_cancelling_and_resuming_are_on_record_with_who_and_whom() -> None:
    with audited() as cloud:
        cloud.ask("pause", reason="Li's guardian has called")
        cloud.advance(1000)
        cloud.ask("train", "Li")
        tick(cloud, 2)
        cloud.ask("cancel", job_id("Li", 1))
        tick(cloud, 1)
        cloud.ask("resume")
        tick(cloud, 1)
        assert [(one.action, one.by, one.person, one.revision, one.outcome) for one in records(cloud)] == [
            ("pause", "admin", "", 0, "paused"),
            ("train", "admin", LI, 0, "closing"),
            ("cancel", "admin", LI, 1, "canceled"),
            ("resume", "admin", "", 0, "resumed"),
        ]
        assert not cloud.is_rung()
        assert b"guardian" not in everything(cloud)
        assert b'"Li' not in everything(cloud)


def everything(cloud: SimulatedCloud) -> bytes:
    assert cloud.logs is not None
    with cloud.logs.entries._database.reading() as connection:
        return repr(connection.execute("SELECT * FROM entries").fetchall()).encode()


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.UNREACHABLE, Fault.BUSY, Fault.ERROR_BEFORE])
def test_a_log_store_that_is_down_for_minutes_holds_up_nothing_and_misses_nothing(fault: Fault) -> None:
    strikes = Strikes(*[fault] * 9)
    with audited(strikes) as cloud:
        cloud.ask("train", "Li")
        cloud.ask("pause", reason="why")
        tick(cloud, 1)
        assert cloud.slot().paused is not None
        assert cloud.jobs()[0].state is JobState.QUEUED
        assert records(cloud) == []
        tick(cloud, 12)
        assert told(cloud) == [("pause", "paused"), ("train", "closing")]
        assert (len(records(cloud)), cloud.is_rung()) == (2, False)
        assert strikes.calls <= 13


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.ERROR_AFTER, Fault.LATE])
def test_an_answer_that_is_lost_leaves_no_gap_and_one_id(fault: Fault) -> None:
    with audited(Strikes(*[fault] * 3)) as cloud:
        cloud.ask("pause", reason="why")
        tick(cloud, 4)
        assert told(cloud) == [("pause", "paused")]
        assert 1 < len(records(cloud)) <= 4
        assert not cloud.is_rung()


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.CRASH_IN_FLIGHT])
def test_a_run_that_dies_at_the_put_is_followed_by_one_that_puts(fault: Fault) -> None:
    with audited(Strikes(fault)) as cloud:
        cloud.ask("pause", reason="why")
        tick(cloud, 4)
        assert told(cloud) == [("pause", "paused")]
        assert not cloud.is_rung()


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST])
def test_whichever_write_of_a_run_fails_what_was_done_is_on_record(number: int, fault: Fault) -> None:
    class AtWrite(Strikes):
        is_armed = False

        def strike(self, index: int, service: str, operation: str) -> Fault | None:
            if not self.is_armed or operation != "PutRow":
                return None
            self.calls += 1
            return fault if self.calls == number + 1 else None

    strikes = AtWrite()
    with audited(strikes) as cloud:
        cloud.ask("train", "Li")
        cloud.ask("pause", reason="why")
        strikes.is_armed = True
        tick(cloud, 6)
        assert told(cloud) == [("pause", "paused"), ("train", "closing")]
        assert cloud.slot().paused is not None
        assert not cloud.is_rung()


def test_two_runs_beside_each_other_put_no_more_than_two_records_of_one_id() -> None:
    with audited() as cloud:
        cloud.ask("pause", reason="why")
        cloud.invoke_reconcile()
        cloud.invoke_reconcile(name="other")
        cloud.advance(120_000)
        tick(cloud, 2)
        assert told(cloud) == [("pause", "paused")]
        assert len(records(cloud)) <= 2
        assert not cloud.is_rung()


def test_a_tick_without_anything_to_audit_calls_no_log_store() -> None:
    strikes = Strikes()
    with audited(strikes) as cloud:
        tick(cloud, 5)
        assert strikes.calls == 0
        cloud.ask("pause", reason="why")
        tick(cloud, 5)
        assert strikes.calls == 1


def test_after_an_erasure_the_keyed_hash_alone_is_left_in_the_audit_and_in_two_tables() -> None:
    with audited() as cloud:
        cloud.ask("pause", reason="why")
        cloud.advance(1)
        cloud.ask("cancel", job_id("Li", 1))
        cloud.advance(1)
        cloud.ask("photo_delete", "Li", photo="1.jpg")
        tick(cloud, 2)
        cloud.ask("erase", "Li")
        tick(cloud, 15)
        assert [(one.action, one.person, one.outcome) for one in records(cloud)] == [
            ("pause", "", "paused"),
            ("cancel", LI, "canceled"),
            ("photo_delete", LI, "photo_deleted_later"),
            ("erase", LI, "erased"),
        ]
        assert traces_of(cloud, "Li", [b"FACE Li"]) == []
        assert not cloud.is_heard()
        rows = {
            f"{table} {row['name']}": str(row)
            for table, mirror in cloud._ots.mirrors.items()
            for row in mirror.everything()
            if LI in str(row)
        }
        [erasure] = [row for row in cloud.requests() if row["kind"] == "erase"]
        assert sorted(rows) == [f"control erased/{LI}", f"requests {erasure['name']}"]


def test_whoever_is_erased_waits_for_no_log_store_and_is_named_nowhere_meanwhile() -> None:
    strikes = Strikes(*[Fault.UNREACHABLE] * 200)
    with audited(strikes) as cloud:
        cloud.ask("cancel", job_id("Li", 1))
        tick(cloud, 2)
        cloud.ask("erase", "Li")
        tick(cloud, 15)
        assert records(cloud) == []
        assert not cloud.invariants.administration.erasures.open_ones()
        assert traces_of(cloud, "Li", [b"FACE Li"]) == []
        strikes.faults.clear()
        tick(cloud, 2)
        assert [(one.action, one.person, one.revision, one.outcome) for one in records(cloud)] == [
            ("cancel", LI, 1, "canceled"),
            ("erase", LI, 0, "erased"),
        ]
        assert not cloud.is_heard()
