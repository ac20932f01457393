"""The callers that the API of 2016 lets in."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Callable

import fc2
import pytest
import requests

from tests.emulators.function_compute.support import KEY_ID, SECRET, LocalFunctions

PATH = "/2016-08-15/services/s/functions/echo/invocations"


def refused(client: fc2.Client) -> tuple[int, str, str]:
    with pytest.raises(fc2.FcError) as caught:
        client.invoke_function("s", "echo", b"never")
    told = json.loads(caught.value.message)
    return caught.value.status_code, caught.value.err_code, told["ErrorMessage"]


def test_a_wrong_secret_does_not_match(connect: Callable[..., fc2.Client]) -> None:
    assert refused(connect(secret="another")) == (
        403,
        "SignatureNotMatch",
        "The request signature we calculated does not match the signature you provided."
        " Check your access key and signing method",
    )


def test_an_unknown_key_is_named(connect: Callable[..., fc2.Client]) -> None:
    assert refused(connect("LTAIstranger")) == (
        403,
        "InvalidAccessKeyID",
        "invalid access key ID 'LTAIstranger'",
    )


def test_temporary_credentials_are_good_with_their_token_only(
    connect: Callable[..., fc2.Client], functions: LocalFunctions
) -> None:
    given = functions.keys.issue_sts()
    whole = connect(given.access_key_id, given.access_key_secret, given.security_token)
    assert whole.invoke_function("s", "echo", b"x").data == b"x"
    assert refused(connect(given.access_key_id, given.access_key_secret))[1] == "InvalidAccessKeyID"
    other = functions.keys.issue_sts().security_token
    assert refused(connect(given.access_key_id, given.access_key_secret, other))[1] == "AccessDenied"


def test_what_is_signed_cannot_be_changed_on_the_way(client: fc2.Client, functions: LocalFunctions) -> None:
    signed = client._build_common_headers("POST", PATH, {"x-fc-log-type": "None"})
    changed = {**signed, "x-fc-log-type": "Tail"}
    url = functions.api.url + PATH
    assert requests.post(url, headers=signed, timeout=20).status_code == 200
    assert requests.post(url, headers=changed, timeout=20).status_code == 403
    assert requests.post(url.replace("echo", "tick"), headers=signed, timeout=20).status_code == 403


@pytest.mark.parametrize("seconds", [-16 * 60, 16 * 60])
def test_a_request_from_another_time_is_refused(
    client: fc2.Client, functions: LocalFunctions, seconds: int
) -> None:
    moment = email.utils.formatdate(functions.compute.clock.now() + seconds, usegmt=True)
    headers = client._build_common_headers("POST", PATH, {"date": moment})
    answer = requests.post(functions.api.url + PATH, headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["ErrorCode"]) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 403, "AccessDenied"),
        ({"Authorization": "Basic eA=="}, 403, "AccessDenied"),
        ({"Authorization": "FC "}, 403, "AccessDenied"),
        ({"Authorization": f"FC {KEY_ID}:*"}, 400, "MissingRequiredHeader"),
        ({"Authorization": f"FC {KEY_ID}:*", "Date": "yesterday"}, 403, "AccessDenied"),
        ({"Authorization": "FC 图:x"}, 403, "InvalidAccessKeyID"),
    ],
)
def test_a_request_that_is_not_signed_at_all_is_refused_in_the_services_words(
    functions: LocalFunctions, headers: dict[str, str], status: int, code: str
) -> None:
    sent = {name: value.encode() for name, value in headers.items()}
    answer = requests.post(functions.api.url + PATH, headers=sent, timeout=20)
    assert (answer.status_code, answer.json()["ErrorCode"]) == (status, code)
    assert SECRET not in answer.text
