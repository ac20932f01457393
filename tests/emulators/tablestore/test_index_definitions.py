"""Secondary indexes: creating, describing and dropping them, and their limits."""

from __future__ import annotations

from typing import Any

import pytest
from tablestore import SecondaryIndexMeta, SecondaryIndexType

from tests.contracts.tablestore_client.contract.calls import MISSING_TABLE, refused
from tests.emulators.tablestore.indexed_jobs import BY_STATE, KEY, create, entries, put
from tests.emulators.tablestore.support import Emulator


def test_an_index_cannot_be_written_or_changed_as_a_table(emulator: Emulator) -> None:
    create(emulator)
    row = list(zip(KEY, ("QUEUED", 2, "c", 1), strict=True))
    answer = refused(emulator.put, "by_state", row, ("note", "n"))
    assert answer == (400, "OTSParameterInvalid", "Can't write index table directly.")
    assert refused(emulator.client.delete_table, "by_state")[0] == 400


def test_an_index_made_later_holds_earlier_rows_only_on_request(emulator: Emulator) -> None:
    create(emulator, SecondaryIndexMeta("by_note", ["note"], []))
    put(emulator, "old", "QUEUED", 1)
    emulator.client.create_secondary_index("jobs", BY_STATE, False)
    emulator.client.create_secondary_index("jobs", SecondaryIndexMeta("by_due", ["due"], ["state"]), True)
    put(emulator, "new", "QUEUED", 2)
    assert [key[2] for key, _ in entries(emulator)] == ["new"]
    assert [key[1] for key, _ in entries(emulator, "by_due", ["due", "person", "revision"])] == ["old", "new"]


def test_a_dropped_index_is_gone_and_its_name_free(emulator: Emulator) -> None:
    create(emulator)
    emulator.client.delete_secondary_index("jobs", "by_state")
    assert emulator.client.describe_table("jobs").secondary_indexes == []
    assert refused(emulator.client.delete_secondary_index, "jobs", "by_state") == MISSING_TABLE
    assert refused(emulator.client.describe_table, "by_state") == MISSING_TABLE
    put(emulator, "a", "QUEUED", 1)
    emulator.client.create_secondary_index("jobs", BY_STATE, True)
    assert len(entries(emulator)) == 1


@pytest.mark.parametrize(
    ("index", "options", "message"),
    [
        (
            SecondaryIndexMeta("i", ["state"], []),
            {"max_version": 2},
            "Table with index must have max versions of 1.",
        ),
        (
            SecondaryIndexMeta("i", ["state"], []),
            {"time_to_live": 86400},
            "Don't support allow update operation on table with index and ttl",
        ),
        (SecondaryIndexMeta("i", ["nothing"], []), {}, "Column does not exist: 'nothing'."),
        (SecondaryIndexMeta("i", ["state", "state"], []), {}, "Duplicated primary key name: 'state'."),
        (
            SecondaryIndexMeta("i", [], []),
            {},
            "The number of primary key columns must be in range: [1, 4] in index.",
        ),
        (
            SecondaryIndexMeta("i", ["state", "due", "note", "person", "revision"], []),
            {},
            "The number of primary key columns must be in range: [1, 4] in index.",
        ),
        (
            SecondaryIndexMeta("i", ["state"], [f"c{number}" for number in range(33)]),
            {},
            "The number of attribute columns must be in range: [0, 32] in index.",
        ),
        (
            SecondaryIndexMeta("i", ["state"], [], SecondaryIndexType.LOCAL_INDEX),
            {},
            "The first primary key of a local index must be that of its table.",
        ),
    ],
)
def test_an_invalid_index_is_refused(
    emulator: Emulator, index: SecondaryIndexMeta, options: dict[str, Any], message: str
) -> None:
    assert refused(create, emulator, index, **options) == (400, "OTSParameterInvalid", message)


def test_a_table_has_five_indexes_and_no_more(emulator: Emulator) -> None:
    indexes = [SecondaryIndexMeta(f"i{number}", ["state"], []) for number in range(6)]
    quota = (400, "OTSParameterInvalid", "Number of index per table exceeds the quota:5.")
    assert refused(create, emulator, *indexes) == quota
    create(emulator, *indexes[:5])
    assert refused(emulator.client.create_secondary_index, "jobs", indexes[5], False) == quota
    assert len(emulator.client.describe_table("jobs").secondary_indexes) == 5


def test_a_limited_life_excludes_updates_of_an_indexed_table(emulator: Emulator) -> None:
    create(emulator, time_to_live=86400, allow_update=False)
    put(emulator, "a", "QUEUED", 1)
    answer = refused(
        emulator.update, "jobs", [("person", "a"), ("revision", 1)], {"PUT": [("state", "FAILED")]}
    )
    assert answer[:2] == (400, "OTSParameterInvalid")
    emulator.clock.advance(86400)
    assert entries(emulator) == []


def test_an_indexed_table_numbers_its_own_versions(emulator: Emulator) -> None:
    create(emulator)
    timestamp_ms = emulator.now_ms
    answer = refused(emulator.put, "jobs", [("person", "a"), ("revision", 1)], ("note", "n", timestamp_ms))
    assert answer[:2] == (400, "OTSParameterInvalid")
