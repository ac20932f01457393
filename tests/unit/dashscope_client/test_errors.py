"""Errors of DashScope as the client raises them, and how often each request is sent."""

from __future__ import annotations

import pytest
import responses

from shared.clients.dashscope import DashScope
from shared.clients.retries import TRIES
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import (
    AccountTrouble,
    NotFound,
    OutcomeUnknown,
    Permanent,
    RequestTrouble,
    RetryLater,
    Trouble,
)
from tests.unit.dashscope_client.support import BASE, ID, PENDING, SIGNED, answer, error_body

ERRORS: list[tuple[int, str, str, type[Trouble], type[Trouble], Kind]] = [
    # status, code, message; the error of a create and of a read; what it concerns, for both
    (400, "InvalidParameter", "Missing training files.", RequestTrouble, RequestTrouble, Kind.UNKNOWN),
    (400, "Arrearage", "Access denied, please …", AccountTrouble, AccountTrouble, Kind.ACCOUNT),
    (400, "InvalidParameter.DataInspection", "Unable to …", RequestTrouble, RequestTrouble, Kind.UNKNOWN),
    (400, "InvalidURL.Timeout", "Download timeout.", RequestTrouble, RequestTrouble, Kind.UNKNOWN),
    (400, "BadRequest.InputDownloadFailed", "…", RequestTrouble, RequestTrouble, Kind.UNKNOWN),
    (400, "DataInspectionFailed", "Input data may …", Permanent, Permanent, Kind.PICTURE),
    (400, "InvalidImage.NoHumanFace", "…", Permanent, Permanent, Kind.PICTURE),
    (400, "InvalidParameter", "Model not exist.", AccountTrouble, AccountTrouble, Kind.API),
    (401, "InvalidApiKey", "Invalid API-key provided.", AccountTrouble, AccountTrouble, Kind.ACCOUNT),
    (401, "", "NOT AUTHORIZED", AccountTrouble, AccountTrouble, Kind.ACCOUNT),
    (403, "AccessDenied", "Access denied.", AccountTrouble, AccountTrouble, Kind.API),
    (403, "Model.AccessDenied", "…", AccountTrouble, AccountTrouble, Kind.API),
    (403, "", "", RequestTrouble, RequestTrouble, Kind.UNKNOWN),
    (404, "ModelNotFound", "Model can not be found.", AccountTrouble, AccountTrouble, Kind.API),
    (404, "NotFound", "Request path not found.", AccountTrouble, AccountTrouble, Kind.API),
    (400, "InvalidParameter", "File not found.", NotFound, NotFound, Kind.GONE),
    (409, "Conflict", "Model instance xxxxx already exists", RequestTrouble, RequestTrouble, Kind.UNKNOWN),
    (429, "Throttling", "Too many fine-tune job in running", RetryLater, RetryLater, Kind.PASSING),
    (429, "Throttling.RateQuota", "You have exceeded …", RetryLater, RetryLater, Kind.PASSING),
    (429, "Throttling", "Only 20 fine-tune job in running …", AccountTrouble, AccountTrouble, Kind.API),
    (429, "PostpaidBillOverdue", "…", AccountTrouble, AccountTrouble, Kind.ACCOUNT),
    (429, "", "", RetryLater, RetryLater, Kind.PASSING),
    (500, "InternalError", "Internal server error!", OutcomeUnknown, RetryLater, Kind.PASSING),
    (500, "InternalError.Timeout", "…", OutcomeUnknown, RetryLater, Kind.PASSING),
    (500, "", "", OutcomeUnknown, RetryLater, Kind.PASSING),
    (503, "ModelUnavailable", "…", OutcomeUnknown, RetryLater, Kind.PASSING),
    (504, "", "", OutcomeUnknown, RetryLater, Kind.PASSING),
    # The code counts, whatever status it comes with.
    (200, "InternalError", "…", OutcomeUnknown, RetryLater, Kind.PASSING),
    (400, "InternalError", "…", OutcomeUnknown, RetryLater, Kind.PASSING),
    (408, "RequestTimeOut", "…", OutcomeUnknown, RetryLater, Kind.PASSING),
    (429, "ModelServingError", "…", OutcomeUnknown, RetryLater, Kind.PASSING),
    (200, "InvalidApiKey", "…", AccountTrouble, AccountTrouble, Kind.ACCOUNT),
    (500, "InvalidParameter", "Missing training files.", RequestTrouble, RequestTrouble, Kind.UNKNOWN),
    (503, "Throttling", "…", RetryLater, RetryLater, Kind.PASSING),
    # What nobody has documented as a refusal may have had an effect.
    (200, "SomethingNew", "…", OutcomeUnknown, RequestTrouble, Kind.UNKNOWN),
    (302, "", "", OutcomeUnknown, RequestTrouble, Kind.UNKNOWN),
    (400, "SomethingNew", "", OutcomeUnknown, RequestTrouble, Kind.UNKNOWN),
    (400, "", "", OutcomeUnknown, RequestTrouble, Kind.UNKNOWN),
    (404, "", "", OutcomeUnknown, RequestTrouble, Kind.UNKNOWN),
    (404, "SomethingNew", "…", OutcomeUnknown, RequestTrouble, Kind.UNKNOWN),
    (408, "", "", OutcomeUnknown, RequestTrouble, Kind.UNKNOWN),
    (409, "SomethingNew", "…", OutcomeUnknown, RequestTrouble, Kind.UNKNOWN),
    (500, "SomethingNew", "…", OutcomeUnknown, RetryLater, Kind.PASSING),
    # Statuses that are refusals by definition.
    (401, "SomethingNew", "…", AccountTrouble, AccountTrouble, Kind.ACCOUNT),
    (403, "SomethingNew", "…", RequestTrouble, RequestTrouble, Kind.UNKNOWN),
    (429, "SomethingNew", "…", RetryLater, RetryLater, Kind.PASSING),
]
COLUMNS = ("status", "code", "message", "of_create", "of_read", "kind")


@pytest.mark.parametrize(COLUMNS, ERRORS)
def test_each_error_of_a_create_is_raised_as_what_it_means_and_sent_once(
    wire: responses.RequestsMock,
    client: DashScope,
    status: int,
    code: str,
    message: str,
    of_create: type[Trouble],
    of_read: type[Trouble],
    kind: Kind,
) -> None:
    if status == 200:
        wire.post(f"{BASE}/fine-tunes", json={**answer(PENDING), **error_body(code, message)})
    else:
        wire.post(f"{BASE}/fine-tunes", status=status, json=error_body(code, message))
    with pytest.raises(Trouble) as raised:
        client.create_fine_tune([SIGNED])
    trouble = raised.value
    assert (type(trouble), trouble.kind, trouble.api) == (of_create, kind, Api.TRAINING)
    assert trouble.code == (code or f"http_{status}")
    assert trouble.message == (message or f"HTTP {status} without a reason")
    assert len(wire.calls) == 1


@pytest.mark.parametrize(COLUMNS, ERRORS)
def test_a_read_is_tried_again_only_when_the_service_blames_itself(
    wire: responses.RequestsMock,
    client: DashScope,
    status: int,
    code: str,
    message: str,
    of_create: type[Trouble],
    of_read: type[Trouble],
    kind: Kind,
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", status=status, json={**answer(PENDING), **error_body(code, message)})
    with pytest.raises(Trouble) as raised:
        client.fine_tune(ID)
    trouble = raised.value
    # Of a read it is always known that it had no effect.
    assert (type(trouble), trouble.kind, trouble.api) == (of_read, kind, Api.TRAINING)
    blames_itself = kind is Kind.PASSING and of_create is OutcomeUnknown
    assert len(wire.calls) == (TRIES if blames_itself else 1)


def test_a_fine_tune_that_is_not_there_is_not_found(wire: responses.RequestsMock, client: DashScope) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", status=404, json=error_body("NotFound", "Not Found!"))
    with pytest.raises(NotFound) as raised:
        client.fine_tune(ID)
    assert (raised.value.kind, raised.value.api) == (Kind.GONE, Api.TRAINING)


def test_a_create_that_is_not_found_is_the_apis_trouble_and_no_photos_fault(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.post(f"{BASE}/fine-tunes", status=404, json=error_body("NotFound", "Not Found!"))
    with pytest.raises(AccountTrouble) as raised:
        client.create_fine_tune([SIGNED])
    assert (raised.value.kind, raised.value.api) == (Kind.API, Api.TRAINING)


def test_a_create_names_no_object_that_could_be_in_the_wrong_state(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.post(f"{BASE}/fine-tunes", status=400, json=error_body("UnsupportedOperation", "…"))
    with pytest.raises(RequestTrouble) as raised:
        client.create_fine_tune([SIGNED])
    assert (raised.value.kind, raised.value.api) == (Kind.UNKNOWN, Api.TRAINING)


def test_what_an_error_says_is_kept_short(wire: responses.RequestsMock, client: DashScope) -> None:
    wire.post(f"{BASE}/fine-tunes", status=400, json=error_body("x" * 10_000, "y" * 10_000))
    with pytest.raises(Trouble) as raised:
        client.create_fine_tune([SIGNED])
    assert (raised.value.code, raised.value.message) == ("x" * 100, "y" * 500)


ERROR_PAGES = {
    "an HTML page": ("<html><head><title>502 Bad Gateway</title></head></html>", "text/html"),
    "nothing": ("", "text/plain"),
    "a list": ("[1]", "application/json"),
    "truncated JSON": ('{"code": "InvalidParam', "application/json"),
    "code null": ('{"code": null, "message": null}', "application/json"),
}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("page", ERROR_PAGES)
def test_a_gateways_error_page_leaves_a_create_unknown(
    wire: responses.RequestsMock, client: DashScope, status: int, page: str
) -> None:
    body, content_type = ERROR_PAGES[page]
    wire.post(f"{BASE}/fine-tunes", status=status, body=body, content_type=content_type)
    with pytest.raises(OutcomeUnknown) as raised:
        client.create_fine_tune([SIGNED])
    assert raised.value.code == f"http_{status}"
    assert "<html>" not in raised.value.message
    assert len(wire.calls) == 1


def test_a_file_that_is_not_there_is_not_found_although_the_code_says_otherwise(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    gone = {"request_id": "r", "code": "InvalidParameter", "message": "File not found."}
    wire.delete(f"{BASE}/files/f1", status=400, json=gone)
    with pytest.raises(NotFound):
        client.delete_file("f1")


def test_a_cancel_that_comes_too_late_is_permanent(wire: responses.RequestsMock, client: DashScope) -> None:
    refusal = {"code": "UnsupportedOperation", "message": "The fine-tune job can not be deleted …"}
    wire.post(f"{BASE}/fine-tunes/{ID}/cancel", status=400, json=refusal)
    with pytest.raises(Permanent):
        client.cancel_fine_tune(ID)
