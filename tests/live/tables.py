"""Tablestore as the questions use it, and the removal of a person's rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.live.settings import Settings

with warnings.catch_warnings():
    # Its closed C++ codec loads on CPython 3.12 alone, and it says so at import.
    warnings.simplefilter("ignore")
    import tablestore

TIMEOUT_SECONDS = 20
OTSClientError = tablestore.OTSClientError
OTSServiceError = tablestore.OTSServiceError
_PRIMARY_KEYS = {"jobs": ("person_key", "revision"), "seen": ("person_key", "name")}
"""The tables that have rows of a person."""
_ROWS_A_CALL = 100


@contextmanager
def client_of(settings: Settings) -> Iterator[Any]:
    """Give a client of the instance; each call is made once and takes :data:`TIMEOUT_SECONDS` at most."""
    client = tablestore.OTSClient(
        settings["OTS_ENDPOINT"],
        settings["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        settings["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        settings["OTS_INSTANCE"],
        sts_token=settings.get("ALIBABA_CLOUD_SECURITY_TOKEN") or None,
        socket_timeout=TIMEOUT_SECONDS,
        retry_policy=tablestore.retry.NoRetryPolicy(),
    )
    try:
        yield client
    finally:
        client.connection.pool.clear()


def remove_rows(settings: Settings, person_key: str) -> None:
    """Remove all rows of a person.

    Raises:
        OTSClientError, OTSServiceError: Tablestore does not answer, or refuses.
    """
    with client_of(settings) as client:
        for table, (first, second) in _PRIMARY_KEYS.items():
            begin = [(first, person_key), (second, tablestore.INF_MIN)]
            end = [(first, person_key), (second, tablestore.INF_MAX)]
            while begin:
                _, begin, rows, _ = client.get_range(
                    table, tablestore.Direction.FORWARD, begin, end, [first], _ROWS_A_CALL
                )
                for row in rows:
                    client.delete_row(table, tablestore.Row(row.primary_key), None)
