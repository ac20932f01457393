"""The table of the transaction tests: mails with a partition key ``user``, and short forms of calls on it."""

from __future__ import annotations

from typing import Any

from tablestore import INF_MAX, INF_MIN, Condition, Row

from tests.contracts.tablestore_client.contract.calls import Key, columns_of
from tests.emulators.tablestore.support import Emulator

KEY = [("user", "STRING"), ("mail", "INTEGER")]
CONFLICT = (409, "OTSRowOperationConflict", "Data is being modified by the other request.")
ENDED = (404, "OTSSessionNotExist", "Session not exist or may be timeout.")


def key(user: str, mail: Any) -> Key:
    return [("user", user), ("mail", mail)]


def read_range(
    emulator: Emulator, user: str, transaction_id: str | None = None, backward: bool = False, **options: Any
) -> list[tuple[int, dict[str, Any]]]:
    """The numbers and columns of a user's mails, in one page."""
    ends = [key(user, INF_MIN), key(user, INF_MAX)]
    if backward:
        ends.reverse()
    direction = "BACKWARD" if backward else "FORWARD"
    _, following, rows, _ = emulator.client.get_range(
        "mails", direction, *ends, transaction_id=transaction_id, **options
    )
    assert following is None
    return [(row.primary_key[1][1], columns_of(row)) for row in rows]


def begin(emulator: Emulator, user: str = "zhang") -> str:
    transaction_id: str = emulator.client.start_local_transaction("mails", [("user", user)])
    return transaction_id


def put(emulator: Emulator, user: str, mail: int, value: Any, transaction_id: str | None = None) -> None:
    emulator.client.put_row(
        "mails", Row(key(user, mail), [("read", value)]), Condition("IGNORE"), None, transaction_id
    )
