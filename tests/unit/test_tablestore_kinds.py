"""The kinds of Tablestore's errors, row by row: what each concerns, and what becomes of it."""

from __future__ import annotations

import pytest

from shared.clients.answers import trouble_for
from shared.clients.retries import LONGEST_DELAY_SECONDS
from shared.domain.error_kinds import kind_of
from shared.domain.trouble_kinds import Api, Kind, Service
from shared.domain.trouble_tables import TABLES
from shared.errors import AccountTrouble, Permanent, RequestTrouble, RetryLater

PASSING, PERSON, OBJECT, UNKNOWN = Kind.PASSING, Kind.PERSON, Kind.OBJECT, Kind.UNKNOWN
API, ACCOUNT = Kind.API, Kind.ACCOUNT

DOCUMENTED = [
    # "Error codes": permissions.
    (403, "OTSAuthFailed", "The AccessKeyID does not exist.", ACCOUNT),
    (403, "OTSAuthFailed", "The AccessKeyID is disabled.", ACCOUNT),
    (403, "OTSAuthFailed", "The user does not exist.", ACCOUNT),
    (403, "OTSAuthFailed", "The instance is not found.", ACCOUNT),
    (403, "OTSAuthFailed", "The user has no privilege to access the instance.", ACCOUNT),
    (403, "OTSAuthFailed", "The instance is not running.", ACCOUNT),
    (403, "OTSAuthFailed", "Signature mismatch.", ACCOUNT),
    (403, "OTSAuthFailed", "Mismatch between system time and x-ots-date: 2026-01-01.", PASSING),
    (403, "OTSAuthFailed", "Request denied by instance ACL policies.", ACCOUNT),
    (403, "OTSNoPermissionAccess", "You have no permission to access the requested resource", API),
    # HTTP.
    (413, "OTSRequestBodyTooLarge", "The size of POST data is too large.", OBJECT),
    (408, "OTSRequestTimeout", "Request timeout.", PASSING),
    (405, "OTSMethodNotAllowed", "Only POST method for requests is supported.", UNKNOWN),
    (403, "OTSAuthFailed", "Mismatch between MD5 value of request body and x-ots-contentmd5", PASSING),
    (400, "OTSParameterInvalid", "Missing header: x-ots-date.", UNKNOWN),
    (400, "OTSMissingHeader", "Missing header: 'x-ots-date'.", UNKNOWN),
    (400, "OTSUnsupportOperation", "Unsupported operation: 'HelloWorld'.", UNKNOWN),
    # Transactions.
    (404, "OTSSessionNotExist", "Session not exist or may be timeout.", UNKNOWN),
    (400, "OTSDataOutOfRange", "Data out of scope of transaction. Transaction PartKey:a.", UNKNOWN),
    (400, "OTSOutOfTransactionDataSizeLimit", "The total data size of transaction exceeds it.", UNKNOWN),
    # Operations.
    (500, "OTSInternalServerError", "Internal server error.", PASSING),
    (403, "OTSQuotaExhausted", "Too frequent table operations.", PASSING),
    (403, "OTSQuotaExhausted", "Number of tables exceeded the quota.", ACCOUNT),
    (400, "OTSParameterInvalid", "Invalid table name: 'a b'.", UNKNOWN),
    (400, "OTSParameterInvalid", "Value of column photos must be UTF8 encoding.", OBJECT),
    (
        400,
        "OTSParameterInvalid",
        "The length of attribute column: 'photos' exceeded the MaxLength: 2097152 with CurrentLength: 9.",
        OBJECT,
    ),
    (
        400,
        "OTSParameterInvalid",
        "The length of primary key column: 'name' exceeds the MaxLength: 1024 with CurrentLength: 1025.",
        OBJECT,
    ),
    (
        400,
        "OTSParameterInvalid",
        "The number of attribute columns exceeds the limit, limit count: 1024, column count: 1025.",
        OBJECT,
    ),
    (
        400,
        "OTSParameterInvalid",
        "The total data size of PutRow request exceeds the limit, limit size: 4194304 , data size: 4194305.",
        OBJECT,
    ),
    (400, "OTSParameterInvalid", "The limit must be greater than 0.", UNKNOWN),
    (400, "OTSParameterInvalid", "Duplicate rows detected in MultiGet.", UNKNOWN),
    (400, "OTSInvalidPK", "Primary key schema mismatch.", API),
    (400, "OTSOutOfRowSizeLimit", "The total data size of columns in one row exceeded the limit.", OBJECT),
    (400, "OTSOutOfColumnCountLimit", "The number of columns in one row exceeded the limit.", OBJECT),
    # The servers.
    (503, "OTSServerBusy", "Server is busy.", PASSING),
    (503, "OTSPartitionUnavailable", "The partition is not available.", PERSON),
    (503, "OTSTimeout", "Operation timeout.", PASSING),
    (503, "OTSServerUnavailable", "Server is not available.", PASSING),
    (409, "OTSRowOperationConflict", "Data is being modified by the other request.", PERSON),
    (404, "OTSObjectNotExist", "Requested table does not exist.", API),
    (404, "OTSTableNotReady", "The table is not ready.", PASSING),
    (403, "OTSCapacityUnitExhausted", "Capacity unit is not enough.", PERSON),
    (403, "OTSConditionCheckFail", "Condition check failed.", PASSING),
    (429, "OTSFlowControl", "The requests have been throttled.", PASSING),
    # Repeated by the vendor's clients.
    (403, "OTSNotEnoughCapacityUnit", "Remaining capacity unit is not enough.", PERSON),
    (429, "OTSOperationThrottled", "…", PASSING),
    (409, "OTSOperationConflict", "…", PASSING),
    (500, "OTSStorageServerBusy", "Service is busy.", PASSING),
]
RAISED = {
    PASSING: RetryLater,
    PERSON: RetryLater,
    UNKNOWN: RequestTrouble,
    API: AccountTrouble,
    ACCOUNT: AccountTrouble,
    OBJECT: Permanent,
}


@pytest.mark.parametrize(("status", "code", "message", "kind"), DOCUMENTED)
def test_a_documented_error_is_of_its_kind(status: int, code: str, message: str, kind: Kind) -> None:
    assert kind_of(Service.TABLESTORE, Api.TABLES, status, code, message) is kind
    # In a batch the row's error has no status of its own.
    assert kind_of(Service.TABLESTORE, Api.TABLES, 200, code, message) is kind


@pytest.mark.parametrize(("status", "code", "message", "kind"), DOCUMENTED)
def test_a_documented_error_is_raised_as_what_decides_about_it(
    status: int, code: str, message: str, kind: Kind
) -> None:
    trouble = trouble_for(Service.TABLESTORE, Api.TABLES, status, code, message)
    assert type(trouble) is RAISED[kind]
    assert (trouble.code, trouble.kind, trouble.api) == (code, kind, Api.TABLES)
    if kind in (PASSING, PERSON):
        assert isinstance(trouble, RetryLater)
        assert trouble.delay_seconds <= LONGEST_DELAY_SECONDS


def test_no_row_of_the_table_is_without_a_documented_error() -> None:
    assert {row.code for row in TABLES[Service.TABLESTORE]} == {code for _, code, _, _ in DOCUMENTED}
    for row in TABLES[Service.TABLESTORE]:
        assert any(row.code == code and row.says in message.lower() for _, code, message, _ in DOCUMENTED)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, UNKNOWN), (400, UNKNOWN), (403, UNKNOWN), (429, PASSING), (500, PASSING), (503, PASSING)],
)
def test_of_an_error_that_is_not_documented_only_the_status_is_known(status: int, kind: Kind) -> None:
    assert kind_of(Service.TABLESTORE, Api.TABLES, status, "OTSSomethingNew", "…") is kind
