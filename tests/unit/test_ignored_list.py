"""Uploads that belong to nobody: each is named once, the newest first, and the list stays short."""

from __future__ import annotations

from typing import Any

import pytest

from shared.clients.control_table import ControlTable
from shared.clients.ignored_list import MAX_ENTRIES, MAX_KEY_CHARACTERS, ROW, TRIES, IgnoredList
from shared.domain.control_rows import Document
from shared.errors import Conflict
from tests.unit.support import NOW
from tests.unit.table import Bench, service_error


@pytest.fixture
def control() -> ControlTable:
    return ControlTable(Bench().rows)


def note(control: ControlTable, *keys: str, now: int = NOW, reason: str = "unusable_name") -> dict[str, Any]:
    """Note uploads, and return what the row holds then."""
    IgnoredList(control).note(dict.fromkeys(keys, reason), now)
    return dict(control.read_json(ROW).value)


def test_each_upload_is_in_the_list_once_as_it_was_first_seen_and_the_newest_stands_in_front(
    control: ControlTable,
) -> None:
    note(control, "people/a", reason="beside_the_folders")
    value = note(control, "people/b", "people/a", now=NOW + 5)
    assert value == {
        "entries": [
            {"key": "people/b", "reason": "unusable_name", "at": NOW + 5},
            {"key": "people/a", "reason": "beside_the_folders", "at": NOW},
        ],
        "dropped": False,
    }


def test_what_is_in_the_list_already_costs_no_write(control: ControlTable) -> None:
    note(control, "people/a")
    version = control.read_json(ROW).version
    note(control, "people/a", now=NOW + 5)
    assert control.read_json(ROW).version == version


def test_the_oldest_leave_a_full_list_which_says_so_from_then_on(control: ControlTable) -> None:
    value = note(control, *(f"people/{number}" for number in range(MAX_ENTRIES)))
    assert (len(value["entries"]), value["dropped"]) == (100, False)
    value = note(control, "people/new")
    assert (len(value["entries"]), value["entries"][0]["key"]) == (MAX_ENTRIES, "people/new")
    assert value["entries"][-1]["key"] == f"people/{MAX_ENTRIES - 2}"
    assert value["dropped"] is True
    control.save_json(ROW, control.read_json(ROW), {**value, "entries": []})
    assert note(control, "people/newer")["dropped"] is True


def test_a_key_is_cut_and_known_by_what_is_left_of_it(control: ControlTable) -> None:
    for end in ("x", "y"):
        value = note(control, f"people/{'k' * MAX_KEY_CHARACTERS}{end}")
        assert [len(entry["key"]) for entry in value["entries"]] == [MAX_KEY_CHARACTERS]


@pytest.mark.parametrize(("losses", "is_noted"), [(TRIES - 1, True), (TRIES, False)])
def test_an_entry_that_is_lost_to_other_runs_is_tried_again_and_then_left_to_the_sweep(
    control: ControlTable, monkeypatch: pytest.MonkeyPatch, losses: int, is_noted: bool
) -> None:
    left, save = [losses], control.save_json

    def lose(name: str, before: Document, value: dict[str, Any]) -> Document:
        left[0] -= 1
        if left[0] >= 0:
            raise Conflict("another run was faster")
        return save(name, before, value)

    monkeypatch.setattr(control, "save_json", lose)
    assert bool(note(control, "people/a").get("entries")) is is_noted


def test_a_table_that_does_not_answer_keeps_nobody_from_anything() -> None:
    bench = Bench()
    bench.client.get_errors = [service_error("OTSAuthFailed")]
    IgnoredList(ControlTable(bench.rows)).note({"people/a": "unusable_name"}, NOW)
    assert bench.client.rows == {}
