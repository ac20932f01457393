"""The API over a job table in memory, called in the way of either platform version."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from shared.domain.audit import AuditRecord
from shared.domain.breakers import Breaker
from shared.domain.control_rows import Document
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.job_summary import JobPage, JobSummary, PeoplePage, summary_of
from shared.domain.lanes import DELIVERY_LANE, QUEUE_LANE, RUNNING_LANE
from shared.domain.object_keys import search_name
from shared.domain.person_hash import hash_of
from shared.domain.photo_access import Way
from shared.domain.photos import Stored
from shared.domain.requests import Claim, Request
from shared.domain.retry_state import Cause, RetryState
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.domain.trouble_kinds import Api as Service
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import Unread
from shared.errors import Conflict, Permanent
from shared.http_api.authentication import Tokens
from shared.http_api.deployment import Deployment
from shared.http_api.messages import HttpRequest, HttpResponse, from_event, from_wsgi
from shared.http_api.reader import Reader
from shared.http_api.routes import answer
from tests.described import check
from tests.http_events import http_event
from tests.unit.support import NOW, job_in

TOKEN = "a-token-of-sixteen-or-more"
ADMIN_TOKEN = "another-token-of-sixteen-or-more"
AUDIT_KEY = "a key of erasures"
JOB_ID = "0123456789abcdef0123-1"
BOTH = pytest.mark.parametrize("wsgi", [False, True], ids=["event", "wsgi"])
CHINESE = {"Accept-Language": "zh-CN"}


class FakeJobs:
    """Jobs in a list, newest first, and what was asked of them."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs = list(jobs)
        self.ahead = 0
        self.asked: list[tuple[Any, ...]] = []
        self.trouble: Exception | None = None
        self.unread: dict[str, Unread] = {}

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        if self.trouble:
            raise self.trouble

    def latest(self, person_id: str) -> Job | None:
        self._ask("latest", person_id)
        newest = next((job for job in self.jobs if job.person_id == person_id), None)
        unread = self.unread.get(newest.job_id) if newest else None
        if unread:
            raise Permanent(unread.code, unread.message, kind=unread.kind)
        return newest

    def history(self, person_id: str, before: int, limit: int) -> list[JobSummary | Unread]:
        self._ask("history", person_id, before, limit)
        jobs = [job for job in self.jobs if job.person_id == person_id and job.revision < before]
        return [self._summary(job) for job in jobs[:limit]]

    def find_each(self, ids: Iterable[str]) -> dict[str, Job | Unread | None]:
        ids = list(ids)
        self._ask("find_each", *ids)
        found = {job.job_id: job for job in self.jobs}
        return {name: self.unread.get(name) or found.get(name) for name in ids}

    def in_hand(self, count: int) -> tuple[list[str], list[str]]:
        self._ask("in_hand", count)
        queue = sorted((job for job in self.jobs if job.lane == QUEUE_LANE), key=lambda job: job.due_at)
        running = [job for job in self.jobs if job.lane in (RUNNING_LANE, DELIVERY_LANE)]
        return [job.job_id for job in running], [job.job_id for job in queue][:count]

    def summaries(self, ids: Sequence[str]) -> list[JobSummary | Unread]:
        self._ask("summaries", *ids)
        found = {job.job_id: job for job in self.jobs}
        return [self._summary(found[name]) for name in ids if name in found]

    def people_by_name(
        self, beginning: str, state: JobState | None, limit: int, after: tuple[str, str] | None
    ) -> PeoplePage:
        self._ask("people_by_name", beginning, state, limit, after)
        people = [job for job in self._newest_of_each() if state is None or job.state is state]
        named = sorted((search_name(job.person_id), job.person_key) for job in people)
        begin = search_name(beginning)
        wanted = [one for one in named if one[0].startswith(begin) and (after is None or one > after)]
        by_key = {job.person_key: job for job in people}
        shown = [self._summary(by_key[key]) for _, key in wanted[:limit]]
        return PeoplePage(shown, wanted[limit - 1] if len(wanted) > limit else None)

    def people_by_state(self, state: JobState, limit: int, after: tuple[int, str, int] | None) -> PeoplePage:
        self._ask("people_by_state", state, limit, after)
        page = self.page(state, limit, after)
        newest = {job.job_id for job in self._newest_of_each()}
        return PeoplePage([one for one in page.jobs if one.job_id in newest], page.following)

    def _newest_of_each(self) -> list[Job]:
        newest: dict[str, Job] = {}
        for job in self.jobs:
            newest.setdefault(job.person_id, job)
        return list(newest.values())

    def queue_before(self, job: Job) -> int:
        self._ask("queue_before", job.job_id)
        return self.ahead

    def page(self, state: JobState | None, limit: int, after: tuple[int, str, int] | None) -> JobPage:
        self._ask("page", state, limit, after)
        rows = [job for job in self.jobs if state is None or job.state is state]
        if after is not None:
            rows = [job for job in rows if (job.opened_at, job.person_key, job.revision) < after]
        shown = rows[:limit]
        following = (shown[-1].opened_at, shown[-1].person_key, shown[-1].revision) if rows[limit:] else None
        return JobPage([self._summary(job) for job in shown], following)

    def _summary(self, job: Job) -> JobSummary | Unread:
        return self.unread.get(job.job_id) or summary_of(job)


def modelled(person_id: str = "li", revision: int = 1, **changes: Any) -> Job:
    """A job of which a model was made, and which is delivered."""
    usual = {"finetuned_output": "model", "ended_at": NOW, "delivered": True, "usage": 1}
    return job_in(JobState.SUCCEEDED, person_id, **{"revision": revision, **usual, **changes})


class FakeRequests:
    """Requests in a dictionary; each is settled when a test does so."""

    def __init__(self) -> None:
        self.rows: dict[str, Request] = {}
        self.claims: dict[str, Claim] = {}
        self.rung = 0
        self.revoked: dict[str, int] = {}

    def ring(self, request: Request, before: Request | None = None) -> Request:
        stored = self.rows.get(request.request_id)
        if (stored.version if stored else 0) != (before.version if before else 0):
            raise Conflict("there is such a request")
        self.rung += 1
        self.rows[request.request_id] = replace(request, version=(stored.version if stored else 0) + 1)
        return self.rows[request.request_id]

    def ring_again(self) -> None:
        self.rung += 1

    def claim(self, key: str, claim: Claim) -> Claim:
        return self.claims.setdefault(key, claim)

    def claimed(self, key: str) -> Claim | None:
        return self.claims.get(key)

    def revoke_link(self, link_id: str, until: int) -> None:
        self.revoked[link_id] = until

    def is_link_revoked(self, link_id: str) -> bool:
        return link_id in self.revoked

    def find(self, request_id: str) -> Request | None:
        return self.rows.get(request_id)


class FakeBucket:
    """Objects in a dictionary; ``trouble`` is raised in place of an answer."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.trouble: Exception | None = None
        self.outside = "https://photos.oss.example"
        """Where objects can be read from outside; empty: nowhere."""

    def outside_url(self, key: str, seconds: int, disposition: str) -> str:
        self.asked.append(f"{seconds} {disposition}")
        return f"{self.outside}/{key}?x-oss-signature=deadbeef" if self.outside else ""

    def read_range(self, key: str, start: int, count: int) -> bytes:
        if self.trouble:
            raise self.trouble
        self.asked.append(f"{start}+{count}")
        return self.objects[key][start : start + count]

    def write(self, key: str, content: bytes) -> None:
        if self.trouble:
            raise self.trouble
        self.objects[key] = content

    def stored(self, key: str) -> Stored | None:
        if self.trouble:
            raise self.trouble
        content = self.objects.get(key)
        return None if content is None else Stored(etag="E", size=len(content), modified_at=NOW)

    def read(self, key: str, max_bytes: int = 0) -> bytes:
        return self.objects[key]

    def thumbnail(self, key: str) -> bytes:
        self.asked.append(key)
        if self.trouble:
            raise self.trouble
        return b"JPEG"


class FakeAudit:
    """Records in a list, newest first; ``trouble`` is met in place of an answer."""

    def __init__(self) -> None:
        self.records: list[AuditRecord | None] = []
        self.tries = 0
        self.trouble: Exception | None = None
        self.asked: list[tuple[str, int, int, int, int]] = []

    def itself(self) -> FakeAudit:
        return self

    def hash_of(self, person_id: str) -> str:
        return hash_of(AUDIT_KEY, person_id)

    def put(self, records: Sequence[AuditRecord]) -> None:
        self.tries += 1
        if self.trouble is not None:
            raise self.trouble
        self.records[:0] = records

    def page(
        self, person: str, *, since: int, until: int, offset: int, count: int
    ) -> list[AuditRecord | None]:
        if self.trouble is not None:
            raise self.trouble
        self.asked.append((person, since, until, offset, count))
        found = [one for one in self.records if one is None or since <= one.at < until]
        return [one for one in found if one is None or person in ("", one.person)][offset : offset + count]


class Rows(NamedTuple):
    """The shared rows, as far as the API reads them."""

    slot: Slot
    health: Health | None
    access: Document | None
    sweep: SweepProgress | None


class Api:
    """The API over :class:`FakeJobs`; while ``is_ticking`` a run has just come to its end."""

    def __init__(self, *jobs: Job, wsgi: bool = False, origins: tuple[str, ...] = ()) -> None:
        self.jobs = FakeJobs(*jobs)
        self.requests = FakeRequests()
        self.held = Slot()
        self.health: Health | None = Health()
        self.is_ticking = True
        self.sweep: SweepProgress | None = SweepProgress()
        self.documents: dict[str, Document] = {}
        self.trouble: Exception | None = None
        self.rules = Rules()
        self.photo_access: Way | None = None
        self.now = NOW
        self.connections = 0
        self.reads = 0
        self.token = TOKEN
        self.admin_token = ADMIN_TOKEN
        self.wsgi = wsgi
        self.origins = origins
        self.bucket = FakeBucket()
        self.audit: FakeAudit | None = None
        self.can_erase = True

    def read_all(self) -> Rows:
        self.reads += 1
        if self.trouble:
            raise self.trouble
        beating = replace(self.health, beat_at=self.now) if self.health and self.is_ticking else self.health
        return Rows(self.held, beating, self.documents.get("photo_access", Document()), self.sweep)

    def read_all_and(self, name: str) -> tuple[Rows, Document | None]:
        return self.read_all(), self.documents.get(name, Document())

    def slot_and_health(self) -> tuple[Slot, Health | None]:
        rows = self.read_all()
        return rows.slot, rows.health

    def read_json(self, name: str) -> Document:
        return self.documents.get(name, Document())

    def connect(self) -> Reader:
        self.connections += 1
        return Reader(
            jobs=self.jobs,
            control=self,
            requests=lambda: self.requests,
            rules=self.rules,
            photo_access=self.photo_access,
            now=lambda: self.now,
            token=lambda: "0123456789abcdef",
            bucket=lambda: self.bucket,
            audit=self.audit.itself if self.audit is not None else None,
            can_erase=self.can_erase,
        )

    def call(
        self,
        path: str,
        query: dict[str, str] | None = None,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        token: str | None = TOKEN,
        content: str | bytes = "",
    ) -> HttpResponse:
        sent = {"Authorization": f"Bearer {token}"} if token is not None else {}
        sent.update(headers or {})
        sent_bytes = content.encode() if isinstance(content, str) else content
        request = (_wsgi_call if self.wsgi else _event)(method, path, query or {}, sent, sent_bytes)
        tokens = Tokens(reader=self.token, admin=self.admin_token)
        deployment = Deployment(
            origins=self.origins, price_fen=self.rules.training_price_fen, now=lambda: self.now
        )
        response = answer(request, self.connect, tokens, deployment)
        check(method, path, response.status, response.headers, response.body)
        return response

    def refuse(self, api: Service, cause: Cause, *, since: int = NOW, next_probe_at: int = 0) -> None:
        """Open the breaker of ``api``."""
        breaker = Breaker(cause=cause, since=since, is_open=True, next_probe_at=next_probe_at)
        health = self.health or Health()
        self.health = replace(health, breakers={**health.breakers, api: breaker})


def trouble(
    code: str = "InternalError",
    kind: Kind = Kind.PASSING,
    api: Service | None = Service.TRAINING,
    *,
    tries: int = 1,
    since: int = NOW,
    next_try_at: int = NOW + 10_000,
    message: str = "the service's own words",
) -> RetryState:
    """Tries that have failed."""
    cause = Cause(code, message, kind, api)
    return RetryState(tries=tries, since=since, next_try_at=next_try_at, cause=cause)


def _wsgi_call(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], content: bytes
) -> HttpRequest:
    text = urlencode(query)
    return from_wsgi(
        {
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
            "REQUEST_METHOD": method,
            "QUERY_STRING": text,
            "CONTENT_LENGTH": str(len(content)) if content else "",
            "wsgi.input": io.BytesIO(content),
            "fc.request_uri": f"{path}?{text}" if text else path,
            "fc.context": object(),
        }
    )


def _event(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], content: bytes
) -> HttpRequest:
    event = http_event(method, path, headers=headers, query=query, content=content)
    return from_event(json.dumps(event).encode())


def document(response: HttpResponse) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(response.body)
    return loaded


def assert_problem(response: HttpResponse, status: int, code: str) -> None:
    assert response.status == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    problem = document(response)
    assert set(problem) == {"type", "title", "status", "code", "detail"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["detail"]


def at(milliseconds: int) -> str:
    """A time of the day of NOW as the documents show it."""
    seconds, rest = divmod(milliseconds - NOW, 1000)
    return f"2026-01-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}Z"
