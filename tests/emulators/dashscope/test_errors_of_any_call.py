"""The general errors, with which an account can refuse any operation."""

from __future__ import annotations

import pytest

from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.errors import ERRORS
from tests.emulators.dashscope.support import PHOTO_URL, Client, error_of


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_of_the_table_can_be_given_to_every_call(
    client: Client, behaviour: Behaviour, code: str
) -> None:
    behaviour.refused = {"*": code}
    status, message = ERRORS[code]
    for path in ("/fine-tunes", "/files"):
        assert error_of(client.call("GET", path)) == (status, code, message)


def test_one_operation_can_be_refused_and_the_others_not(
    client: Client, behaviour: Behaviour, studio: ModelStudio
) -> None:
    behaviour.refused = {"CreateFineTune": "Throttling.BurstRate"}
    assert error_of(client.create(PHOTO_URL))[:2] == (429, "Throttling.BurstRate")
    assert client.call("GET", "/fine-tunes").status_code == 200
    assert studio.ledger() == []
    behaviour.refused = {}
    client.created(PHOTO_URL)


def test_a_wrong_key_is_told_before_anything_else(client: Client, behaviour: Behaviour) -> None:
    behaviour.refused = {"*": "Arrearage"}
    response = client.call("GET", "/files", headers={"Authorization": "Bearer sk-wrong"})
    assert error_of(response)[1] == "InvalidApiKey"
