"""Who is refused what: an account without FaceChain, one in debt, and one whose keys are revoked."""

from __future__ import annotations

import pytest
import requests

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.http.operations import OPERATIONS, Operation
from tests.emulators.dashscope.support import PHOTO_URL, Client, error_of

NOT_APPROVED = (403, "AccessDenied", "Access denied.")
FACECHAIN = ("CreateFineTune", "DetectFaces", "GeneratePortraits")
EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def call(client: Client, operation: Operation) -> requests.Response:
    path = operation.path.format(job_id="ft-1", file_id="f", task_id="t")
    headers = {"X-DashScope-Async": "enable"} if operation.name == "GeneratePortraits" else {}
    given: dict[str, dict[str, str]] = {"json": {}} if operation.method == "POST" else {}
    return client.call(operation.method, path, headers=headers, **given)


def test_an_account_without_facechain_checks_no_face_and_trains_nobody(
    client: Client, studio: ModelStudio, behaviour: Behaviour, clock: ManualClock
) -> None:
    behaviour.facechain_approved = False
    assert error_of(client.detect(PHOTO_URL)) == NOT_APPROVED
    assert error_of(client.create(PHOTO_URL)) == NOT_APPROVED
    assert studio.ledger() == []
    behaviour.facechain_approved = True
    clock.advance(1)
    assert client.detect(PHOTO_URL).status_code == 200
    assert client.create(PHOTO_URL).status_code == 200


@EVERY
def test_without_facechain_only_its_models_are_refused(
    client: Client, behaviour: Behaviour, operation: Operation
) -> None:
    behaviour.facechain_approved = False
    answer = call(client, operation)
    if operation.name in FACECHAIN:
        assert error_of(answer) == NOT_APPROVED
    else:
        assert answer.status_code != 403


def test_without_facechain_files_and_the_list_work(client: Client, behaviour: Behaviour) -> None:
    behaviour.facechain_approved = False
    file_id = client.upload(("a.jpg", b"x"))["uploaded_files"][0]["file_id"]
    assert client.call("GET", f"/files/{file_id}").status_code == 200
    assert client.call("GET", "/fine-tunes").status_code == 200
    assert client.call("DELETE", f"/files/{file_id}").status_code == 200


@EVERY
def test_an_account_in_arrears_is_refused_everything(
    client: Client, behaviour: Behaviour, operation: Operation
) -> None:
    behaviour.in_arrears = True
    assert error_of(call(client, operation)) == (
        400,
        "Arrearage",
        "Access denied, please make sure your account is in good standing.",
    )


def test_debts_are_told_before_anything_else_about_the_account(client: Client, behaviour: Behaviour) -> None:
    behaviour.in_arrears, behaviour.facechain_approved = True, False
    assert error_of(client.detect(PHOTO_URL))[1] == "Arrearage"


@EVERY
def test_a_revoked_key_and_a_wrong_one_are_refused_everything(
    client: Client, behaviour: Behaviour, operation: Operation
) -> None:
    refused = (401, "InvalidApiKey", "Invalid API-key provided.")
    behaviour.keys_revoked = True
    assert error_of(call(client, operation)) == refused
    behaviour.keys_revoked = False
    client.session.headers["Authorization"] = "Bearer sk-of-another-account"
    assert error_of(call(client, operation)) == refused
