"""The errors of Tablestore, by operation, with their sources.

:data:`DOCUMENTED_ERRORS` has every documented error of the operations in :data:`CALLED_OPERATIONS`, and what
the local Tablestore answers to other operations. A test holds that the local Tablestore says nothing else.

An error of a batch is there with its own status for the whole request, and with the status 200 for single
rows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aliyun_local.documented_error import IN_PART, OTHER_OPERATIONS, DocumentedError, errors_of
from aliyun_local.tablestore import parameter_errors as parameters

CALLED_OPERATIONS = (
    "GetRow",
    "BatchGetRow",
    "GetRange",
    "PutRow",
    "UpdateRow",
    "DeleteRow",
    "BatchWriteRow",
)
_READING = ("GetRow", "BatchGetRow", "GetRange")
_WRITING = ("PutRow", "UpdateRow", "DeleteRow", "BatchWriteRow")
_BATCHES = ("BatchGetRow", "BatchWriteRow")
_OTHER = (OTHER_OPERATIONS,)
_ALL = (*CALLED_OPERATIONS, *_OTHER)

_PAGE = 'Tablestore, "Error codes"'
_CLIENTS = "the vendor's client, which names the code or tests for it"
_LOCAL = "the local Tablestore; the documents have no words for it"

# Errors that can also concern one row of a batch.
_SERVICE_TROUBLE = (
    (500, "OTSInternalServerError", "Internal server error."),
    (503, "OTSServerBusy", "Server is busy."),
    (503, "OTSPartitionUnavailable", "The partition is not available."),
    (503, "OTSTimeout", "Operation timeout."),
    (503, "OTSServerUnavailable", "Server is not available."),
    (403, "OTSCapacityUnitExhausted", "Capacity unit is not enough."),
    (429, "OTSFlowControl", "The requests have been throttled."),
    (404, "OTSTableNotReady", "The table is not ready."),
    (404, "OTSObjectNotExist", "Requested table does not exist."),
)
_SERVICE_TROUBLE_OF_CLIENTS = (
    (403, "OTSNotEnoughCapacityUnit", "Remaining capacity unit is not enough."),
    (503, "OTSServerBusy", "Service is busy."),
    (404, "OTSTableNotReady", "Disallow read index table in building base state"),
    (503, "OTSOperationThrottled", "The operation is throttled."),
    (409, "OTSOperationConflict", "The operation conflicts with another."),
)
_KEY = (
    (400, "OTSInvalidPK", "Validate PK name fail. Input: {given}, Meta: {wanted}."),
    (400, "OTSInvalidPK", "Validate PK size fail. Input: {given}, Meta: {wanted}."),
    (400, "OTSInvalidPK", "Validate PK type fail. Input: {given}, Meta: {wanted}."),
    (400, "OTSInvalidPK", "Primary key schema mismatch."),
)
_WRITE = (
    (403, "OTSConditionCheckFail", "Condition check failed."),
    (409, "OTSRowOperationConflict", "Data is being modified by the other request."),
    (400, "OTSOutOfRowSizeLimit", "The total data size of columns in one row exceeded the limit."),
    (400, "OTSOutOfColumnCountLimit", "The number of columns in one row exceeded the limit."),
)
_TRANSACTION = (
    (404, "OTSSessionNotExist", "Session not exist or may be timeout."),
    (
        *(400, "OTSDataOutOfRange"),
        "Data out of scope of transaction. Transaction PartKey:{held}. Data PartKey:{touched}",
    ),
)
_TRANSACTION_SIZE = (
    *(400, "OTSOutOfTransactionDataSizeLimit"),
    "The total data size of transaction exceeds the limit, limit size: {most}, data size: {size}.",
)
_ATOMIC_BATCH = (
    *(400, "OTSDataOutOfRange"),
    "Data out of scope of atomic. Atomic PartKey:{held}. Data PartKey:{touched}",
)


def _invalid(operations: Iterable[str], *messages: str) -> Iterator[DocumentedError]:
    """Yield ``OTSParameterInvalid`` with each of ``messages``."""
    return errors_of(
        operations, f"{_PAGE}; {_CLIENTS}", *((400, "OTSParameterInvalid", message) for message in messages)
    )


def _of_rows_too(
    operations: tuple[str, ...], source: str, *errors: tuple[int, str, str]
) -> Iterator[DocumentedError]:
    """Yield each error for the whole request and, for batches, for one row."""
    yield from errors_of(operations, source, *errors)
    batches = [operation for operation in operations if operation in _BATCHES]
    yield from errors_of(batches, source, *((IN_PART, code, message) for _, code, message in errors))


def _invalid_rows(operations: tuple[str, ...], *messages: str) -> Iterator[DocumentedError]:
    errors = ((400, "OTSParameterInvalid", message) for message in messages)
    return _of_rows_too(operations, f"{_PAGE}; {_CLIENTS}", *errors)


DOCUMENTED_ERRORS: tuple[DocumentedError, ...] = (
    # -- who the caller is, and whether it may ------------------------------------------------------------
    *errors_of(
        _ALL,
        _PAGE,
        (403, "OTSAuthFailed", "The AccessKeyID does not exist."),
        (403, "OTSAuthFailed", "The AccessKeyID is disabled."),
        (403, "OTSAuthFailed", "The user does not exist."),
        (403, "OTSAuthFailed", "The instance is not found."),
        (403, "OTSAuthFailed", "The user has no privilege to access the instance."),
        (403, "OTSAuthFailed", "The instance is not running."),
        (403, "OTSAuthFailed", "Signature mismatch."),
        (403, "OTSAuthFailed", "Mismatch between system time and x-ots-date: {date}."),
        (403, "OTSAuthFailed", "Request denied by instance ACL policies."),
        (
            *(403, "OTSAuthFailed"),
            "Mismatch between MD5 value of request body and x-ots-contentmd5 in header.",
        ),
        (
            *(403, "OTSNoPermissionAccess"),
            "You have no permission to access the requested resource, please contact the resource owner",
        ),
    ),
    *errors_of(
        _ALL,
        _LOCAL,
        (403, "OTSAuthFailed", "The STS token is expired."),
        (403, "OTSAuthFailed", "The STS token is invalid."),
    ),
    # -- the request as a whole ---------------------------------------------------------------------------
    *errors_of(
        _ALL,
        _PAGE,
        (413, "OTSRequestBodyTooLarge", "The size of POST data is too large."),
        (408, "OTSRequestTimeout", "Request timeout."),
        (405, "OTSMethodNotAllowed", "Only POST method for requests is supported."),
        (403, "OTSQuotaExhausted", "Too frequent table operations."),
    ),
    *errors_of(
        _ALL,
        _CLIENTS,
        (400, "OTSMissingHeader", "Missing header: '{name}'."),
        (400, "OTSUnsupportOperation", "Unsupported operation: '{operation}'."),
    ),
    *_invalid(_ALL, *parameters.ANY_REQUEST),
    # -- the service itself -------------------------------------------------------------------------------
    *_of_rows_too(_ALL, _PAGE, *_SERVICE_TROUBLE),
    *_of_rows_too(_ALL, _CLIENTS, *_SERVICE_TROUBLE_OF_CLIENTS),
    # -- rows ---------------------------------------------------------------------------------------------
    *_of_rows_too(CALLED_OPERATIONS, f"{_PAGE}; {_CLIENTS}", *_KEY),
    *_invalid_rows(CALLED_OPERATIONS, *parameters.ROWS, *parameters.FILTERS),
    *_of_rows_too(CALLED_OPERATIONS, _CLIENTS, *_TRANSACTION),
    *_invalid(CALLED_OPERATIONS, *parameters.TRANSACTIONS),
    *_invalid_rows(_READING, *parameters.READING),
    *_invalid(("GetRange",), *parameters.RANGES),
    *_of_rows_too(_WRITING, _PAGE, *_WRITE),
    *_of_rows_too(_WRITING, _CLIENTS, _TRANSACTION_SIZE),
    *_invalid_rows(_WRITING, *parameters.WRITING),
    *_invalid_rows(("PutRow", "BatchWriteRow"), *parameters.PUTTING),
    *_invalid_rows(("UpdateRow", "BatchWriteRow"), *parameters.UPDATING),
    *_invalid_rows(("DeleteRow", "BatchWriteRow"), *parameters.DELETING),
    *_invalid(("BatchGetRow",), *parameters.READING_BATCHES),
    *_invalid(("BatchWriteRow",), *parameters.WRITING_BATCHES),
    *_of_rows_too(("BatchWriteRow",), _CLIENTS, _ATOMIC_BATCH),
    # -- other operations ---------------------------------------------------------------------------------
    *errors_of(
        _OTHER,
        _PAGE,
        (409, "OTSObjectAlreadyExist", "Requested table already exists."),
        (403, "OTSQuotaExhausted", "Number of tables exceeded the quota."),
        (
            *(403, "OTSTooFrequentReservedThroughputAdjustment"),
            "Reserved throughput adjustment is too frequent.",
        ),
        (400, "OTSForbiddenUpdateCapacityUnit", "{reason}"),
        (400, "OTSParameterInvalid", "{reason}"),
        *_KEY,
    ),
    *errors_of(
        _OTHER,
        _CLIENTS,
        (409, "OTSRowOperationConflict", "Data is being modified by the other request."),
        (404, "OTSSessionNotExist", "Session not exist or may be timeout."),
    ),
)
