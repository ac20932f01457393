"""``waiting_for``: the next thing that happens to a job by itself, and about when.

A job that is blocked has ``blocked_by`` in its place. ``at`` is null when that time has passed, so that the
next run of the timer is due; when it cannot be told, as for a training that takes longer than the others; and
when an upload is missing. It does not follow the clock, for the reason that ``forecast`` gives. Called by
``documents``.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.completion import (
    ClosedBy,
    closing_moments,
    is_announced,
    missing_names,
    missing_photos,
)
from shared.domain.job import Job
from shared.domain.lanes import WAITING_LANE_OF
from shared.domain.photo_set import NEVER, PhotoSet
from shared.domain.photos import Verdict
from shared.domain.reasons import Language, Words
from shared.domain.retry_state import RetryState
from shared.domain.states import JobState
from shared.http_api.blocked import is_unfinished, own_troubles, pending_photos
from shared.http_api.forecast import Outlook, begin_of_training, end_of_training, full_minute, rounds_before
from shared.views import timestamp


class Waiting(NamedTuple):
    """A code, until about when in milliseconds since the epoch (0: no time can be named), and a trouble."""

    code: str
    at: int = 0
    cause: str = ""


NAMES_SHOWN = 5
QUEUES_AT_DASHSCOPE = "QUEUING"
"""DashScope, "Model customization API": the job waits for resources."""

_COLLECTING, _QUEUED = (JobState.COLLECTING,), (JobState.QUEUED,)
_ENDED = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELED)


class Sentence(NamedTuple):
    """What a code means, and the states in which a job can wait for it."""

    states: tuple[JobState, ...]
    words: Words


SENTENCES: dict[str, Sentence] = {
    "photos": Sentence(
        _COLLECTING,
        Words(
            "The set has no new photo; upload one.",
            "照片集中没有新照片，请上传。",
        ),
    ),
    "more_photos": Sentence(
        _COLLECTING,
        Words(
            "The set has {usable} of the {needed} usable photos that it needs; upload more, or upload the "
            "marker {marker} to close it as it is.",
            "照片集需要 {needed} 张合格照片，现有 {usable} 张；"
            "请继续上传，或上传标记文件 {marker} 立即关闭。",
        ),
    ),
    "unpacking": Sentence(
        _COLLECTING,
        Words(
            "A zip is being unpacked; the set stays open until its photos are in.",
            "压缩包正在解压，其中的照片全部加入之前，照片集不会关闭。",
        ),
    ),
    "preparation": Sentence(
        _COLLECTING,
        Words(
            "A photo is still to be prepared and checked; the next run of the timer does it.",
            "有照片尚未处理和检测，下一次定时运行时进行。",
        ),
    ),
    "face_check": Sentence(
        _COLLECTING,
        Words(
            "The face check of a photo is still to come; the next run of the timer makes it.",
            "有照片尚未完成人脸检测，下一次定时运行时进行。",
        ),
    ),
    "quiet_time": Sentence(
        _COLLECTING,
        Words(
            "The set closes by itself unless another photo arrives; the marker {marker} closes it at once.",
            "若不再有新照片，照片集将自动关闭；上传标记文件 {marker} 可立即关闭。",
        ),
    ),
    "settling": Sentence(
        _COLLECTING,
        Words(
            "The photos are there; the set closes by itself once nothing more has arrived for a moment.",
            "照片已收齐；短时间内没有新文件到达，照片集就会自动关闭。",
        ),
    ),
    "announced_photos": Sentence(
        _COLLECTING,
        Words(
            "The marker speaks for {announced} photos, and {missing} of them have not arrived{names}; "
            "the set closes once they have, or then without them.",
            "标记文件表示共有 {announced} 张照片，还有 {missing} 张未到{names}；"
            "到齐后照片集立即关闭，届时仍未到齐则不再等待。",
        ),
    ),
    "closing_again": Sentence(
        _COLLECTING,
        Words(
            "Photos have joined the set while it was queued; it closes again by then, and keeps its place.",
            "排队期间有新照片加入；照片集届时重新关闭，排队位置不变。",
        ),
    ),
    "closing": Sentence(
        _COLLECTING,
        Words(
            "The set is complete; the next run of the timer closes it.",
            "照片已收齐，下一次定时运行时关闭照片集。",
        ),
    ),
    "queue_halted": Sentence(
        _QUEUED,
        Words(
            "The queue waits after a refusal; it goes on by itself.",
            "提交被拒绝，队列已暂停，稍后自动恢复。",
        ),
    ),
    "slot": Sentence(
        _QUEUED,
        Words(
            "Other trainings come first; this one begins when the slot is free.",
            "前面还有其他训练，轮到时自动开始。",
        ),
    ),
    "submit": Sentence(
        _QUEUED,
        Words(
            "The slot is free; the next run of the timer submits the training.",
            "已有空闲的训练位，下一次定时运行时提交。",
        ),
    ),
    "submit_outcome": Sentence(
        (JobState.SUBMITTING,),
        Words(
            "DashScope's answer to the submit is still to come; without one, its list of fine-tunes is read.",
            "正在等待 DashScope 对提交的答复；如无答复，将查询任务列表确认结果。",
        ),
    ),
    "dashscope_queue": Sentence(
        (JobState.TRAINING,),
        Words(
            "DashScope has accepted the training and keeps it in a queue of its own.",
            "DashScope 已接受训练，正在其内部队列中等待。",
        ),
    ),
    "training_end": Sentence(
        (JobState.TRAINING,),
        Words(
            "The training runs at DashScope; its end is noticed by itself.",
            "正在 DashScope 上训练，结束后自动更新。",
        ),
    ),
    "result": Sentence(
        _ENDED,
        Words(
            "The outcome is still to be written to the bucket; the next run of the timer does it.",
            "结果尚未写入存储空间，下一次定时运行时写入。",
        ),
    ),
    "cleanup": Sentence(
        _ENDED,
        Words(
            "The outcome is written; the photos that DashScope has stored are still to be deleted there.",
            "结果已写入；存放在 DashScope 的照片尚待删除。",
        ),
    ),
    "retry": Sentence(
        (*_COLLECTING, *_QUEUED, JobState.SUBMITTING, JobState.TRAINING, *_ENDED),
        Words(
            "The last try has failed ({cause}); it is made again by itself.",
            "上一次尝试没有成功（{cause}），系统会自动重试。",
        ),
    ),
}
"""The sentences for all that a job can wait for, by the code."""


_OF_DASHSCOPE = (JobState.QUEUED, JobState.SUBMITTING, JobState.TRAINING)


def waiting_for(job: Job, outlook: Outlook, language: Language) -> dict[str, object] | None:
    """Describe what ``job``, which is not blocked, waits for; None when nothing happens to it by itself."""
    if not is_unfinished(job):
        return None
    waiting = _of_trouble(job, outlook.now) or _waiting(job, outlook)
    sentence = SENTENCES[waiting.code].words.in_language(language)
    return {
        "code": waiting.code,
        "message": sentence.format(
            marker=outlook.rules.ready_marker,
            needed=outlook.rules.min_photos,
            usable=len(job.photo_set.usable),
            cause=waiting.cause,
            **_announced(job.photo_set, language),
        ),
        "at": timestamp(waiting.at if waiting.at >= outlook.now else 0),
    }


def _announced(photo_set: PhotoSet, language: Language) -> dict[str, object]:
    """Return the numbers that a sentence about the marker needs, and some names."""
    names = missing_names(photo_set)
    named = ", ".join(names[:NAMES_SHOWN]) + (", …" if len(names) > NAMES_SHOWN else "")
    around = "：{}" if language is Language.CHINESE else ": {}"
    return {
        "announced": photo_set.announced.photos or len(photo_set.announced.names),
        "missing": missing_photos(photo_set),
        "names": around.format(named) if named else "",
    }


def _of_trouble(job: Job, now: int) -> Waiting | None:
    """Return the wait for another try; of several photos for the one that is tried first.

    A photo or a zip that has had no trouble needs no such wait. Once its pause is over a closed job waits for
    what all wait for: the slot, or the answer of DashScope.
    """
    troubles = own_troubles(job)
    has_untried = any(photo.retry is None for photo in pending_photos(job))
    if not troubles or (job.retry is None and has_untried):
        return None
    # A set with a zip in it is not looked at before the zip's turn.
    zips = [photo.retry for photo in job.photo_set.unpacking if photo.retry]
    first = min(zips or troubles, key=_next_try_at)
    if job.state in _OF_DASHSCOPE and first.next_try_at <= now:
        return None
    return Waiting("retry", _next_try_at(first), first.cause.code)


def _next_try_at(trouble: RetryState) -> int:
    # What waited for an API is tried by the first run that finds it well.
    return 0 if trouble.waits_for in WAITING_LANE_OF else trouble.next_try_at


def _waiting(job: Job, outlook: Outlook) -> Waiting:
    if job.state is JobState.COLLECTING:
        return _of_collecting(job, outlook)
    if job.state is JobState.QUEUED:
        return _of_queued(job, outlook)
    if job.state is JobState.SUBMITTING:
        return Waiting("submit_outcome", job.attempt_expires_at + outlook.rules.listing_delay_ms)
    if job.state is JobState.TRAINING:
        return _of_training(job, outlook)
    return Waiting("cleanup" if job.result_at else "result")


def _of_collecting(job: Job, outlook: Outlook) -> Waiting:
    photo_set, rules = job.photo_set, outlook.rules
    next_look = photo_set.next_look_at(rules, deadline=job.deadline)
    if photo_set.unpacking:
        return Waiting("unpacking", next_look)
    if photo_set.unfinished:
        is_unprepared = any(photo.verdict is Verdict.UNPREPARED for photo in photo_set.unfinished)
        return Waiting("preparation" if is_unprepared else "face_check")
    if next_look >= NEVER:
        return Waiting("more_photos" if photo_set.new_usable else "photos")
    if next_look <= outlook.now:
        return Waiting("closing")
    if is_announced(photo_set):
        return Waiting("announced_photos", next_look)
    if job.closed_first_at:
        return Waiting("closing_again", next_look)
    is_quiet_time = next_look == closing_moments(photo_set, rules)[ClosedBy.QUIET]
    return Waiting("quiet_time" if is_quiet_time else "settling", next_look)


def _of_queued(job: Job, outlook: Outlook) -> Waiting:
    if outlook.slot.is_halted(outlook.now):
        return Waiting("queue_halted", outlook.slot.halted_until)
    if rounds_before(job, outlook) == 0:
        return Waiting("submit")
    _, latest = begin_of_training(job, outlook)
    return Waiting("slot", full_minute(latest, outlook.now))


def _of_training(job: Job, outlook: Outlook) -> Waiting:
    if job.fine_tune_status == QUEUES_AT_DASHSCOPE and not job.running_since:
        return Waiting("dashscope_queue")
    _, latest = end_of_training(job, outlook)
    return Waiting("training_end", full_minute(latest, outlook.now))
