"""The labels of portraits: in the bytes that are stored, and visible where that is wanted."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from shared.domain.content_labels import carried_label, first_label, labelled
from shared.domain.job import Job
from shared.domain.portraits import OrderState
from shared.domain.rules import PORTRAIT_PRODUCER, Rules
from shared.domain.trouble_kinds import Api
from shared.errors import RetryLater
from shared.workflow.portrait_storing import store
from tests.unit.memory import Memory
from tests.unit.portrait_support import ON, TASK, made, model, of, order, picture, ready

S = OrderState
URL = "https://made.example/{}?Signature=s"
KEYS = [f"results/li/1/portraits/1-{place}.jpg" for place in range(1, 5)]
VISIBLE = replace(ON, label_portraits=True)


def stored(memory: Memory, job: Job, rules: Rules = ON) -> None:
    store(memory.world(rules), memory[job], memory[job].portraits[0])


def test_each_stored_picture_carries_the_label_of_its_origin() -> None:
    memory, job = ready()
    stored(memory, job)
    for place, key in enumerate(KEYS, 1):
        label = carried_label(memory.contents[key])
        assert label == first_label(PORTRAIT_PRODUCER, f"{TASK}-{place}")
    assert PORTRAIT_PRODUCER == "facechain-generation@dashscope"
    memory, job = ready(URL.format(1))
    stored(memory, job, replace(ON, portrait_producer="00119111010ABCDEF"))
    assert carried_label(memory.contents[KEYS[0]]) == first_label("00119111010ABCDEF", f"{TASK}-1")


def test_a_label_that_dashscope_has_written_stays_as_it_is() -> None:
    theirs = first_label("aliyun", "their-number")
    memory, job = ready(URL.format(1))
    memory.portraits.pictures[URL.format(1)] = content = labelled(picture(), theirs)
    stored(memory, job)
    assert memory.contents[KEYS[0]] == content
    assert carried_label(content) == theirs


def test_a_label_that_dashscope_has_written_outlives_the_visible_one() -> None:
    theirs = first_label("aliyun", "their-number")
    memory, job = ready(URL.format(1))
    memory.portraits.pictures[URL.format(1)] = labelled(picture(), theirs)

    def processed(key: str, instructions: str, most_bytes: int) -> bytes:
        return picture(shade=9)

    memory.processed = processed  # type: ignore[method-assign]  # it leaves out metadata
    stored(memory, job, VISIBLE)
    assert carried_label(memory.contents[KEYS[0]]) == theirs


def test_a_visible_label_is_written_by_way_of_an_object_that_goes_again() -> None:
    memory, job = ready(URL.format(1))
    stored(memory, job, VISIBLE)
    (temporary,) = memory.deleted
    assert temporary == f"submissions/{job.job_id}/1-1.portrait.jpg"
    (instructions,) = memory.instructions
    assert instructions.startswith("image/watermark,text_")
    assert "size_3," in instructions
    assert carried_label(memory.contents[KEYS[0]]) == first_label(PORTRAIT_PRODUCER, f"{TASK}-1")
    memory, job = ready(URL.format(1))
    stored(memory, job)
    assert (memory.deleted, memory.instructions) == ([], [])


@pytest.mark.parametrize(
    "problem", [RetryLater("busy", "…", delay_seconds=1, api=Api.PROCESSING), KeyError("x")]
)
def test_that_object_goes_also_when_oss_writes_no_label_and_nothing_is_stored(problem: Exception) -> None:
    memory, job = ready(URL.format(1))
    memory.troubles["processed"] = problem
    with pytest.raises(type(problem)):
        stored(memory, job, VISIBLE)
    assert memory.deleted == [f"submissions/{job.job_id}/1-1.portrait.jpg"]
    assert KEYS[0] not in memory.contents
    assert of(memory, job).state is S.STORING


def test_an_object_that_stays_among_the_snapshots_is_no_reason_to_store_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    memory, job = ready(URL.format(1))
    refused = RetryLater("InternalError", "…", delay_seconds=2, api=Api.WRITING)
    memory.troubles[f"delete submissions/{job.job_id}/1-1.portrait.jpg"] = refused
    stored(memory, job, VISIBLE)
    assert (of(memory, job).state, len(of(memory, job).pictures)) == (S.SUCCEEDED, 1)
    assert "picture_not_deleted" in caplog.text


def test_a_picture_that_is_too_large_for_oss_letters_is_not_stored_and_holds_up_nothing() -> None:
    memory, job = ready(URL.format(1), URL.format(2))
    file = io.BytesIO()
    Image.new("1", (15_000, 15_000)).save(file, "PNG")
    memory.portraits.pictures[URL.format(1)] = file.getvalue()
    stored(memory, job, VISIBLE)
    one = of(memory, job)
    assert (one.state, [picture.key for picture in one.pictures], one.missing) == (S.SUCCEEDED, [KEYS[1]], 3)


def test_a_task_whose_id_no_label_can_hold_does_not_hold_up_the_queue() -> None:
    job = model(order(S.STORING, task_id='odd "id"'))
    memory = Memory(job)
    memory.portraits.known['odd "id"'] = task = made(URL.format(1))
    memory.portraits.pictures[str(task.urls[0])] = picture()
    stored(memory, job)
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.reason.code) == (S.FAILED, "portrait_not_labelled")
