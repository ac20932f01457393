"""The service's errors: HTTP status, code and message, worded as "Tablestore, Error codes" lists them."""

from __future__ import annotations


class TableStoreError(Exception):
    """An answer other than success; inside a batch it belongs to one row, elsewhere to the request."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take the HTTP ``status``, the ``code`` (``OTS…``) and the ``message``, all sent as they are."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def parameter_invalid(message: str) -> TableStoreError:
    """Return a refusal of what the request says, whatever the table holds."""
    return TableStoreError(400, "OTSParameterInvalid", message)


def invalid_table_name(name: str) -> TableStoreError:
    """Return a refusal of a name that no table can have."""
    return parameter_invalid(f"Invalid table name: '{name}'.")


def missing_header(name: str) -> TableStoreError:
    """Return the answer to a request without a header that every request has."""
    return TableStoreError(400, "OTSMissingHeader", f"Missing header: '{name}'.")


def unsupported(operation: str) -> TableStoreError:
    """Return the answer to an operation that is not there."""
    return TableStoreError(400, "OTSUnsupportOperation", f"Unsupported operation: '{operation}'.")


def primary_key_invalid(message: str) -> TableStoreError:
    """Return a refusal of a primary key that does not fit the table's schema."""
    return TableStoreError(400, "OTSInvalidPK", message)


def authentication_failed(message: str) -> TableStoreError:
    """Return a refusal of the caller."""
    return TableStoreError(403, "OTSAuthFailed", message)


def condition_check_failed() -> TableStoreError:
    """Return the answer to a write whose condition does not hold."""
    return TableStoreError(403, "OTSConditionCheckFail", "Condition check failed.")


def table_not_found() -> TableStoreError:
    """Return the answer for a table or index that is not there."""
    return TableStoreError(404, "OTSObjectNotExist", "Requested table does not exist.")


def table_exists() -> TableStoreError:
    """Return the answer to creating a table or index under a name that is taken."""
    return TableStoreError(409, "OTSObjectAlreadyExist", "Requested table already exists.")


def row_conflict() -> TableStoreError:
    """Return the answer to a write where another one, or an open transaction, holds the row."""
    return TableStoreError(409, "OTSRowOperationConflict", "Data is being modified by the other request.")


def transactions_disabled() -> TableStoreError:
    """Return the answer to a local transaction on a table that takes none."""
    return parameter_invalid(
        "Try to call method using explicit transaction on explicit-transaction-disabled table."
    )


def session_not_found() -> TableStoreError:
    """Return the answer for a local transaction that has ended, or was given up after its time."""
    return TableStoreError(404, "OTSSessionNotExist", "Session not exist or may be timeout.")


def out_of_transaction(held: str, touched: str) -> TableStoreError:
    """Return the answer to touching a partition key that the transaction does not hold."""
    return _out_of_range(
        f"Data out of scope of transaction. Transaction PartKey:{held}. Data PartKey:{touched}"
    )


def out_of_atomic_batch(held: str, touched: str) -> TableStoreError:
    """Return the answer to an atomic batch whose rows in one table lie under several partition keys."""
    return _out_of_range(f"Data out of scope of atomic. Atomic PartKey:{held}. Data PartKey:{touched}")


def _out_of_range(message: str) -> TableStoreError:
    return TableStoreError(400, "OTSDataOutOfRange", message)


def quota_exhausted(message: str) -> TableStoreError:
    """Return a refusal to exceed what an instance may hold."""
    return TableStoreError(403, "OTSQuotaExhausted", message)


def index_building() -> TableStoreError:
    """Return the answer to reading an index that is still taking in the rows written before it.

    The message is the one that the vendor's client tests wait on; they do so with retries off, so the code is
    one that the client retries.
    """
    return TableStoreError(404, "OTSTableNotReady", "Disallow read index table in building base state")


def internal_error() -> TableStoreError:
    """Return the answer to a defect of this emulator, as a client would see the service's."""
    return TableStoreError(500, "OTSInternalServerError", "Internal server error.")
