"""The argument of a promise: a client of some version, and tables that are deleted after the promise.

Everything in this folder runs inside the Python and with the client under test, so it imports only the client
and the standard library. ``everything`` collects the promises; ``test_contract`` and ``__main__`` check them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tablestore
from tablestore import OTSClient, SecondaryIndexMeta

from tests.contracts.tablestore_client.contract.calls import (
    INSTANCE,
    KEY_ID,
    SECRET,
    Calls,
    KeySchema,
    connect,
    disconnect,
)

CLIENT_VERSION = tuple(int(part) for part in tablestore.__version__.split("."))

PROMISES: dict[str, Callable[[Case], None]] = {}
SINCE: dict[str, tuple[int, ...]] = {}


def promise(function: Callable[[Case], None]) -> Callable[[Case], None]:
    """Register a promise for every version of the client."""
    assert function.__name__ not in PROMISES, function.__name__
    PROMISES[function.__name__] = function
    SINCE[function.__name__] = (0,)
    return function


def since(*version: int) -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    """Register a promise for clients from ``version`` on."""

    def register(function: Callable[[Case], None]) -> Callable[[Case], None]:
        promise(function)
        SINCE[function.__name__] = version
        return function

    return register


def promises_for(version: tuple[int, ...]) -> list[str]:
    """The names of the promises for a client of ``version``."""
    return [name for name, first in SINCE.items() if version >= first]


class Case(Calls):
    """A client and the tables that it has created."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(connect(url, **options))
        self._url = url
        self._options = options
        self._tables: list[str] = []

    def connect(self, key_id: str = KEY_ID, secret: str = SECRET, instance: str = INSTANCE) -> OTSClient:
        """A separate client, which the caller has to disconnect."""
        return connect(self._url, key_id, secret, instance, **self._options)

    def table(
        self,
        name: str = "t",
        key: KeySchema | None = None,
        columns: Sequence[tuple[str, str]] | None = None,
        indexes: Sequence[SecondaryIndexMeta] = (),
        **options: Any,
    ) -> None:
        """Create a table that is deleted after the promise."""
        self.delete_later(name)
        self.create_table(name, key, columns, indexes, **options)

    def delete_later(self, name: str) -> None:
        """Delete a table after the promise, if it exists then."""
        self._tables.append(name)

    def delete_tables(self) -> None:
        """Delete the tables of the promise."""
        for name in self._tables:
            if name in self.client.list_table():
                self.client.delete_table(name)
        self._tables.clear()

    def close(self) -> None:
        """Close the connections."""
        disconnect(self.client)

    def keep(self, name: str) -> None:
        """Check a promise.

        Raises:
            Exception: the promise is broken.
        """
        try:
            PROMISES[name](self)
        finally:
            self.delete_tables()
