"""The table of the index tests: jobs with an index by state, and short forms of calls on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tablestore import SecondaryIndexMeta

from tests.contracts.tablestore_client.contract.calls import columns_of
from tests.emulators.tablestore.support import Emulator

COLUMNS = [("state", "STRING"), ("due", "INTEGER"), ("note", "STRING")]
BY_STATE = SecondaryIndexMeta("by_state", ["state", "due"], ["note"])
KEY = ["state", "due", "person", "revision"]


def create(emulator: Emulator, *indexes: SecondaryIndexMeta, **options: Any) -> None:
    key = [("person", "STRING"), ("revision", "INTEGER")]
    emulator.create(key=key, columns=COLUMNS, indexes=list(indexes or [BY_STATE]), **options)


def put(emulator: Emulator, person: str, state: str, due: Any, *more: Any) -> None:
    key = [("person", person), ("revision", 1)]
    emulator.put("jobs", key, ("state", state), ("due", due), *more)


def entries(
    emulator: Emulator, index: str = "by_state", key: Sequence[str] = KEY
) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """The rows of an index: the values of their keys, and their columns."""
    return [
        (
            tuple(value for _, value in row.primary_key),
            columns_of(row),
        )
        for row in emulator.scan(index, key)
    ]
