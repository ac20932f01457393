"""What the commands send: secrets stand in bodies alone."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.contracts.stages.support import Operator


def test_no_address_and_no_header_has_a_secret_in_it(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[requests.PreparedRequest] = []
    send = requests.Session.send

    def record(
        session: requests.Session, request: requests.PreparedRequest, **more: Any
    ) -> requests.Response:
        sent.append(request)
        return send(session, request, **more)

    monkeypatch.setattr(requests.Session, "send", record)
    assert operator.deploy("--no-smoke").status == 0
    lines = (operator.home / ".local/stages/dev.secrets").read_text().splitlines()
    account = operator.cloud.account
    secrets = [line.partition("=")[2] for line in lines] + [
        account.dashscope_api_key,
        account.access_key_secret,
    ]
    to_ros = [one for one in sent if str(one.url).startswith(operator.cloud.url("ros"))]
    assert len(to_ros) > 5
    assert not [one.url for one in to_ros for secret in secrets if secret in f"{one.url} {one.headers}"]
    assert any(secrets[0] in str(one.body) for one in to_ros)
    assert not [one.url for one in sent if any(secret in str(one.url) for secret in secrets)]
