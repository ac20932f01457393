"""Answers of DashScope about a fine-tune, field by field: odd, missing, unreadable, and whose it is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import responses

from shared.clients.dashscope import DashScope
from shared.clients.dashscope_answers import hashed
from shared.domain.fine_tunes import FineTune
from shared.domain.trouble_kinds import Api
from shared.errors import OutcomeUnknown, RetryLater
from tests.unit.dashscope_client.support import BASE, ID, PENDING, SIGNED, SUCCEEDED, UNSIGNED, answer

FIELD_BY_FIELD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # (what is odd about the documented answer, what becomes of it)
    ({"status": None}, {"status": ""}),
    ({"status": "SOMETHING_NEW"}, {"status": "SOMETHING_NEW"}),
    ({"status": 7}, {"status": "7"}),
    ({"finetuned_output": None}, {"finetuned_output": ""}),
    ({"training_file_ids": None}, {"files": ()}),
    ({"training_file_ids": []}, {"files": ()}),
    ({"training_file_ids": "a.jpg"}, {"files": ()}),
    ({"training_file_ids": {"a": 1}}, {"files": ()}),
    ({"training_file_ids": [None, 5, "f1"]}, {"files": ("None", "5", "f1")}),
    ({"create_time": None}, {"created_at": None}),
    ({"create_time": ""}, {"created_at": None}),
    ({"create_time": 1756777862}, {"created_at": None}),
    ({"create_time": "2025-13-40 09:51:02"}, {"created_at": None}),
    ({"create_time": "2025-09-02"}, {"created_at": None}),
    ({"create_time": 20250902}, {"created_at": None}),
    ({"create_time": "2025-09-02 09:51:02.123"}, {"created_at": 1_756_777_862_000}),
    ({"end_time": None}, {"ended_at": None}),
    ({"usage": None}, {"usage": 0}),
    ({"usage": "1"}, {"usage": 0}),
    ({"usage": True}, {"usage": 0}),
    ({"usage": {"total_tokens": 1}}, {"usage": 0}),
    ({"usage": 2}, {"usage": 2}),
    ({"code": "1", "message": "canceled"}, {"code": "1", "message": "canceled"}),
    ({"code": 1, "message": None}, {"code": "1", "message": ""}),
    ({"code": None, "message": ["x"]}, {"code": "", "message": "['x']"}),
    ({"message": f"cannot fetch {SIGNED}"}, {"message": f"cannot fetch {UNSIGNED}?…"}),
    ({"message": "x" * 10_000}, {"message": "x" * 500}),
    ({"status": "x" * 10_000}, {"status": "x" * 100}),
    ({"code": "x" * 10_000}, {"code": "x" * 100}),
    (
        {"training_file_ids": ["https%3A%2F%2Fb%2Fx.jpg%3FSignature%3Ds"]},
        {"files": ("https%3A%2F%2Fb%2Fx.jpg",)},
    ),
    ({"model": "qwen3-14b"}, {"model": "qwen3-14b"}),
    ({"model": None}, {"model": "facechain-finetune"}),
    ({"model": None, "base_model": None}, {"model": ""}),
    ({"model": 5}, {"model": "5"}),
    ({"user_identity": None, "creator": None}, {"account": ""}),
    ({"workspace_id": None}, {"workspace": ""}),
    ({"error_msg": "x", "unheard_of": {"deep": [1]}}, {}),
]


@pytest.mark.parametrize(
    ("odd", "expected"), FIELD_BY_FIELD, ids=[str(row[0])[:50] for row in FIELD_BY_FIELD]
)
def test_an_odd_field_costs_that_field_and_nothing_else(
    wire: responses.RequestsMock, client: DashScope, odd: dict[str, Any], expected: dict[str, Any]
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer({**PENDING, **odd}))
    read = client.fine_tune(ID)
    assert read.fine_tune_id == ID
    assert {name: getattr(read, name) for name in expected} == expected


@pytest.mark.parametrize("missing", [name for name in PENDING if name != "job_id"])
def test_a_missing_field_costs_that_field_and_nothing_else(
    wire: responses.RequestsMock, client: DashScope, missing: str
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer({k: v for k, v in PENDING.items() if k != missing}))
    assert client.fine_tune(ID).fine_tune_id == ID


UNREADABLE = {
    "no output": json.dumps({"request_id": "r"}),
    "output null": json.dumps({"request_id": "r", "output": None}),
    "output a list": json.dumps(answer([PENDING])),
    "output a text": json.dumps(answer("ok")),
    "no job_id": json.dumps(answer({"status": "PENDING"})),
    "job_id null": json.dumps(answer({**PENDING, "job_id": None})),
    "job_id empty": json.dumps(answer({**PENDING, "job_id": ""})),
    "job_id a number": json.dumps(answer({**PENDING, "job_id": 7})),
    "truncated": json.dumps(answer(PENDING))[:-40],
    "empty": "",
    "null": "null",
    "a list": "[]",
    "a text": '"ok"',
    "html": "<html><body>OK</body></html>",
    "not utf-8": "\udcff\udcfe",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_success_that_cannot_be_read_leaves_a_create_unknown(
    wire: responses.RequestsMock, client: DashScope, body: str
) -> None:
    wire.post(f"{BASE}/fine-tunes", body=body.encode("utf-8", "surrogateescape"))
    with pytest.raises(OutcomeUnknown) as raised:
        client.create_fine_tune([SIGNED])
    assert (raised.value.code, raised.value.api) == ("unreadable_answer", Api.TRAINING)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_success_that_cannot_be_read_makes_a_get_come_again_later(
    wire: responses.RequestsMock, client: DashScope, body: str
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", body=body.encode("utf-8", "surrogateescape"))
    with pytest.raises(RetryLater):
        client.fine_tune(ID)
    assert len(wire.calls) <= 2


def read(wire: responses.RequestsMock, client: DashScope, **fields: Any) -> FineTune:
    wire.reset()
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer({**PENDING, **fields}))
    return client.fine_tune(ID)


def test_an_account_and_a_workspace_are_told_apart_by_a_short_hash(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ours, theirs = read(wire, client), read(wire, client, user_identity="999", workspace_id="llm-999")
    assert re.fullmatch("[0-9a-f]{12}", ours.account)
    assert re.fullmatch("[0-9a-f]{12}", ours.workspace)
    assert ours.account == read(wire, client, creator="another").account != theirs.account
    assert ours.workspace != theirs.workspace
    # Without the identity of the account its creator stands for it; numbers are as good as text.
    assert read(wire, client, user_identity=None, creator="999").account == theirs.account
    assert read(wire, client, user_identity=999).account == theirs.account


def test_nothing_that_names_the_account_is_kept_as_it_is(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    kept = repr(read(wire, client, user_identity="11112222", creator="33334444", workspace_id="llm-55556666"))
    assert not any(name in kept for name in ("11112222", "33334444", "55556666"))


def test_a_body_that_is_nested_too_deeply_is_unreadable_and_no_crash(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.post(f"{BASE}/fine-tunes", body="[" * 200_000)
    with pytest.raises(OutcomeUnknown):
        client.create_fine_tune([SIGNED])


@pytest.mark.parametrize("code", [None, ""])
def test_a_success_with_an_empty_code_is_a_success(
    wire: responses.RequestsMock, client: DashScope, code: str | None
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer(SUCCEEDED, code=code, message=""))
    wire.post(f"{BASE}/fine-tunes", json=answer(PENDING, code=code, message=""))
    assert client.fine_tune(ID).status == "SUCCEEDED"
    assert client.create_fine_tune([SIGNED]).fine_tune_id == ID


def test_a_word_that_is_no_utf_8_has_a_hash_as_well_and_none_has_none() -> None:
    assert len({hashed("a"), hashed("\ud800"), hashed("a", salt="s")}) == 3
    assert (len(hashed("\ud800")), hashed(None), hashed("")) == (12, "", "")
