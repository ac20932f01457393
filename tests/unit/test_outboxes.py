"""When a message is tried, in which order, and when an outbox is done with."""

from __future__ import annotations

from dataclasses import replace

from shared.domain import outboxes
from shared.domain.job import Job
from shared.domain.messages import Message, with_news
from shared.domain.outboxes import (
    HOUR_MS,
    MINUTE_MS,
    SCHEDULE_MS,
    SECOND_MS,
    Outbox,
    Progress,
    Told,
    announced,
    answered_no,
    done_with,
    is_due,
    is_given_up,
    is_of_before,
    looked_at,
    tried,
    untold,
)
from shared.domain.photo_set import ClosedBy
from shared.domain.states import JobState
from tests.unit.support import NOW, collecting, job_in, photo

WEBHOOK = "webhook"


def message(number: int, at: int = NOW, kind: str = "training.queued") -> Message:
    return Message(message_id=f"msg_{number}_{at}", kind=kind, at=at, number=number)


def job(revision: int, *made: Message, state: JobState = JobState.TRAINING) -> Job:
    return job_in(state, revision=revision, messages=made)


HEAD = Told(1, message(1))


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    starts = [sum(SCHEDULE_MS[: number + 1]) for number in range(len(SCHEDULE_MS))]
    hours, minutes, seconds = HOUR_MS, MINUTE_MS, SECOND_MS
    assert starts == [
        0,
        5 * seconds,
        5 * minutes + 5 * seconds,
        35 * minutes + 5 * seconds,
        2 * hours + 35 * minutes + 5 * seconds,
        7 * hours + 35 * minutes + 5 * seconds,
        17 * hours + 35 * minutes + 5 * seconds,
        31 * hours + 35 * minutes + 5 * seconds,
        51 * hours + 35 * minutes + 5 * seconds,
        75 * hours + 35 * minutes + 5 * seconds,
    ]


def test_a_message_is_tried_at_each_moment_of_the_schedule_and_then_given_up() -> None:
    outbox, now, waits = Outbox(key="k"), NOW, []
    while not is_given_up(outbox, WEBHOOK):
        outbox = tried(outbox, WEBHOOK, HEAD, now, 1.0)
        outbox = answered_no(outbox, WEBHOOK, now, wish_ms=0, jitter=1.0)
        progress = outbox.progress(WEBHOOK)
        if not is_given_up(outbox, WEBHOOK):
            waits.append(progress.next_try_at - now)
            assert not is_due(outbox, WEBHOOK, HEAD, progress.next_try_at - 1)
            assert is_due(outbox, WEBHOOK, HEAD, progress.next_try_at)
        now = progress.next_try_at
    assert waits == list(SCHEDULE_MS[1:])


def test_while_a_try_may_be_under_way_nobody_makes_another() -> None:
    outbox = tried(Outbox(key="k"), WEBHOOK, HEAD, NOW, 0.8)
    assert not is_due(outbox, WEBHOOK, HEAD, NOW + 10 * SECOND_MS)


def test_jitter_moves_a_try_by_up_to_a_fifth_and_a_receivers_wish_only_later() -> None:
    outbox = tried(Outbox(key="k"), WEBHOOK, HEAD, NOW, 1.2)
    wishes = {0: 6 * SECOND_MS, 3 * SECOND_MS: 6 * SECOND_MS, HOUR_MS: HOUR_MS, 999 * HOUR_MS: 24 * HOUR_MS}
    for wish_ms, expected in wishes.items():
        after = answered_no(outbox, WEBHOOK, NOW, wish_ms=wish_ms, jitter=1.2)
        assert after.progress(WEBHOOK).next_try_at - NOW == expected


def test_a_moment_that_no_schedule_has_is_of_a_wrong_clock() -> None:
    outbox = tried(Outbox(key="k"), WEBHOOK, HEAD, NOW + 1000 * HOUR_MS, 1.0)
    assert is_due(outbox, WEBHOOK, HEAD, NOW)


def test_a_persons_messages_come_in_the_order_in_which_things_happened() -> None:
    first = job(1, message(1, NOW), message(2, NOW + 5), message(3, NOW + 20))
    second = job(2, message(1, NOW + 10))
    found = untold(Outbox(key="k"), WEBHOOK, [second, first])
    assert [(one.revision, one.message.number) for one in found] == [(1, 1), (1, 2), (2, 1), (1, 3)]


def test_within_a_job_the_numbers_decide_whatever_a_clock_said() -> None:
    found = untold(Outbox(key="k"), WEBHOOK, [job(1, message(1, NOW + 9), message(2, NOW))])
    assert [one.message.number for one in found] == [1, 2]


def test_what_is_done_with_is_done_with_for_that_receiver_alone() -> None:
    there = [job(1, message(1), message(2, NOW + 1))]
    outbox = done_with(tried(Outbox(key="k"), WEBHOOK, HEAD, NOW, 1.0), WEBHOOK, HEAD)
    assert [one.message.number for one in untold(outbox, WEBHOOK, there)] == [2]
    assert outbox.progress(WEBHOOK).tries == 0
    assert len(untold(outbox, "dingtalk", there)) == 2


def test_an_outbox_is_looked_at_while_somebody_may_be_about_to_save_a_message() -> None:
    outbox = announced(Outbox(key="k"), 1, NOW + 90_000, NOW)
    assert (outbox.revisions, outbox.due_at) == ((1,), NOW)
    after = looked_at(outbox, [WEBHOOK], {1: None}, NOW)
    assert after.revisions == (1,)
    assert NOW < after.due_at <= NOW + 60_000
    over = looked_at(after, [WEBHOOK], {1: None}, NOW + 90_000)
    assert (over.revisions, over.due_at) == ((), 0)


def test_an_outbox_leaves_the_index_once_its_job_has_ended_and_all_is_told() -> None:
    ended = job(1, message(1), state=JobState.SUCCEEDED)
    ended = replace(ended, messages=(*ended.messages, message(2, kind="training.succeeded")))
    outbox = announced(Outbox(key="k"), 1, NOW, NOW)
    waiting = looked_at(outbox, [WEBHOOK], {1: ended}, NOW + 1)
    assert (waiting.revisions, waiting.due_at) == ((1,), NOW + 1)
    for one in untold(outbox, WEBHOOK, [ended]):
        outbox = done_with(outbox, WEBHOOK, one)
    assert looked_at(outbox, [WEBHOOK], {1: ended}, NOW + 1).due_at == 0


def test_an_outbox_of_a_job_that_goes_on_is_looked_at_now_and_then() -> None:
    outbox = done_with(announced(Outbox(key="k"), 1, NOW, NOW), WEBHOOK, HEAD)
    training = looked_at(outbox, [WEBHOOK], {1: job(1, message(1))}, NOW + 1)
    assert training.due_at == NOW + 1 + 10 * MINUTE_MS
    queued = looked_at(outbox, [WEBHOOK], {1: job(1, message(1), state=JobState.QUEUED)}, NOW + 1)
    assert queued.due_at == NOW + 1 + 24 * HOUR_MS
    rejected = looked_at(outbox, [WEBHOOK], {1: job(1, message(1), state=JobState.REJECTED)}, NOW + 1)
    assert (rejected.due_at, rejected.revisions) == (0, (1,))


def test_what_older_code_has_ended_is_found() -> None:
    queued = with_news(collecting(photo()), collecting(photo()).closed(ClosedBy.QUIET, NOW))
    outbox = done_with(Outbox(key="k", revisions=(1,)), WEBHOOK, Told(1, queued.messages[0]))
    ended = replace(job_in(JobState.SUCCEEDED), messages=queued.messages, delivered=True)
    assert [one.message.kind for one in untold(outbox, WEBHOOK, [ended])] == ["training.succeeded"]


def test_messages_of_its_own_leave_an_outbox_when_everybody_has_them() -> None:
    own = message(1, kind="queue.blocked")
    outbox = Outbox(key=outboxes.OPERATOR, own=(own,), due_at=NOW)
    assert looked_at(outbox, [WEBHOOK], {}, NOW).own == (own,)
    done = done_with(outbox, WEBHOOK, Told(outboxes.OF_ITS_OWN, own))
    after = looked_at(done, [WEBHOOK], {}, NOW)
    assert (after.own, after.due_at) == ((), 0)


def test_an_outbox_goes_with_the_erased_unless_it_knows_of_a_later_job() -> None:
    told = {"webhook": Progress(told={3: 2})}
    assert is_of_before(Outbox(key="li"), 0)
    assert is_of_before(Outbox(key="li", revisions=(1, 3), receivers=told), 3)
    assert not is_of_before(Outbox(key="li", revisions=(1, 4)), 3)
    assert not is_of_before(Outbox(key="li", receivers=told), 2)
