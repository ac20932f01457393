"""What an administrator can ask for: who may, how it is written down, and how the outcome is shown."""

from __future__ import annotations

import pytest

from shared.domain.requests import PROBE
from shared.domain.states import JobState
from shared.http_api.authentication import Access, Tokens, access_of
from shared.http_api.outcomes import OUTCOMES
from shared.http_api.routes import FORM_BYTES, ROUTES
from tests.unit.http_api.support import ADMIN_TOKEN, BOTH, CHINESE, TOKEN, Api, assert_problem, at, document
from tests.unit.support import NOW, job_in

REQUEST_ID = f"{NOW}-0123456789abcdef"
ASKING = [(route.method, route.path) for route in ROUTES if route.access is Access.ADMIN]


def probe(api: Api) -> str:
    accepted = api.call("/queue/probe", method="POST", token=ADMIN_TOKEN)
    assert accepted.status == 202
    return str(document(accepted)["request_id"])


@BOTH
def test_a_probe_is_written_down_and_accepted_with_its_address(wsgi: bool) -> None:
    api = Api(wsgi=wsgi)
    response = api.call("/queue/probe", method="POST", token=ADMIN_TOKEN)
    assert response.status == 202
    assert document(response) == {
        "request_id": REQUEST_ID,
        "status": "pending",
        "href": f"/requests/{REQUEST_ID}",
    }
    assert response.headers["Location"] == f"/requests/{REQUEST_ID}"
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    (request,) = api.requests.rows.values()
    assert (request.kind, request.asked_by, request.asked_at) == (PROBE, "admin", NOW)


@pytest.mark.parametrize("token", [TOKEN, ADMIN_TOKEN])
def test_a_request_is_pending_until_a_run_has_carried_it_out(token: str) -> None:
    api = Api()
    name = probe(api)
    pending = api.call(f"/requests/{name}", token=token)
    assert document(pending) == {
        "request_id": name,
        "kind": "probe",
        "subject": None,
        "photo": None,
        "because": None,
        "asked_by": "admin",
        "status": "pending",
        "outcome": None,
        "changed_nothing": None,
        "asked_at": at(NOW),
        "done_at": None,
    }
    assert pending.headers["Retry-After"] == "15"
    api.requests.rows[name] = api.requests.rows[name].settled("done: everything is tried again", NOW + 1000)
    done = api.call(f"/requests/{name}", token=token)
    assert document(done)["status"] == "done"
    assert document(done)["outcome"] == {"code": "done", "message": OUTCOMES["done"].english}
    assert document(done)["done_at"] == at(NOW + 1000)
    assert "Retry-After" not in done.headers
    assert "重新尝试" in document(api.call(f"/requests/{name}", headers=CHINESE))["outcome"]["message"]


def test_an_outcome_that_has_no_words_here_is_shown_as_it_is() -> None:
    api = Api()
    name = probe(api)
    api.requests.rows[name] = api.requests.rows[name].settled("postponed: by newer code", NOW)
    outcome = document(api.call(f"/requests/{name}"))["outcome"]
    assert outcome == {"code": "postponed", "message": "postponed: by newer code"}


@pytest.mark.parametrize("name", ["1", "x" * 65, "a b", "%00", "..", "a%2Fb", "李"])
def test_an_unknown_request_is_not_found(name: str) -> None:
    assert_problem(Api().call(f"/requests/{name}"), 404, "unknown_request")


# -- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), ASKING)
@pytest.mark.parametrize("token", [None, "", "wrong", ADMIN_TOKEN[:-1], f"{ADMIN_TOKEN}x"])
def test_whoever_has_no_token_may_ask_for_nothing(method: str, path: str, token: str | None) -> None:
    api = Api()
    response = api.call(path, method=method, token=token)
    assert_problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert (api.connections, api.requests.rows) == (0, {})


@pytest.mark.parametrize(("method", "path"), ASKING)
def test_the_read_token_only_reads(method: str, path: str) -> None:
    api = Api()
    assert_problem(api.call(path, method=method), 403, "admin_only")
    assert (api.connections, api.requests.rows) == (0, {})


@pytest.mark.parametrize(("method", "path"), ASKING)
@pytest.mark.parametrize("token", [None, "", TOKEN, "wrong"])
def test_without_an_admin_token_in_the_settings_nobody_may_and_is_told_how_to_change_that(
    method: str, path: str, token: str | None
) -> None:
    api = Api()
    api.admin_token = ""
    response = api.call(path, method=method, token=token)
    assert_problem(response, 403, "admin_not_enabled")
    assert "AdminToken" in document(response)["detail"]
    assert (api.connections, api.requests.rows) == (0, {})


@pytest.mark.parametrize("path", ["/people/li", "/jobs", "/ignored"])
def test_the_admin_token_reads_as_well(path: str) -> None:
    assert Api(job_in(JobState.COLLECTING)).call(path, token=ADMIN_TOKEN).status == 200


@pytest.mark.parametrize(
    ("tokens", "header", "access"),
    [
        (Tokens("r", "a"), "Bearer r", Access.READER),
        (Tokens("r", "a"), "bearer  a ", Access.ADMIN),
        (Tokens("r", "a"), "Basic a", Access.ANYONE),
        (Tokens("r", "a"), "Bearer ", Access.ANYONE),
        (Tokens("", ""), "Bearer ", Access.ANYONE),
        (Tokens("", "a"), "Bearer ", Access.ANYONE),
        (Tokens("r", ""), "", Access.ANYONE),
        (Tokens("same", "same"), "Bearer same", Access.ADMIN),
    ],
)
def test_a_token_lets_its_bearer_do_what_it_is_for(tokens: Tokens, header: str, access: Access) -> None:
    assert access_of({"authorization": header}, tokens) is access


def test_tokens_do_not_show() -> None:
    assert "s3cret" not in repr(Tokens("s3cret", "s3cret"))


# -- content --------------------------------------------------------------------------------------------


@BOTH
def test_a_little_content_is_overlooked_and_more_is_refused(wsgi: bool) -> None:
    api = Api(wsgi=wsgi)
    little = api.call("/queue/probe", method="POST", token=ADMIN_TOKEN, content="x" * FORM_BYTES)
    assert little.status == 202
    much = api.call("/queue/probe", method="POST", token=ADMIN_TOKEN, content="x" * (FORM_BYTES + 1))
    assert_problem(much, 413, "content_too_large")
    assert len(api.requests.rows) == 1


def test_content_is_measured_only_of_those_who_may_ask() -> None:
    response = Api().call("/queue/probe", method="POST", token=None, content="x" * 5000)
    assert_problem(response, 401, "unauthorized")
