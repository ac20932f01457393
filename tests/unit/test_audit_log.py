"""The audit's client over an emulated Simple Log Service: what arrives, what is read, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # type: ignore[import-untyped]  # it has no types
from requests.structures import CaseInsensitiveDict

from aliyun_local.clock import ManualClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.log_service.entries import LogEntries
from aliyun_local.log_service.http.responses import LogService
from aliyun_local.serving.wire import Headers, Refusal, Request, Response
from shared.clients.audit_log import AuditLog
from shared.clients.credentials import Credentials
from shared.clients.log_group import Entry, log_group
from shared.clients.log_store import NO_TRY_AFTER_SECONDS, TIMEOUT_SECONDS, LogStore
from shared.clients.retries import Retries
from shared.domain.audit import OLDEST_MS, AuditRecord
from shared.errors import RetryLater

NOW = 1_780_000_000_000
KEY = Credentials(access_key_id="LTAIlocal", access_key_secret="the-secret")
SECRET_WORDS = ("the-secret", "LTAIlocal", "LOG ")

Strike = Callable[[LogService, Request], Response]


class Wire:
    """A session of ``requests`` that ends at the emulator; ``strikes`` are what it meets, call by call."""

    def __init__(self, service: LogService) -> None:
        self.service = service
        self.strikes: list[Strike | Exception] = []
        self.sent: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, method: str, url: str, **given: Any) -> requests.Response:
        self.sent.append((method, url, given))
        prepared = requests.Request(
            method, url, headers=given["headers"], params=given["params"], data=given["data"]
        ).prepare()
        path, _, query = (prepared.path_url or "").partition("?")
        headers = {name.lower(): str(value) for name, value in prepared.headers.items()}
        request = Request(
            method=method,
            host=headers["host"],
            raw_path=path,
            raw_query=query,
            headers=Headers(headers),
            body=given["data"] or b"",
        )
        strike = self.strikes.pop(0) if self.strikes else LogService.handle
        if isinstance(strike, Exception):
            raise strike
        answer = requests.Response()
        given_back = strike(self.service, request)
        answer.status_code, answer._content = given_back.status, given_back.body
        answer.headers = CaseInsensitiveDict(given_back.headers)
        return answer


def refusing(status: int, code: str) -> Strike:
    refusal = Refusal(status=status, code=code, message=f"{code} for LTAIlocal12345")
    return lambda service, request: service.refuse(request, refusal)


def losing_the_answer(service: LogService, request: Request) -> Response:
    assert service.handle(request).status == 200
    raise requests.exceptions.ReadTimeout("https://project.cn-beijing.log.aliyuncs.com/?signature=abc")


def incomplete(service: LogService, request: Request) -> Response:
    answer = service.handle(request)
    answer.headers["x-log-progress"] = "Incomplete"
    return answer


@pytest.fixture
def wire() -> Iterator[Wire]:
    clock = ManualClock(NOW / 1000)
    keys = AccessKeys(clock)
    keys.add(KEY.access_key_id, KEY.access_key_secret)
    entries = LogEntries(None, clock)
    entries.create_logstore("project", "audit")
    yield Wire(LogService(entries, keys, clock))
    entries.close()


def audit_on(
    wire: Wire, key: str = "k" * 16, endpoint: str = "https://cn-beijing-intranet.log.aliyuncs.com"
) -> AuditLog:
    elapsed = [0.0]

    def pause(seconds: float) -> None:
        elapsed[0] += seconds

    store = LogStore(
        *(endpoint, "project", "audit", KEY),
        session=wire,  # type: ignore[arg-type]  # as much of a session as is used
        retries=Retries(sleep=pause, random=lambda: 0.5, now=lambda: elapsed[0]),
        now=lambda: NOW / 1000,
    )
    return AuditLog(store, key, now=lambda: NOW)


def record(number: int = 1, **changed: Any) -> AuditRecord:
    given = {"at": NOW - 1000 * number, "action": "cancel", "by": "admin", "function": "reconcile"}
    return AuditRecord(**{"record_id": f"id-{number}", **given, **changed})


def read(audit: AuditLog, person: str = "", **changed: int) -> list[AuditRecord | None]:
    span = {"since": NOW - 3_600_000, "until": NOW + 1000, "offset": 0, "count": 100}
    return audit.page(person, **{**span, **changed})


def test_records_come_back_as_they_were_put_newest_first(wire: Wire) -> None:
    audit = audit_on(wire)
    whole = record(
        2,
        person=audit.hash_of("王小明"),
        revision=3,
        link="0123456789abcdef",
        pictures=4,
        outcome="canceled",
        done_at=NOW,
        traceparent="00-1-2-01",
    )
    audit.put([record(1), whole])
    assert read(audit) == [record(1), whole]
    assert read(audit, offset=1, count=1) == [whole]
    assert read(audit, until=NOW - 2000) == []


def test_one_persons_records_are_found_by_the_name_and_by_nothing_less(wire: Wire) -> None:
    audit = audit_on(wire)
    li, wu = audit.hash_of("Li"), audit.hash_of("Wu")
    audit.put([record(1, person=li), record(2, person=wu), record(3), record(4, traceparent=li)])
    # Where the hash stands in another field it is not that person's record.
    assert read(audit, li) == [record(1, person=li), None]
    assert audit_on(wire, key="another key of 16").hash_of("Li") != li
    assert audit.hash_of("Zoe\u0308") == audit.hash_of("Zo\u00eb")


def test_an_entry_that_is_no_record_is_no_page_lost(wire: Wire) -> None:
    audit = audit_on(wire)
    wire.service._entries.append("project", "audit", "", {"message": "somebody else's"})
    wire.service._entries.append("project", "audit", "", {"record_id": "1", "action": "a", "at": "soon"})
    assert read(audit) == [None, None]


def test_an_old_record_is_logged_at_a_time_that_is_taken_and_says_its_own(wire: Wire) -> None:
    audit = audit_on(wire)
    old = record(1, at=NOW - 30 * 86_400_000)
    audit.put([old, record(2)])
    assert read(audit, since=NOW - OLDEST_MS) == [record(2), old]


def test_what_is_in_the_way_of_one_try_is_tried_again(wire: Wire) -> None:
    audit = audit_on(wire)
    wire.strikes = [refusing(403, "WriteQuotaExceed"), refusing(500, "InternalServerError")]
    audit.put([record()])
    assert read(audit) == [record()]
    wire.strikes, wire.sent = [incomplete, requests.exceptions.ConnectionError("refused")], []
    assert read(audit) == [record()]
    assert len(wire.sent) == 3, "what is incomplete is no answer"


def test_a_lost_answer_leaves_the_record_there_twice_under_one_id(wire: Wire) -> None:
    audit = audit_on(wire)
    wire.strikes = [losing_the_answer]
    audit.put([record()])
    assert read(audit) == [record(), record()]


@pytest.mark.parametrize(
    ("strike", "code", "tries"),
    [
        (requests.exceptions.ConnectTimeout("to project"), "no_answer", 3),
        (refusing(503, "ServerBusy"), "ServerBusy", 3),
        (refusing(403, "Unauthorized"), "Unauthorized", 1),
        (refusing(404, "LogStoreNotExist"), "LogStoreNotExist", 1),
        (lambda _, __: Response(status=502, headers={}, body=b"<html>"), "http_502", 3),
    ],
)
def test_tries_are_few_and_the_trouble_says_its_code_and_no_secret(
    wire: Wire, strike: Strike | Exception, code: str, tries: int
) -> None:
    audit = audit_on(wire)
    for call in (lambda: audit.put([record()]), lambda: read(audit)):
        wire.strikes, wire.sent = [strike] * 10, []
        with pytest.raises(RetryLater) as raised:
            call()
        assert (raised.value.code, len(wire.sent)) == (code, tries)
        assert not [word for word in SECRET_WORDS if word in str(raised.value)]
        assert all(given["timeout"] == TIMEOUT_SECONDS for _, _, given in wire.sent)
        assert not any(given["allow_redirects"] for _, _, given in wire.sent)


def test_a_call_is_over_before_a_run_or_a_page_is(wire: Wire) -> None:
    assert NO_TRY_AFTER_SECONDS + sum(TIMEOUT_SECONDS) <= 7


def test_an_answer_that_is_no_list_is_none(wire: Wire) -> None:
    wire.strikes = [lambda _, __: Response(status=200, headers={}, body=b"{}")] * 3
    with pytest.raises(RetryLater, match="unreadable_answer"):
        read(audit_on(wire))


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("https://cn-beijing.log.aliyuncs.com", "https://project.cn-beijing.log.aliyuncs.com"),
        ("http://127.0.0.1:9060", "http://127.0.0.1:9060"),
    ],
)
def test_the_project_stands_before_a_name_and_beside_an_address(
    wire: Wire, endpoint: str, address: str
) -> None:
    audit_on(wire, endpoint=endpoint).put([record()])
    [(method, url, given)] = wire.sent
    assert (method, url) == ("POST", f"{address}/logstores/audit/shards/lb")
    assert given["headers"]["Host"] == f"project.{endpoint.partition('://')[2]}"


def test_a_log_group_is_read_by_protocol_buffers_by_the_published_numbers() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="sls.proto", package="sls", syntax="proto2")
    field = descriptor_pb2.FieldDescriptorProto
    shapes: dict[str, list[tuple[str, int, int, str]]] = {
        "Content": [("Key", 1, field.TYPE_STRING, ""), ("Value", 2, field.TYPE_STRING, "")],
        "Log": [("Time", 1, field.TYPE_UINT32, ""), ("Contents", 2, field.TYPE_MESSAGE, "Content")],
        "LogGroup": [("Logs", 1, field.TYPE_MESSAGE, "Log"), ("Topic", 3, field.TYPE_STRING, "")],
    }
    for name, parts in shapes.items():
        message = file.message_type.add(name=name)
        for part, number, kind, of in parts:
            label = field.LABEL_REPEATED if of else field.LABEL_REQUIRED
            made = message.field.add(name=part, number=number, type=kind, label=label)
            if of:
                made.type_name = f".sls.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    described = pool.FindMessageTypeByName("sls.LogGroup")
    # The protobuf of Function Compute's python3.10 has it by another name.
    by_class = getattr(message_factory, "GetMessageClass", None)
    group = (
        by_class(described)() if by_class else message_factory.MessageFactory(pool).GetPrototype(described)()
    )
    sent = [Entry(NOW // 1000, {"person": "王" * 100, "empty": ""}), Entry(127, {}), Entry(128, {"a": "b"})]
    group.ParseFromString(log_group(sent, "audit"))
    assert group.IsInitialized()
    assert [(log.Time, {one.Key: one.Value for one in log.Contents}) for log in group.Logs] == sent
    assert group.Topic == "audit"


def test_a_log_group_has_the_published_form() -> None:
    text = "x" * 200
    made = log_group([Entry(300, {"a": text, "\ud800": ""})], "t")
    contents = b"\x12\xce\x01\x0a\x01a\x12\xc8\x01" + text.encode() + b"\x12\x05\x0a\x01?\x12\x00"
    log = b"\x08\xac\x02" + contents
    assert made == b"\x0a\xdb\x01" + log + b"\x1a\x01t"
