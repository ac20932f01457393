"""Whoever wants to be told, in virtual time: receivers that are down, slow, redirect, are gone, or repeat.

The account is simulated; the webhook is the product's own, with its sockets, and its receiver is on loopback.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import jsonschema
import pytest

from local.packaging import ROOT
from shared.clients.outbox_table import OutboxTable
from shared.clients.robots import DingTalk, Feishu
from shared.clients.vetted_connections import Poster
from shared.clients.webhook import Webhook
from shared.domain.control_rows import DELIVERIES as ROW
from shared.domain.outboxes import OPERATOR, Outbox
from shared.domain.states import JobState
from shared.http_api import published
from shared.workflow.delivery_record import is_disabled
from shared.workflow.message_ports import Reply
from tests.simulation.cloud import TICK_MS, SimulatedCloud
from tests.simulation.stores import BUCKET
from tests.workflow.receivers import LoopbackReceiver, receiver, says
from tests.workflow.support import tick

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOUR_MS = 3_600_000
TRAINED = ["training.queued", "training.started", "training.succeeded"]


@pytest.fixture
def there() -> Iterator[LoopbackReceiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def telling(cloud: SimulatedCloud, there: LoopbackReceiver) -> SimulatedCloud:
    """The account, with a webhook to the receiver."""
    cloud.receivers = (Webhook(there.url(), [SECRET], Poster(allow_private=True)),)
    return cloud


def kinds(there: LoopbackReceiver, person: str = "") -> list[str]:
    """What has come, without repetitions."""
    once = {one.headers["webhook-id"]: json.loads(one.body) for one in there.received}
    return [one["type"] for one in once.values() if not person or one["data"]["person_id"] == person]


def log_of(cloud: SimulatedCloud) -> dict[str, Any]:
    """What is noted of deliveries."""
    row = cloud._ots.mirrors["control"].columns([("name", ROW)])
    value: dict[str, Any] = json.loads(row["value"]) if row else {}
    return value


def outbox_of(cloud: SimulatedCloud, key: str) -> Outbox:
    found = cloud._ots.mirrors["jobs"].columns([("person_key", f"outbox-{key}"), ("revision", 0)])

    class OneRow:
        def get(self, _: object) -> Any:
            return found

    return OutboxTable(OneRow()).find(key)  # type: ignore[arg-type]  # the one method that is asked


def train(cloud: SimulatedCloud, person: str = "li", ticks: int = 14) -> None:
    cloud.upload(person, "a.jpg", b"FACE " + person.encode())
    cloud.upload(person, "_READY", b"")
    tick(cloud, ticks)


def pass_time(cloud: SimulatedCloud, hours: float, every_ms: int = 5 * TICK_MS) -> None:
    for _ in range(int(hours * HOUR_MS) // every_ms):
        cloud.invoke_reconcile()
        cloud.advance(every_ms)


def test_a_training_is_told_step_by_step(telling: SimulatedCloud, there: LoopbackReceiver) -> None:
    train(telling)
    assert kinds(there) == TRAINED
    assert len(there.received) == 3
    told = json.loads(there.received[-1].body)["data"]
    (job,) = telling.jobs()
    assert (told["job_id"], told["finetuned_output"]) == (job.job_id, job.finetuned_output)
    assert told["result_key"] in [f"results/li/{job.revision}.json"]
    assert outbox_of(telling, job.person_key).due_at == 0


def test_a_receiver_that_is_down_for_six_hours_hears_of_everything_once_and_in_order(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    there.answer = says(503)
    train(telling)
    tick(telling, 10)
    train(telling, "wu")
    assert all(job.state is JobState.SUCCEEDED and job.delivered for job in telling.jobs())
    pass_time(telling, 6)
    tried = len(there.received)
    # A person's first message alone is tried, at the moments of the schedule.
    assert 2 * 4 <= tried <= 2 * 7
    assert set(kinds(there)) == {"training.queued"}
    there.answer = says(204)
    pass_time(telling, 4)
    assert kinds(there, "li") == kinds(there, "wu") == TRAINED
    outcomes = [one["outcome"] for one in log_of(telling)["tries"]]
    assert outcomes.count("delivered") == 6


def test_a_later_message_of_a_person_waits_for_an_earlier_one_and_others_do_not(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    def refuses_li(handler: BaseHTTPRequestHandler) -> None:
        says(500 if b'"person_id":"li"' in there.received[-1].body else 204)(handler)

    there.answer = refuses_li
    train(telling)
    train(telling, "wu")
    assert kinds(there, "wu") == TRAINED
    assert kinds(there, "li") == ["training.queued"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_is_no_delivery(
    telling: SimulatedCloud, there: LoopbackReceiver, status: int
) -> None:
    there.answer = says(status, Location=there.url(path="/elsewhere"))
    train(telling)
    assert {one.path for one in there.received} == {"/hook"}
    assert {one["code"] for one in log_of(telling)["tries"]} == {f"http_{status}"}


def test_a_receiver_that_is_gone_is_disabled_until_its_setting_changes(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    there.answer = says(410)
    train(telling)
    assert len(there.received) == 1
    train(telling, "wu")
    pass_time(telling, 12)
    assert len(there.received) == 1
    (hook,) = telling.receivers
    assert is_disabled(log_of(telling), hook.name, hook.fingerprint)
    assert list(telling.health().gone_receivers) == ["webhook"]
    # What happens from now on is told at the new address.
    telling.receivers = (Webhook(there.url(path="/new"), [SECRET], Poster(allow_private=True)),)
    there.answer = says(200)
    train(telling, "zhao")
    assert kinds(there, "zhao") == TRAINED
    assert not telling.health().gone_receivers


def test_a_slow_receiver_holds_no_training(telling: SimulatedCloud) -> None:
    class Slow:
        name, fingerprint, most_a_pass = "webhook", "slow", 60

        def wants(self, _: str) -> bool:
            return True

        def send(self, message: object, job: object, now: int, within_ms: int) -> Any:
            telling.kernel.pause(within_ms)
            return Reply("timed_out", "no answer came in time")

    telling.receivers = (Slow(),)
    for person in ("li", "wu", "zhao"):
        telling.upload(person, "a.jpg", b"FACE " + person.encode())
        telling.upload(person, "_READY", b"")
    tick(telling, 40)
    jobs = telling.jobs()
    assert all(job.state is JobState.SUCCEEDED for job in jobs)
    starts, ends = sorted(job.submitted_at for job in jobs), sorted(job.ended_at for job in jobs)
    idle_ms = [start - end for start, end in zip(starts[1:], ends, strict=False)]
    assert max(idle_ms) < 60_000


def test_a_receiver_asks_to_be_left_alone_and_is(telling: SimulatedCloud, there: LoopbackReceiver) -> None:
    there.answer = says(429, Retry_After="3600")
    train(telling)
    assert len(there.received) == 1
    pass_time(telling, 0.9)
    assert len(there.received) == 1
    there.answer = says(200)
    pass_time(telling, 0.4)
    assert kinds(there) == TRAINED


def test_a_message_is_given_up_after_three_days_and_the_next_one_goes(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    def refuses_the_first(handler: BaseHTTPRequestHandler) -> None:
        says(400 if b"training.queued" in there.received[-1].body else 204)(handler)

    there.answer = refuses_the_first
    train(telling)
    pass_time(telling, 100, every_ms=30 * TICK_MS)
    sent = [json.loads(one.body)["type"] for one in there.received]
    assert sent == ["training.queued"] * 10 + ["training.started", "training.succeeded"]
    assert "given_up" in [one["outcome"] for one in log_of(telling)["tries"]]


def test_a_repetition_has_the_same_id_and_the_same_words(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    there.answer = says(500)
    train(telling, ticks=20)
    same = {(one.headers["webhook-id"], one.body) for one in there.received}
    assert len(there.received) > 2
    assert len(same) == 1


def test_what_must_not_be_reached_is_not_reached(cloud: SimulatedCloud, there: LoopbackReceiver) -> None:
    cloud.receivers = (Webhook(there.url(), [SECRET], Poster()),)
    train(cloud)
    assert not there.received
    assert {one["code"] for one in log_of(cloud)["tries"]} == {"address_refused"}
    assert cloud.jobs()[0].state is JobState.SUCCEEDED


def test_each_receiver_comes_as_far_as_it_does(telling: SimulatedCloud, there: LoopbackReceiver) -> None:
    with receiver() as group:
        group.answer = says(200, b'{"code": 9499, "msg": "too many"}')
        telling.receivers = (*telling.receivers, Feishu(group.url(), "secret", Poster(allow_private=True)))
        train(telling)
        assert kinds(there) == TRAINED
        assert len(group.received) == 1
        group.answer = says(200, b'{"code": 0}')
        pass_time(telling, 1)
        assert "训练成功" in json.loads(group.received[-1].body)["content"]["text"]
        assert len(group.received) == 2


def test_nobody_is_told_of_what_had_happened_before_there_was_a_receiver(
    cloud: SimulatedCloud, there: LoopbackReceiver
) -> None:
    train(cloud)
    cloud.receivers = (Webhook(there.url(), [SECRET], Poster(allow_private=True)),)
    train(cloud, "wu")
    assert {json.loads(one.body)["data"]["person_id"] for one in there.received} == {"wu"}


def test_the_operator_is_reminded_of_a_blocked_queue_and_told_when_it_goes_on(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    telling.behaviour.in_arrears = True
    telling.upload("li", "a.jpg", b"FACE")
    telling.upload("li", "_READY", b"")
    tick(telling, 58)
    assert kinds(there) == []
    tick(telling, 10)
    assert kinds(there) == ["queue.blocked"]
    pass_time(telling, 2.2, every_ms=TICK_MS)
    assert kinds(there) == ["queue.blocked"] * 2
    told = json.loads(there.received[0].body)["data"]
    assert told["blocked_by"]["code"] == "Arrearage"
    telling.behaviour.in_arrears = False
    tick(telling, 30)
    assert kinds(there)[2:] == ["queue.resumed", *TRAINED]
    tick(telling, 5)
    assert outbox_of(telling, OPERATOR).due_at == 0


def test_a_set_that_is_rejected_is_told_with_the_verdicts(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    telling.upload("li", "a.jpg", b"VIEW")
    telling.upload("li", "_READY", b"")
    tick(telling, 5)
    (told,) = [json.loads(one.body) for one in there.received]
    assert told["type"] == "photos.rejected"
    assert told["data"]["verdicts"] == {"no_face": 1}
    assert told["data"]["reason"]["code"] == "no_usable_photo"


def outcome_of(cloud: SimulatedCloud) -> str:
    return str(cloud.requests()[-1]["outcome"])


def test_a_receiver_that_takes_a_test_is_told_of_everything_again(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    there.answer = says(410)
    train(telling)
    telling.ask("try_receivers")
    tick(telling, 2)
    assert outcome_of(telling) == "message_refused: webhook http_410"
    there.answer = says(204)
    telling.ask("try_receivers")
    tick(telling, 2)
    assert outcome_of(telling) == "message_taken: webhook 204"
    assert log_of(telling)["disabled"] == {}
    train(telling, "wu")
    told = [json.loads(one.body) for one in there.received]
    assert [one["type"] for one in told if one["data"].get("person_id") == "wu"] == TRAINED


def test_a_message_that_was_dropped_is_sent_once_more_with_its_own_id(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    there.answer = says(410)
    train(telling)
    there.answer = says(204)
    message = telling.jobs()[0].messages[-1]
    for _ in range(2):
        telling.ask("redeliver", message.message_id)
        tick(telling, 2)
        assert outcome_of(telling) == "message_taken: webhook 204"
    sent = [one.headers["webhook-id"] for one in there.received]
    assert sent[1:] == [message.message_id] * 2
    assert json.loads(there.received[-1].body)["type"] == "training.succeeded"


@pytest.mark.parametrize("subject", ["msg_1", "", "msg_0123456789abcdef0123-1_1_1", "李雷"])
def test_a_message_that_nobody_keeps_is_not_sent(
    telling: SimulatedCloud, there: LoopbackReceiver, subject: str
) -> None:
    telling.ask("redeliver", subject)
    tick(telling, 2)
    assert outcome_of(telling) == "message_unknown"
    assert not there.received


@pytest.mark.parametrize("kind", ["try_receivers", "redeliver"])
def test_without_a_receiver_it_says_so(cloud: SimulatedCloud, kind: str) -> None:
    cloud.ask(kind, "msg_1")
    tick(cloud, 2)
    assert outcome_of(cloud) == "no_receiver"


def test_what_is_sent_and_what_is_stored_is_what_the_published_schemas_say(
    telling: SimulatedCloud, there: LoopbackReceiver
) -> None:
    train(telling)
    telling.upload("wu", "a.jpg", b"VIEW")
    telling.upload("wu", "_READY", b"")
    telling.ask("try_receivers")
    telling.behaviour.in_arrears = True
    telling.upload("zhao", "a.jpg", b"FACE")
    telling.upload("zhao", "_READY", b"")
    tick(telling, 70)
    telling.behaviour.in_arrears = False
    tick(telling, 30)
    message, result = (
        json.loads((ROOT / "docs" / "schemas" / name).read_text("utf-8"))
        for name in (published.MESSAGE, published.RESULT)
    )
    bodies = [json.loads(one.body) for one in there.received]
    assert {one["type"] for one in bodies} >= {*TRAINED, "photos.rejected", "webhook.test", "queue.blocked"}
    for body in bodies:
        jsonschema.validate(body, message)
        assert set(body["data"]) <= named_in(message)
    page = telling.objects.list_objects(BUCKET, prefix="results/").rows
    results = [json.loads(telling.objects.get(BUCKET, one.key)[1]) for one in page]
    assert len(results) >= 2
    for one in results:
        jsonschema.validate(one, result)
        assert {*one, *(name for photo in one["photos"] for name in photo)} <= named_in(result)


def named_in(schema: dict[str, Any]) -> set[str]:
    """All fields that a published schema names; it allows for others, and nothing writes any."""
    return {name for part in schema["$defs"].values() for name in part.get("properties", {})}


def calls_of_a_tick(cloud: SimulatedCloud) -> list[str]:
    """The calls of a tick in which nothing is left to be done, the sweep's apart."""
    before = len(cloud.gate.trace)
    cloud.invoke_reconcile()
    cloud.advance(TICK_MS)
    return [call.operation for call in cloud.gate.trace[before:] if call.service == "ots"]


def test_an_idle_tick_makes_one_read_more_for_whoever_wants_to_be_told(telling: SimulatedCloud) -> None:
    train(telling, ticks=60)
    cheapest = min((calls_of_a_tick(telling) for _ in range(6)), key=len)
    receivers, telling.receivers = telling.receivers, ()
    untold = min((calls_of_a_tick(telling) for _ in range(6)), key=len)
    assert receivers
    assert sorted(cheapest) == sorted([*untold, "GetRange jobs_in_hand"])


def test_a_robot_is_sent_a_few_messages_at_a_time(telling: SimulatedCloud) -> None:
    with receiver() as group:
        group.answer = says(200, b'{"errcode": 0}')
        telling.receivers = (DingTalk(group.url(), "", Poster(allow_private=True)),)
        for number in range(20):
            telling.upload(f"person {number}", "a.jpg", b"VIEW")
            telling.upload(f"person {number}", "_READY", b"")
        telling.advance(TICK_MS)
        sent = 0
        for _ in range(8):
            tick(telling, 1)
            assert len(group.received) - sent <= 20
            sent = len(group.received)
        assert sent == 20


def test_who_does_not_answer_is_left_alone_for_the_rest_of_the_pass(telling: SimulatedCloud) -> None:
    class Silent:
        name, fingerprint, most_a_pass = "webhook", "silent", 60
        asked = 0

        def wants(self, _: str) -> bool:
            return True

        def send(self, message: object, job: object, now: int, within_ms: int) -> Reply:
            self.asked += 1
            return Reply("not_reached", "no connection")

    silent = Silent()
    telling.receivers = (silent,)
    for number in range(30):
        telling.upload(f"person {number}", "a.jpg", b"VIEW")
        telling.upload(f"person {number}", "_READY", b"")
    telling.advance(2 * TICK_MS)
    for count in (2, 4, 6):
        calls = calls_of_a_tick(telling)
        assert silent.asked == count
        # Nobody's outbox is read in vain.
        assert sum(one.startswith("GetRow jobs") for one in calls) <= 4
