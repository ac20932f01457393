"""Every call of a real run is one that the template allows: of functions by their role, of status by its own.

The emulators check signatures and no policies, so the SDKs' calls are noted and held against RAM's rules.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

import pytest
import tablestore

from functions import reconcile, status
from shared import assembly
from shared.domain.object_keys import CONSENT_NAME
from shared.domain.states import JobState
from tests.described import check
from tests.http_events import http_event
from tests.unit.support import job_in
from tests.unit.test_roles import ACTION_OF_CALL, RESOURCES
from tests.uploads.pictures import jpeg
from tests.uploads.support import CONTEXT, open_studio
from tests.uploads.zips import zipped

with warnings.catch_warnings():
    # oss2 2.19.1 has an invalid escape in a docstring, which Python 3.12 remarks on while it compiles it.
    warnings.simplefilter("ignore")
    import oss2

Call = tuple[str, str]
"""An action and the resource that it was called on, as the stack of test_roles names it."""
TOKENS = {"STATUS_TOKEN": "t" * 20, "ADMIN_TOKEN": "a" * 20}


def _tables(name: str, arguments: tuple[Any, ...]) -> list[str]:
    return list(arguments[0].items) if name.startswith("batch_") else [arguments[0]]


def _objects(name: str, arguments: tuple[Any, ...]) -> list[Call]:
    action = ACTION_OF_CALL[name]
    if name.startswith(("list_", "get_bucket_")):
        return [(action, "photos")]
    if name == "copy_object":
        return [("oss:GetObject", f"photos/{arguments[1]}"), (action, f"photos/{arguments[2]}")]
    return [(action, f"photos/{arguments[1] if name == 'sign_url' else arguments[0]}")]


@contextmanager
def noted(patch: pytest.MonkeyPatch) -> Iterator[set[Call]]:
    """Note the SDKs' calls while the block runs."""
    calls: set[Call] = set()

    def note(kind: Any, name: str, of: Callable[[str, tuple[Any, ...]], list[Call]]) -> None:
        original = getattr(kind, name)

        def noting(self: Any, *arguments: Any, **named: Any) -> Any:
            calls.update(of(name, arguments))
            return original(self, *arguments, **named)

        inner.setattr(kind, name, noting)

    def rows(name: str, arguments: tuple[Any, ...]) -> list[Call]:
        return [
            (ACTION_OF_CALL[name], f"instance/facechain/table/{table}") for table in _tables(name, arguments)
        ]

    with patch.context() as inner:
        for name, action in ACTION_OF_CALL.items():
            note(
                oss2.Bucket if action.startswith("oss") else tablestore.OTSClient,
                name,
                _objects if action.startswith("oss") else rows,
            )
        yield calls


def refused(role: str, calls: set[Call]) -> list[Call]:
    """The calls that no statement of the role allows."""
    allowed = [
        (action, arn.split(":", 4)[4])
        for policy in RESOURCES.properties[role]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement["Action"]
        for arn in statement["Resource"]
    ]
    return sorted(
        call
        for call in calls
        if not any(call[0] == action and fnmatchcase(call[1], arn) for action, arn in allowed)
    )


def ask(method: str, path: str, token: str, **query: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {TOKENS[token]}"}
    event = http_event(method, path, headers=headers, query=query)
    answer: Any = status.handler(json.dumps(event).encode(), CONTEXT)
    check(method, path, answer["statusCode"], answer["headers"], answer["body"])
    # 503 is what /readyz says of a deployment whose timer has not run yet.
    assert answer["statusCode"] in (200, 202, 503), answer
    found: dict[str, Any] = json.loads(answer["body"])
    return found


def test_uploads_and_ticks_call_what_the_roles_of_their_functions_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_studio(monkeypatch) as studio:
        studio.upload("li", "1.jpg", jpeg())
        studio.upload("li", "more.zip", zipped({"2.jpg": jpeg()}))
        studio.upload("li", "_READY", b"")
        with noted(monkeypatch) as of_uploads:
            studio.handle_uploads()
        with noted(monkeypatch) as of_ticks:
            for _ in range(2):
                # Without a time, since a tick of long ago is dropped.
                assert "dropped" not in reconcile.handler(b"{}", CONTEXT)
    assert {"oss:PostProcessTask", "oss:PutObject", "oss:ListObjects", "ots:PutRow", "ots:GetRange"} <= {
        call[0] for call in of_uploads
    }
    assert refused("CollectRole", of_uploads) == []
    assert refused("ReconcileRole", of_ticks) == []
    # Reconcile does for uploads whose event was lost what collect does.
    assert refused("ReconcileRole", of_uploads) == []
    assert refused("CollectRole", of_ticks) != []


def test_a_withdrawn_consent_asks_for_the_erasure_with_the_rights_of_uploads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    withdrawn = {"person_id": "li", "withdrawn_at": "2026-01-01T00:00:00Z"}
    with open_studio(monkeypatch) as studio:
        monkeypatch.setenv("CONSENT", "required")
        studio.upload("li", "1.jpg", jpeg())
        studio.handle_uploads()
        studio.upload("li", CONSENT_NAME, json.dumps(withdrawn).encode())
        with noted(monkeypatch) as calls:
            assert studio.handle_uploads() == {f"people/li/{CONSENT_NAME}": "consent"}
    assert ("ots:PutRow", "instance/facechain/table/requests") in calls
    assert refused("CollectRole", calls) == []
    assert refused("ReconcileRole", calls) == []


def test_the_status_api_calls_what_its_role_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_studio(monkeypatch):
        for name, value in TOKENS.items():
            monkeypatch.setenv(name, value)
        job = assembly.build_world(CONTEXT).jobs.save(None, job_in(JobState.QUEUED))
        with noted(monkeypatch) as calls:
            for path in (
                "/jobs",
                "/ignored",
                "/readyz",
                f"/people/{job.person_id}",
                f"/jobs/{job.job_id}",
                "/people",
                "/queue",
                "/models",
            ):
                ask("GET", path, "STATUS_TOKEN")
            ask("GET", "/jobs", "STATUS_TOKEN", state="QUEUED")
            ask("GET", "/people", "STATUS_TOKEN", state="QUEUED")
            ask("GET", "/people", "STATUS_TOKEN", query=job.person_id)
            ask("GET", "/events", "STATUS_TOKEN", person=job.person_id)
            asked = ask("POST", "/queue/probe", "ADMIN_TOKEN")
            ask("GET", asked["href"], "ADMIN_TOKEN")
    assert {call[0] for call in calls} == {"ots:GetRow", "ots:GetRange", "ots:BatchGetRow", "ots:PutRow"}
    assert refused("StatusRole", calls) == []
    indexes = ("jobs_by_name", "jobs_by_state")
    assert refused("ReconcileRole", calls) == [
        ("ots:GetRange", f"instance/facechain/table/{index}") for index in indexes
    ]


def test_an_export_is_made_handed_out_and_erased_by_what_the_roles_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_studio(monkeypatch) as studio:
        for name, value in {**TOKENS, "ERASE_KEY": "e" * 20}.items():
            monkeypatch.setenv(name, value)
        studio.upload("li", "1.jpg", jpeg())
        studio.handle_uploads()
        with noted(monkeypatch) as of_status:
            assert ask("GET", "/people/li/export", "ADMIN_TOKEN")["status"] == "pending"
        with noted(monkeypatch) as of_ticks:
            for _ in range(3):
                reconcile.handler(b"{}", CONTEXT)
        with noted(monkeypatch) as handed_out:
            headers = {"Authorization": f"Bearer {TOKENS['ADMIN_TOKEN']}", "Range": "bytes=0-"}
            event = http_event("GET", "/people/li/export", headers=headers)
            answer: Any = status.handler(json.dumps(event).encode(), CONTEXT)
        assert answer["statusCode"] == 206, answer
        ask("DELETE", "/people/li", "ADMIN_TOKEN")
        with noted(monkeypatch) as of_erasure:
            reconcile.handler(b"{}", CONTEXT)
    made = {call for call in of_ticks if call[1].startswith("photos/exports/")}
    assert {call[0] for call in made} == {"oss:PutObject", "oss:GetObject", "oss:DeleteObject"}
    assert ("oss:ListMultipartUploads", "photos") in of_ticks & of_erasure
    assert [call for call in handed_out if call[0].startswith("oss:")]
    for role, calls in (("StatusRole", of_status | handed_out), ("ReconcileRole", of_ticks | of_erasure)):
        assert refused(role, calls) == []


def test_a_call_that_no_statement_allows_is_told() -> None:
    table = "instance/facechain/table"
    calls = {
        ("ots:PutRow", f"{table}/jobs"),
        ("ots:PutRow", f"{table}/requests"),
        ("oss:GetObject", "photos/submissions/a/1.jpg"),
    }
    assert refused("StatusRole", calls) == [
        ("oss:GetObject", "photos/submissions/a/1.jpg"),
        ("ots:PutRow", f"{table}/jobs"),
    ]
    assert refused("ReconcileRole", {("oss:DeleteObject", "photos/elsewhere/a.json")}) != []
