"""The callers that the API of 2023 lets in: both kinds of signature, and temporary credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

from tests.emulators.function_compute.support import KEY_ID, SECRET, LocalFunctions

PATH = "/2023-03-30/functions/echo/invocations"


def refused(client: Client) -> tuple[int, str]:
    with pytest.raises(ClientException) as caught:
        client.invoke_function("echo", models.InvokeFunctionRequest(body=b"never"))
    return caught.value.status_code, caught.value.code


def signed(
    method: str, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the headers of a request without a body, signed by the client's own library."""
    request = DaraRequest()
    request.method, request.pathname, request.query = method, path, dict(query or {})
    request.headers = {"x-acs-date": Utils.get_timestamp(), **(headers or {})}
    digest = Utils.hash(b"", "ACS3-HMAC-SHA256").hex()
    authorization = Utils.get_authorization(request, "ACS3-HMAC-SHA256", digest, KEY_ID, SECRET)
    return {**request.headers, "Authorization": authorization}


def test_a_wrong_secret_does_not_match_and_an_unknown_key_is_unknown(connect: Callable[..., Client]) -> None:
    assert refused(connect(secret="another")) == (403, "SignatureNotMatch")
    assert refused(connect("LTAIstranger")) == (403, "InvalidAccessKeyID")


def test_temporary_credentials_are_good_with_their_token_only(
    connect: Callable[..., Client], functions: LocalFunctions
) -> None:
    given = functions.keys.issue_sts()
    whole = connect(given.access_key_id, given.access_key_secret, given.security_token)
    assert whole.invoke_function("echo", models.InvokeFunctionRequest(body=b"x")).body.read() == b"x"
    assert refused(connect(given.access_key_id, given.access_key_secret))[1] == "InvalidAccessKeyID"


def test_the_predecessor_of_the_signature_is_taken_too(connect: Callable[..., Client]) -> None:
    client = connect(signature_algorithm="v2")
    answer = client.list_functions(models.ListFunctionsRequest(prefix="e", limit=1))
    assert [function.function_name for function in answer.body.functions] == ["echo"]
    assert refused(connect(secret="another", signature_algorithm="v2")) == (403, "SignatureNotMatch")


def test_path_query_headers_and_body_are_all_covered(functions: LocalFunctions) -> None:
    url = functions.api.url
    query = {"limit": "5", "prefix": "e x/值"}
    headers = signed("GET", "/2023-03-30/functions", query, {"x-acs-action": "ListFunctions"})
    listed = f"{url}/2023-03-30/functions"
    assert requests.get(listed, params=query, headers=headers, timeout=20).status_code == 200
    changes: tuple[dict[str, Any], ...] = (
        {"params": {**query, "limit": "6"}, "headers": headers},
        {"params": query, "headers": {**headers, "x-acs-action": "GetFunction"}},
        {"params": query, "headers": headers, "data": b"body"},
    )
    for changed in changes:
        answer = requests.get(listed, timeout=20, **changed)
        assert (answer.status_code, answer.json()["Code"]) == (403, "SignatureNotMatch")
    moved = requests.get(f"{url}/2023-03-30/functions/echo", headers=headers, timeout=20)
    assert (moved.status_code, moved.json()["Code"]) == (403, "SignatureNotMatch")


def test_a_body_that_is_not_the_signed_one_is_refused(functions: LocalFunctions) -> None:
    headers = signed("POST", PATH)
    url = functions.api.url + PATH
    assert requests.post(url, headers=headers, timeout=20).status_code == 200
    assert requests.post(url, headers=headers, data=b"x", timeout=20).json()["Code"] == "SignatureNotMatch"


@pytest.mark.parametrize("date", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "today"])
def test_a_request_from_another_time_is_refused(functions: LocalFunctions, date: str) -> None:
    headers = signed("POST", PATH, headers={"x-acs-date": date})
    answer = requests.post(functions.api.url + PATH, headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["Code"]) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        (None, 403, "AccessDenied"),
        ("ACS3-HMAC-SHA256", 403, "AccessDenied"),
        (
            f"ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders=host,Signature=00",
            400,
            "MissingRequiredHeader",
        ),
        (f"acs {KEY_ID}:x", 400, "MissingRequiredHeader"),
    ],
)
def test_a_request_that_is_not_signed_is_refused_in_the_services_words(
    functions: LocalFunctions, authorization: str | None, status: int, code: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = requests.post(functions.api.url + PATH, headers=headers, timeout=20)
    body = answer.json()
    assert (answer.status_code, body["Code"]) == (status, code)
    assert body["RequestId"] == answer.headers["X-Fc-Request-Id"]


def test_an_http_trigger_with_signatures_takes_version_3(functions: LocalFunctions) -> None:
    headers = signed("GET", "/a%20b", {"k": "v"})
    url = f"{functions.trigger.url}/a%20b"
    answer = requests.get(url, params={"k": "v"}, headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["queryParameters"]) == (200, {"k": "v"})
    assert requests.get(url, params={"k": "w"}, headers=headers, timeout=20).status_code == 403
