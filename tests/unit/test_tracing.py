"""Work is logged under the trace of whoever began it: the upload, or the call that asked for it."""

from __future__ import annotations

import json
import logging
from contextvars import copy_context
from types import SimpleNamespace

import pytest

from shared.domain.requests import Request
from shared.domain.states import JobState
from shared.logs import log
from shared.tracing import begin, current, following
from shared.workflow.actions import Report, attempt
from shared.workflow.requests import answer_requests
from shared.workflow.saving import save
from tests.unit.memory import Memory
from tests.unit.support import NOW, job_in

SENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-00"
CONTEXT = SimpleNamespace(request_id="1-64f6cd87-aaaa")


@pytest.fixture(autouse=True)
def a_context_of_its_own() -> None:
    """Whatever a test begins ends with it: the test's fixtures run before it in the same context."""
    begin(None)


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(record.getMessage()) for record in caplog.records]


def test_a_trace_that_is_sent_is_taken_on() -> None:
    begin(CONTEXT, SENT)
    assert current() == SENT


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "00-x",
        SENT.upper(),
        SENT + "-x",
        "ff" + SENT[2:],
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        SENT + "\n",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
    ],
)
def test_one_that_makes_no_sense_is_replaced_by_the_request_s_own(sent: str) -> None:
    begin(CONTEXT, sent)
    own = current()
    assert own.startswith("00-")
    assert own != sent
    begin(CONTEXT)
    assert current() == own, "the same request has the same trace"


def test_without_a_request_there_is_no_trace_and_the_log_names_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    log("event")
    assert logged(caplog) == [{"event": "event"}]


def test_each_line_of_the_log_names_the_trace(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    begin(CONTEXT, SENT)
    log("event")
    with following(OTHER):
        log("event")
    with following(""):
        log("event")
    with following("no trace"):
        log("event")
    assert [line["traceparent"] for line in logged(caplog)] == [SENT, OTHER, SENT, SENT]


def test_runs_beside_one_another_have_their_own() -> None:
    begin(CONTEXT, SENT)
    copy_context().run(lambda: begin(CONTEXT, OTHER))
    assert current() == SENT


def test_a_new_job_keeps_the_trace_of_the_upload_that_opened_it_and_a_tick_logs_under_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    memory = Memory()
    begin(CONTEXT, SENT)
    job = save(memory.world(), None, job_in(JobState.COLLECTING))
    assert job.traceparent == SENT
    begin(CONTEXT, OTHER)
    assert save(memory.world(), job, job).traceparent == SENT, "it stays that of the first"
    caplog.set_level(logging.INFO)

    def fail() -> bool:
        raise RuntimeError("simulated")

    from shared.domain.decide import Look

    attempt(memory.world(), Look(job), fail, Report())
    log("tick")
    told = {str(line["event"]): line["traceparent"] for line in logged(caplog)}
    assert (told["action_failed"], told["tick"]) == (SENT, OTHER)


def test_what_an_administrator_asks_for_is_carried_out_under_the_trace_of_the_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    memory = Memory()
    memory.asked["1"] = Request(
        request_id="1", kind="resume", asked_at=NOW, asked_by="admin", traceparent=SENT
    )
    memory.bell = memory.bell.__class__(is_rung=True, version=1)
    begin(CONTEXT, OTHER)
    caplog.set_level(logging.INFO)
    answer_requests(memory.world(), memory.bell)
    (settled,) = [line for line in logged(caplog) if line["event"] == "request_settled"]
    assert settled["traceparent"] == SENT
