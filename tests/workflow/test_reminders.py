"""The operator is reminded when nobody has been trained for an hour, and told when it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.clients.robots import DingTalk
from shared.clients.vetted_connections import Poster
from shared.clients.webhook import Webhook
from shared.domain.object_keys import job_id
from shared.domain.outboxes import OPERATOR
from shared.domain.rules import Rules, Trainings
from tests.simulation.cloud import SimulatedCloud
from tests.workflow.receivers import LoopbackReceiver, receiver, says
from tests.workflow.support import tick
from tests.workflow.test_caps import deployed, send, states
from tests.workflow.test_messages import SECRET, TRAINED, kinds, outbox_of

HOUR = 60
"""In ticks."""


@contextmanager
def telling(rules: Rules) -> Iterator[tuple[SimulatedCloud, LoopbackReceiver]]:
    with receiver() as there, deployed(rules) as cloud:
        cloud.receivers = (Webhook(there.url(), [SECRET], Poster(allow_private=True)),)
        yield cloud, there


def of_the_queue(there: LoopbackReceiver) -> list[str]:
    return [kind for kind in kinds(there) if kind.startswith("queue.")]


def news(there: LoopbackReceiver, kind: str) -> dict[str, Any]:
    """The latest message of this kind."""
    told = [json.loads(one.body) for one in there.received]
    data: dict[str, Any] = [one["data"] for one in told if one["type"] == kind][-1]
    return data


@pytest.mark.parametrize(
    ("settings", "code", "lifted"),
    [
        ({"trainings": Trainings.OFF}, "trainings_off", {"trainings": Trainings.ON}),
        ({"max_fen_in_all": 100}, "total_cap", {"max_fen_in_all": 0}),
        ({"max_fen_per_month": 100}, "month_cap", {"max_fen_per_month": 1_000}),
    ],
)
def test_who_has_waited_for_money_for_an_hour_is_a_reason_to_remind(
    settings: dict[str, Any], code: str, lifted: dict[str, Any]
) -> None:
    with telling(Rules(quiet_ms=20_000, **settings)) as (cloud, there):
        send(cloud, "anna")
        tick(cloud, HOUR - 2)
        assert kinds(there) == ["training.queued"], "an hour has not passed, and nobody is told of the cap"
        tick(cloud, 5)
        assert of_the_queue(there) == ["queue.blocked"]
        blocked_by = news(there, "queue.blocked")["blocked_by"]
        assert blocked_by["code"] == code
        assert blocked_by["message"]
        assert blocked_by["remedy"]
        tick(cloud, HOUR)
        assert of_the_queue(there) == ["queue.blocked"] * 2
        cloud.change_rules(**lifted)
        tick(cloud, 6)
        assert of_the_queue(there) == ["queue.blocked"] * 2 + ["queue.resumed"]
        assert [kind for kind in kinds(there) if kind.startswith("training.")] == TRAINED
        assert news(there, "queue.resumed")["blocked_by"]["remedy"] is None
        tick(cloud, 2)
        assert outbox_of(cloud, OPERATOR).due_at == 0


def test_the_cap_of_a_day_goes_on_at_midnight_and_that_is_told() -> None:
    with telling(Rules(quiet_ms=20_000, max_fen_per_day=250)) as (cloud, there):
        tick(cloud, 40)
        send(cloud, "anna", "bob", "cyd")
        # Beijing's midnight has passed: anna is trained, and bob waits for a day, cyd for two.
        tick(cloud, 12)
        assert states(cloud).count("SUCCEEDED") == 1
        tick(cloud, HOUR)
        assert of_the_queue(there) == ["queue.blocked"]
        assert news(there, "queue.blocked")["blocked_by"]["code"] == "day_cap"
        tick(cloud, 23 * HOUR)
        assert states(cloud).count("SUCCEEDED") == 2
        # After 1, 2, 4, 8 and 16 hours; the next day's wait is another one.
        assert of_the_queue(there)[:6] == ["queue.blocked"] * 5 + ["queue.resumed"]


def test_nobody_is_reminded_of_a_cap_that_keeps_nobody() -> None:
    with telling(Rules(quiet_ms=20_000, max_fen_in_all=250)) as (cloud, there):
        send(cloud, "anna")
        tick(cloud, 3 * HOUR)
        assert states(cloud) == ["SUCCEEDED"]
        assert kinds(there) == TRAINED
        # Who comes hours after the cap was reached has waited since then, and not for hours.
        send(cloud, "bob")
        tick(cloud, HOUR - 2)
        assert of_the_queue(there) == []
        tick(cloud, 5)
        assert of_the_queue(there) == ["queue.blocked"]


def test_the_last_one_that_waits_is_cancelled_and_nothing_is_blocked_any_more() -> None:
    with telling(Rules(quiet_ms=20_000, trainings=Trainings.OFF)) as (cloud, there):
        send(cloud, "anna")
        tick(cloud, HOUR + 5)
        cloud.ask("cancel", job_id("anna", 1))
        tick(cloud, 5)
        assert of_the_queue(there) == ["queue.blocked", "queue.resumed"]
        tick(cloud, 5 * HOUR)
        send(cloud, "bob")
        tick(cloud, HOUR - 2)
        assert of_the_queue(there) == ["queue.blocked", "queue.resumed"]


@pytest.mark.parametrize(
    "settings", [{"trainings": Trainings.APPROVE}, {"max_fen_per_person": 100}], ids=["approval", "person"]
)
def test_who_waits_for_a_word_or_for_their_own_cap_blocks_nobody(settings: dict[str, Any]) -> None:
    with telling(Rules(quiet_ms=20_000, **settings)) as (cloud, there):
        send(cloud, "anna", "bob")
        tick(cloud, 5 * HOUR)
        assert states(cloud) == ["QUEUED", "QUEUED"]
        # Each has closed once, and is told of once, however often it is looked at.
        assert kinds(there) == ["training.queued"] * 2
        cloud.change_rules(trainings=Trainings.ON, max_fen_per_person=0)
        tick(cloud, HOUR)
        assert kinds(there, "anna") == kinds(there, "bob") == TRAINED


def test_an_approved_set_at_a_cap_blocks() -> None:
    with telling(Rules(quiet_ms=20_000, trainings=Trainings.APPROVE, max_fen_in_all=100)) as (cloud, there):
        send(cloud, "anna", "bob")
        tick(cloud, 2 * HOUR)
        assert of_the_queue(there) == []
        cloud.ask("approve", job_id("bob", 1))
        tick(cloud, HOUR + 5)
        assert news(there, "queue.blocked")["blocked_by"]["code"] == "total_cap"


def test_a_paused_queue_is_meant_and_no_reason_to_remind() -> None:
    with telling(Rules(quiet_ms=20_000, max_fen_in_all=100)) as (cloud, there):
        cloud.ask("pause", reason="holidays")
        send(cloud, "anna")
        tick(cloud, 3 * HOUR)
        assert kinds(there) == ["training.queued"]


def test_a_robot_says_it_in_chinese_with_what_to_do() -> None:
    with receiver() as group, deployed(Rules(quiet_ms=20_000, trainings=Trainings.OFF)) as cloud:
        group.answer = says(200, b'{"errcode": 0}')
        cloud.receivers = (DingTalk(group.url(), "", Poster(allow_private=True)),)
        send(cloud, "anna")
        tick(cloud, HOUR + 5)
        (told,) = [json.loads(one.body)["text"]["content"] for one in group.received]
        assert "队列受阻" in told
        assert "TRAININGS=off 已关闭训练" in told
        assert "请将 TRAININGS 设为 on" in told
