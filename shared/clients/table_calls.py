"""Makes a call of Tablestore's SDK: a few times if need be, its errors in the words of ``shared.errors``.

Called by ``rows`` and ``row_batches``. Nothing that the SDK raises gets past it: an answer that cannot be
decoded raises whatever the SDK's decoder happens to trip over, and it has three of them.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import tablestore
import urllib3.exceptions

from shared.clients.answers import BUSY_DELAY_SECONDS, trouble_for
from shared.clients.retries import Retries
from shared.domain.trouble_kinds import Api, Kind, Service
from shared.errors import RetryLater, Trouble

NO_TRY_AFTER_SECONDS = 5
_DELAY_SECONDS = BUSY_DELAY_SECONDS[Service.TABLESTORE]
_SDK = ("tablestore", "google")
"""The SDK's packages; ``google`` is protobuf."""

Key = Sequence[tuple[str, Any]]
Columns = dict[str, Any]

_T = TypeVar("_T")


def call(retries: Retries, key: Key, do: Callable[[], _T]) -> _T:
    """Make a call that may be repeated and asks for ``key``, or for rows from ``key`` on.

    Raises:
        Trouble: what the last try raised. Where the key is none of a person's, it is not one person's either.
    """

    def attempt() -> _T:
        try:
            return _translated(do)
        except Trouble as trouble:
            raise of_partition(trouble, key) from None

    return retries.call(attempt, within_seconds=NO_TRY_AFTER_SECONDS)


def _translated(do: Callable[[], _T]) -> _T:
    """Return what a call of the SDK returns; a mistake of our own in calling it stays what it is."""
    try:
        return do()
    except Trouble:
        raise
    except tablestore.OTSServiceError as error:
        raise trouble_of(error.get_http_status(), error.get_error_code(), error.get_error_message()) from None
    except (urllib3.exceptions.HTTPError, tablestore.OTSClientError, OSError) as error:
        raise RetryLater(
            "tablestore_unavailable",
            f"Tablestore did not answer ({type(error).__name__})",
            delay_seconds=_DELAY_SECONDS,
            api=Api.TABLES,
        ) from None
    except Exception as error:
        if not _is_of_the_sdk(error):
            raise
        raise unreadable_answer(type(error).__name__) from None


def trouble_of(status: int, code: str, message: str) -> Trouble:
    """Return the trouble that an error answer stands for, of a request or of a row in a batch."""
    return trouble_for(Service.TABLESTORE, Api.TABLES, status, code or "", f"Tablestore: {message or code}")


def unreadable_answer(what: str) -> RetryLater:
    """Return the trouble of an answer that came and cannot be understood."""
    return RetryLater(
        "tablestore_unreadable",
        f"Tablestore's answer cannot be read ({what})",
        delay_seconds=_DELAY_SECONDS,
        kind=Kind.PASSING,
        api=Api.TABLES,
    )


def of_partition(trouble: Trouble, key: Key) -> Trouble:
    """Return ``trouble`` as one of the partition that holds ``key``: only in some a partition is a person."""
    if trouble.kind is Kind.PERSON and key[0][0] != "person_key":
        trouble.kind = Kind.PASSING
    return trouble


def columns_of(row: Any) -> Columns:
    """Return a row's columns with those of its key."""
    columns = dict(row.primary_key)
    columns.update({attribute[0]: attribute[1] for attribute in row.attribute_columns})
    return columns


def storable(columns: Columns) -> list[tuple[str, Any]]:
    """Return columns as Tablestore takes them: half a surrogate pair, which JSON may hold, is no UTF-8."""
    return [
        (name, value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value)
        for name, value in columns.items()
    ]


def _is_of_the_sdk(error: Exception) -> bool:
    """Whether the SDK's code raised it: our own mistakes are not to be taken for the service's."""
    names = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(name.partition(".")[0] in _SDK for name in names)
