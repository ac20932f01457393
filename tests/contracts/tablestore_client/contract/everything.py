"""The import of all promises, which registers them."""

from __future__ import annotations

from tests.contracts.tablestore_client.contract import (  # noqa: F401
    batches,
    conditions,
    errors,
    ranges,
    rows,
    tables,
    transactions,
)
from tests.contracts.tablestore_client.contract.case import CLIENT_VERSION, SINCE, Case, promises_for

__all__ = ["CLIENT_VERSION", "SINCE", "Case", "promises_for"]
