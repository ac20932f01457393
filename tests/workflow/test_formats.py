"""What newer code has added to a shared row stays in it, whatever this version changes of the row."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.clients.ignored_list import IgnoredList
from shared.clients.seen_table import SeenTable
from shared.domain.health import Health
from shared.domain.lingering import Lingering
from shared.domain.photo_access import Way
from shared.domain.retry_state import Cause
from shared.domain.slot import Slot
from shared.domain.sweeping import SweepProgress
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Permanent
from shared.workflow.access_record import AccessMemory, AccessRecord
from tests.unit.memory import Memory
from tests.unit.support import NOW
from tests.workflow.test_tables import Tables, request, tables

__all__ = ["tables"]

REFUSED = Cause("Arrearage", "…", Kind.ACCOUNT, Api.FACE_CHECK)


def change_slot(tables: Tables) -> None:
    before = tables.control.slot()
    tables.control.save_slot(before, before.taken_by("a-1", NOW))


def change_sweep(tables: Tables) -> None:
    before = tables.control.read_all().sweep
    assert before is not None
    tables.control.save_sweep(before, before.resting(NOW))


def change_lingering(tables: Tables) -> None:
    before = tables.control.read_all().lingering
    assert before is not None
    tables.control.save_lingering(before, before.begun(NOW, {"ft-1": 5}))


def change_health(tables: Tables) -> None:
    before = tables.control.health()
    tables.control.save_health(before, before.failed(REFUSED, NOW))


def change_ignored(tables: Tables) -> None:
    IgnoredList(tables.control).note({"people/b": "a reason"}, NOW)


CHANGES: dict[str, tuple[Callable[[Tables], object], dict[str, Any]]] = {
    "slot": (change_slot, {"holders": []}),
    "sweep": (change_sweep, {"cursor": "people/a"}),
    "lingering": (change_lingering, {"until": 5}),
    "health": (change_health, {"breakers": {"webhook": {"is_open": True, "mood": "low"}}}),
    "ignored": (change_ignored, {"entries": [{"key": "people/a", "reason": "r", "at": 1, "mood": "low"}]}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_shared_row_keeps_what_newer_code_has_added(tables: Tables, name: str) -> None:
    change, value = CHANGES[name]
    added = {"mood": "calm", "unknown": [1, {"deep": None}]}
    key = [("name", name)]
    tables.rows("control").put(key, {"value": json.dumps({**value, **added})}, expected=None)
    change(tables)
    row = tables.rows("control").get(key)
    assert row is not None
    stored = json.loads(row["value"])
    assert row["version"] == 2
    assert {part: stored[part] for part in added} == added
    if name == "health":
        assert stored["breakers"]["webhook"] == value["breakers"]["webhook"]
        assert stored["breakers"]["face_check"]["cause"]["code"] == "Arrearage"
    if name == "ignored":
        assert stored["entries"][1] == value["entries"][0]


@pytest.mark.parametrize("kind", [Slot, SweepProgress, Lingering, Health])
def test_a_row_of_this_version_holds_nothing_unknown(tables: Tables, kind: type[Any]) -> None:
    saves: dict[type[Any], Callable[[Any, Any], object]] = {
        Slot: tables.control.save_slot,
        SweepProgress: tables.control.save_sweep,
        Lingering: tables.control.save_lingering,
        Health: tables.control.save_health,
    }
    saves[kind](kind(), kind())
    read = tables.control.read_all()
    (found,) = [row for row in (read.slot, read.sweep, read.lingering, read.health) if type(row) is kind]
    assert found == kind(version=1)


def test_the_way_to_dashscope_keeps_what_newer_code_has_added() -> None:
    memory = Memory()
    memory.save_json("photo_access", memory.read_json("photo_access"), {"mood": "calm"})
    world = memory.world()
    record = AccessRecord(memory, memory, world.access.settings, AccessMemory())
    record.note(Way.URL)
    assert memory.read_json("photo_access").value["mood"] == "calm"


def test_a_request_and_the_doorbell_keep_what_newer_code_has_added(tables: Tables) -> None:
    asked = tables.requests.ring(replace(request(), unknown={"urgency": "high"}))
    bell = tables.control.read_all().doorbell
    assert bell is not None
    tables.rows("requests").put(
        [("name", "doorbell")], {"is_rung": True, "tone": "low"}, expected=bell.version
    )
    tables.requests.settle(asked, "done", NOW)
    heard = tables.control.read_all().doorbell
    assert heard is not None
    tables.requests.silence(heard)
    tables.requests.ring_again()
    found = tables.requests.find(asked.request_id)
    assert found is not None
    assert (found.outcome, found.unknown) == ("done", {"urgency": "high"})
    (row,) = tables.rows("requests").range([("name", "doorbell")], [("name", "doorbell0")])
    assert (row["is_rung"], row["tone"], row["version"]) == (True, "low", 4)


@pytest.mark.parametrize("names", [1, 150])
def test_what_newer_code_remembers_of_an_upload_is_not_taken_for_unknown(tables: Tables, names: int) -> None:
    seen = SeenTable(tables.rows("seen"))
    asked = [f"{number}.jpg" for number in range(names)]
    seen.remember("anna", dict.fromkeys(asked, "E"), NOW)
    (first, *_) = tables.rows("seen").range(
        [("person_key", "anna"), ("name", "")], [("person_key", "b"), ("name", "")]
    )
    key = [("person_key", "anna"), ("name", first["name"])]
    tables.rows("seen").put_each([(key, {"etag": "E", "format": 2})])
    with pytest.raises(Permanent, match="unreadable_row"):
        seen.etags("anna", asked)
