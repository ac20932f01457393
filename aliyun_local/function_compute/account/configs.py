"""The limits of created functions: reserved concurrency, and retries of asynchronous invocations.

Rules: Function Compute, "PutConcurrencyConfig" and "PutAsyncInvokeConfig" of 2023-03-30.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aliyun_local.function_compute.account.records import ASYNCHRONOUS, CONCURRENCY, Document
from aliyun_local.function_compute.account.triggers import Triggers
from aliyun_local.function_compute.account.views import asynchronous_of, concurrency_of


class Configs(Triggers):
    """The limits of the account's functions."""

    def put_concurrency(self, function: str, given: Mapping[str, Any]) -> Document:
        """Reserve instances for a function, and return the document.

        Raises:
            FunctionNotFound: there is no such function.
            ResourceRefused: the number is wrong, or the function is the template's.
        """
        with self._changing:
            self._created(function)
            reserved = concurrency_of(given)
            document = {"functionArn": self._arn(f"functions/{function}"), "reservedConcurrency": reserved}
            self._records.put(CONCURRENCY, function, document)
            self._changed()
            return document

    def put_asynchronous(self, function: str, given: Mapping[str, Any]) -> Document:
        """Say how a function's asynchronous invocations are retried, and return the document.

        Raises:
            FunctionNotFound: there is no such function.
            ResourceRefused: a number is wrong, or the function is the template's.
        """
        with self._changing:
            self._created(function)
            config = asynchronous_of(given)
            before = self._records.find(ASYNCHRONOUS, function) or {"createdTime": self._now()}
            document: Document = {
                "functionArn": self._arn(f"functions/{function}"),
                "maxAsyncRetryAttempts": config.max_retries,
                "maxAsyncEventAgeInSeconds": config.max_age_seconds,
                "asyncTask": bool(given.get("asyncTask", False)),
                "destinationConfig": given.get("destinationConfig") or {},
                "createdTime": before["createdTime"],
                "lastModifiedTime": self._now(),
            }
            self._records.put(ASYNCHRONOUS, function, document)
            self._changed()
            return document

    def find_asynchronous(self, function: str) -> Document | None:
        """Return how a created function's asynchronous invocations are retried, if that was ever said."""
        return self._records.find(ASYNCHRONOUS, function)

    def find_concurrency(self, function: str) -> Document | None:
        """Return the reserved concurrency of a created function, if it has one."""
        return self._records.find(CONCURRENCY, function)

    def delete_concurrency(self, function: str) -> None:
        """Reserve nothing any more.

        Raises:
            FunctionNotFound, ResourceRefused: there is no such function, or it is the template's.
        """
        self._delete(CONCURRENCY, function)

    def delete_asynchronous(self, function: str) -> None:
        """Retry as functions without a configuration do.

        Raises:
            FunctionNotFound, ResourceRefused: there is no such function, or it is the template's.
        """
        self._delete(ASYNCHRONOUS, function)

    def _delete(self, kind: str, function: str) -> None:
        with self._changing:
            self._created(function)
            self._records.remove(kind, function)
            self._changed()
