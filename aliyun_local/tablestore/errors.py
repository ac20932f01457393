"""The service's errors: HTTP status, code and message, as listed in "Tablestore, Error codes".

All layers raise them, and ``http.responses`` turns them into answers. An error has a function here if several
modules raise it or if it needs a comment. Its status, code and message also need a row in
:mod:`aliyun_local.tablestore.error_table`.
"""

from __future__ import annotations


class TableStoreError(Exception):
    """An error answer. In a batch it can concern one row; otherwise it concerns the request."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take the HTTP ``status``, the ``code`` (``OTS…``) and the ``message``, all sent unchanged."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def parameter_invalid(message: str) -> TableStoreError:
    """Return the error for a request that is invalid by itself."""
    return TableStoreError(400, "OTSParameterInvalid", message)


def invalid_table_name(name: str) -> TableStoreError:
    """Return the error for a name that no table can have."""
    return parameter_invalid(f"Invalid table name: '{name}'.")


def invalid_column_name(name: str) -> TableStoreError:
    """Return the error for a name that no column can have."""
    return parameter_invalid(f"Invalid column name: '{name}'.")


def duplicate_key_column(name: str) -> TableStoreError:
    """Return the error for a primary key that names a column twice."""
    return parameter_invalid(f"Duplicated primary key name: '{name}'.")


def invalid_key_type(type_name: str) -> TableStoreError:
    """Return the error for a type that no primary key column can have."""
    return parameter_invalid(f"{type_name} is an invalid type for the primary key.")


def attribute_named_like_key(name: str) -> TableStoreError:
    """Return the error for an attribute column with the name of a primary key column."""
    return parameter_invalid(f"Duplicated attribute column name with primary key column: '{name}'.")


def missing_header(name: str) -> TableStoreError:
    """Return the error for a request without a mandatory header."""
    return TableStoreError(400, "OTSMissingHeader", f"Missing header: '{name}'.")


def unsupported(operation: str) -> TableStoreError:
    """Return the error for an operation that is unknown or not served."""
    return TableStoreError(400, "OTSUnsupportOperation", f"Unsupported operation: '{operation}'.")


def primary_key_invalid(message: str) -> TableStoreError:
    """Return the error for a primary key that does not fit the table's schema."""
    return TableStoreError(400, "OTSInvalidPK", message)


def authentication_failed(message: str) -> TableStoreError:
    """Return the error for a caller that cannot be authenticated."""
    return TableStoreError(403, "OTSAuthFailed", message)


def condition_check_failed() -> TableStoreError:
    """Return the error for a write whose condition does not hold."""
    return TableStoreError(403, "OTSConditionCheckFail", "Condition check failed.")


def table_not_found() -> TableStoreError:
    """Return the error for a missing table or index."""
    return TableStoreError(404, "OTSObjectNotExist", "Requested table does not exist.")


def table_exists() -> TableStoreError:
    """Return the error for creating a table or index under a name in use."""
    return TableStoreError(409, "OTSObjectAlreadyExist", "Requested table already exists.")


def row_conflict() -> TableStoreError:
    """Return the error for a write to a row that another write or an open transaction holds."""
    return TableStoreError(409, "OTSRowOperationConflict", "Data is being modified by the other request.")


def transactions_disabled() -> TableStoreError:
    """Return the error for a local transaction on a table without local transactions."""
    return parameter_invalid(
        "Try to call method using explicit transaction on explicit-transaction-disabled table."
    )


def transaction_not_found() -> TableStoreError:
    """Return the error for a local transaction that has ended or expired."""
    return TableStoreError(404, "OTSSessionNotExist", "Session not exist or may be timeout.")


def out_of_transaction(held: str, touched: str) -> TableStoreError:
    """Return the error for touching a partition key that the transaction does not hold."""
    return _out_of_range(
        f"Data out of scope of transaction. Transaction PartKey:{held}. Data PartKey:{touched}"
    )


def out_of_atomic_batch(held: str, touched: str) -> TableStoreError:
    """Return the error for an atomic batch with several partition keys in one table."""
    return _out_of_range(f"Data out of scope of atomic. Atomic PartKey:{held}. Data PartKey:{touched}")


def _out_of_range(message: str) -> TableStoreError:
    return TableStoreError(400, "OTSDataOutOfRange", message)


def quota_exhausted(message: str) -> TableStoreError:
    """Return the error for exceeding the capacity of an instance."""
    return TableStoreError(403, "OTSQuotaExhausted", message)


def index_building() -> TableStoreError:
    """Return the error for reading an index while it takes in the rows written before it.

    The vendor's client tests wait for this message. They run with retries switched off, so the code is one
    that the client would retry.
    """
    return TableStoreError(404, "OTSTableNotReady", "Disallow read index table in building base state")


def internal_error() -> TableStoreError:
    """Return the error for a defect of this emulator, in the form of a defect of the service."""
    return TableStoreError(500, "OTSInternalServerError", "Internal server error.")
