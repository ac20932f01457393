"""Requests of the DashScope client as the documents describe them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest
import responses
from responses import matchers

from shared.clients.dashscope import PAGE_SIZE, DashScope
from shared.domain.fine_tunes import FineTune
from tests.unit.dashscope_client.support import (
    API_KEY,
    BASE,
    ID,
    PENDING,
    SIGNED,
    SUCCEEDED,
    UNSIGNED,
    answer,
    sent,
)


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def test_a_create_sends_the_model_the_files_and_nothing_else(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.post(f"{BASE}/fine-tunes", json=answer(PENDING))
    created = client.create_fine_tune([SIGNED, "file-id"])
    request = sent(wire)
    assert json.loads(request.body or "") == {
        "model": "facechain-finetune",
        "training_file_ids": [SIGNED, "file-id"],
    }
    assert request.headers["Authorization"] == f"Bearer {API_KEY}"
    assert request.headers["Content-Type"] == "application/json"
    assert created == FineTune(
        fine_tune_id=ID,
        status="PENDING",
        files=(UNSIGNED,),
        model="facechain-finetune",
        account=short_hash("12402258xxxxxx"),
        workspace=short_hash("llm-dmt509ikxxxxxx"),
        finetuned_output=f"facechain-finetune-{ID}",
        created_at=1_756_777_862_000,
    )


def test_a_get_asks_for_the_id_and_reads_beijing_time(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer(SUCCEEDED))
    fine_tune = client.fine_tune(ID)
    assert sent(wire).headers["Authorization"] == f"Bearer {API_KEY}"
    assert sent(wire).body is None
    # 09:51:02 and 09:56:04 at +08:00.
    assert (fine_tune.created_at, fine_tune.ended_at) == (1_756_777_862_000, 1_756_778_164_000)
    assert (fine_tune.status, fine_tune.usage) == ("SUCCEEDED", 1)


def test_a_list_asks_for_pages_from_one(wire: responses.RequestsMock, client: DashScope) -> None:
    wire.get(
        f"{BASE}/fine-tunes",
        json=answer({"page_no": 1, "page_size": PAGE_SIZE, "total": 1, "jobs": [PENDING]}),
        match=[matchers.query_param_matcher({"page_no": 1, "page_size": 100})],
    )
    assert [one.fine_tune_id for one in client.fine_tunes()] == [ID]


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        (lambda client: client.cancel_fine_tune(ID), "POST", f"/fine-tunes/{ID}/cancel"),
        (lambda client: client.delete_fine_tune(ID), "DELETE", f"/fine-tunes/{ID}"),
        (lambda client: client.delete_file("f1"), "DELETE", "/files/f1"),
    ],
)
def test_cancel_and_delete_are_sent_without_a_body(
    wire: responses.RequestsMock, client: DashScope, call: Callable[[DashScope], None], method: str, path: str
) -> None:
    wire.add(method, BASE + path, json=answer({"status": "success"}))
    call(client)
    assert sent(wire).method == method
    assert not sent(wire).body


def test_a_file_is_uploaded_as_a_form_with_its_description(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    stored = {"name": "a.jpg", "file_id": "ed5a313b"}
    wire.post(f"{BASE}/files", json={"data": {"uploaded_files": [stored], "failed_uploads": []}})
    assert client.upload_file("a.jpg", b"\xff\xd8bytes") == "ed5a313b"
    body = sent(wire).body
    assert isinstance(body, bytes)
    assert b'name="files"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8bytes' in body
    assert b'name="descriptions"\r\n\r\na.jpg' in body
    assert str(sent(wire).headers["Content-Type"]).startswith("multipart/form-data; boundary=")


def test_files_are_listed_page_by_page(wire: responses.RequestsMock, client: DashScope) -> None:
    stored = {"id": 1, "name": "a.jpg", "file_id": "f1", "size": 7}
    page = [{"name": f"{number}.jpg", "file_id": f"g{number}"} for number in range(100)]
    for page_no, files in ((1, page), (2, [stored])):
        wire.get(
            f"{BASE}/files",
            json={"data": {"total": 101, "page_size": 100, "page_no": page_no, "files": files}},
            match=[matchers.query_param_matcher({"page_no": page_no, "page_size": 100})],
        )
    assert [file.file_id for file in client.files()] == [*(f"g{number}" for number in range(100)), "f1"]


def test_the_face_check_sends_urls_and_empty_parameters(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.post(
        f"{BASE}/services/vision/facedetection/detect",
        json=answer({"is_face": [True, False], "failed_reason": ["", "no face detected"]}, usage={}),
    )
    assert client.detect_faces([SIGNED, UNSIGNED]) == [(True, ""), (False, "no face detected")]
    assert json.loads(sent(wire).body or "") == {
        "model": "facechain-facedetect",
        "input": {"images": [SIGNED, UNSIGNED]},
        "parameters": {},
    }
    assert "X-DashScope-Async" not in sent(wire).headers


def test_a_base_url_may_end_in_a_slash(wire: responses.RequestsMock) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer(PENDING))
    assert DashScope(f"{BASE}/", API_KEY).fine_tune(ID).fine_tune_id == ID
