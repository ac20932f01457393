"""The file service: what counts as stored, and the names of what is stored."""

from __future__ import annotations

import re
from typing import Any

import pytest
import responses
from responses import matchers

from shared.clients.dashscope import DashScope
from shared.domain.stored_files import StoredFile
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Permanent, RetryLater, Trouble
from tests.unit.dashscope_client.support import BASE, answer, sent


@pytest.mark.parametrize(
    ("data", "expected", "code"),
    [
        (
            {"failed_uploads": [{"code": "BadRequest.TooMany", "message": "Out of number, <10> of <10>"}]},
            AccountTrouble,
            "BadRequest.TooMany",
        ),
        (
            {"failed_uploads": [{"code": "BadRequest.TooLarge", "message": "Out of space, <839> B"}]},
            AccountTrouble,
            "BadRequest.TooLarge",
        ),
        ({"failed_uploads": [{"code": "BadRequest.X", "message": "no"}]}, Permanent, "BadRequest.X"),
        ({"failed_uploads": [{}]}, Permanent, "upload_failed"),
        ({"uploaded_files": [], "failed_uploads": []}, Permanent, "upload_failed"),
        ({"uploaded_files": [{"name": "a.jpg"}]}, Permanent, "upload_failed"),
        ({"uploaded_files": [{"name": "a.jpg", "file_id": None}]}, Permanent, "upload_failed"),
        ({"uploaded_files": None, "failed_uploads": None}, Permanent, "upload_failed"),
        ({}, Permanent, "upload_failed"),
        (None, RetryLater, "unreadable_answer"),
    ],
)
def test_an_upload_that_stored_nothing_is_never_a_success(
    wire: responses.RequestsMock, client: DashScope, data: Any, expected: type[Trouble], code: str
) -> None:
    wire.post(f"{BASE}/files", json={"request_id": "r", "data": data})
    with pytest.raises(Trouble) as raised:
        client.upload_file("a.jpg", b"x")
    assert (type(raised.value), raised.value.code) == (expected, code)


def test_a_file_that_the_service_names_as_not_stored_is_that_files_trouble(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    refused = {"name": "a.jpg", "code": "SomethingNew", "message": "no, sk-0123456789abcdef"}
    wire.post(f"{BASE}/files", json={"data": {"uploaded_files": [], "failed_uploads": [refused]}})
    with pytest.raises(Permanent) as raised:
        client.upload_file("a.jpg", b"x")
    assert (raised.value.kind, raised.value.api) == (Kind.OBJECT, Api.TRAINING)
    assert raised.value.message == "DashScope did not store a.jpg: no, sk-…"


def test_a_file_that_was_not_stored_for_a_trouble_that_passes_is_tried_later(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    busy = {"name": "a.jpg", "code": "Throttling.RateQuota", "message": "slower"}
    wire.post(f"{BASE}/files", json={"data": {"uploaded_files": [], "failed_uploads": [busy]}})
    with pytest.raises(RetryLater):
        client.upload_file("a.jpg", b"x")


def test_odd_entries_of_a_list_do_not_hide_the_good_ones(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    stored = {"name": "a.jpg", "file_id": "f1"}
    wire.post(f"{BASE}/files", json={"data": {"uploaded_files": [None, "f0", {}, stored]}})
    wire.get(f"{BASE}/files", json={"data": {"total": 3, "files": [None, "f0", stored]}})
    assert client.upload_file("a.jpg", b"x") == "f1"
    assert client.files() == [StoredFile("f1", "a.jpg")]


def serve_files(wire: responses.RequestsMock, pages: list[list[dict[str, Any]]], total: Any) -> None:
    for page_no, files in enumerate(pages, start=1):
        wire.get(
            f"{BASE}/files",
            json={"data": {"total": total, "files": files}},
            match=[matchers.query_param_matcher({"page_no": page_no, "page_size": 100})],
        )


@pytest.mark.parametrize("total", [3, "3", 9, None])
def test_files_are_read_to_their_end_by_what_comes(
    wire: responses.RequestsMock, client: DashScope, total: Any
) -> None:
    first, second, third = ({"name": f"{name}.jpg", "file_id": f"f-{name}"} for name in "abc")
    # Pages smaller than asked for, and after the last one the last one again.
    serve_files(wire, [[first, second], [third], [third]], total)
    assert [file.file_id for file in client.files()] == ["f-a", "f-b", "f-c"]


def test_a_file_without_an_id_is_no_file(wire: responses.RequestsMock, client: DashScope) -> None:
    serve_files(wire, [[{"name": "a.jpg"}, {"name": "b.jpg", "file_id": None}], []], 2)
    assert client.files() == []


def test_the_id_of_a_file_is_one_segment_of_the_path_whatever_it_holds(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.delete(re.compile(f"{BASE}/files/.*"), json=answer({}))
    client.delete_file("a/b?c")
    assert sent(wire).url == f"{BASE}/files/a%2Fb%3Fc"
