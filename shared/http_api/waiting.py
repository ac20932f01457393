"""``waiting_for``: the next thing that happens to a job by itself, and about when.

``at`` is null when that time has passed, so that the next run of the timer is due; when it cannot be told, as
for a training that takes longer than those before it; and when an upload is missing. It does not follow the
clock, for the reason that ``forecast`` gives. Called by ``documents``.
"""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.photo_set import NEVER
from shared.domain.reasons import Language, Words
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.http_api.forecast import Outlook, begin_of_training, end_of_training, full_minute, rounds_before
from shared.views import timestamp

Waiting = tuple[str, int]
"""A code, and until about when in milliseconds since the epoch; 0: no time can be named."""

SENTENCES: dict[JobState, dict[str, Words]] = {
    JobState.COLLECTING: {
        "photos": Words(
            "The set has no new photo; upload one.",
            "照片集中没有新照片，请上传。",
        ),
        "more_photos": Words(
            "The set has {usable} of the {needed} usable photos that it needs; upload more, or upload the "
            "marker {marker} to close it as it is.",
            "照片集需要 {needed} 张合格照片，现有 {usable} 张；"
            "请继续上传，或上传标记文件 {marker} 立即关闭。",
        ),
        "unpacking": Words(
            "A zip is being unpacked; the set stays open until its photos are in.",
            "压缩包正在解压，其中的照片全部加入之前，照片集不会关闭。",
        ),
        "face_check": Words(
            "The face check of a photo is still to come; every run of the timer repeats it.",
            "有照片尚未完成人脸检测，系统会定时自动重试。",
        ),
        "quiet_time": Words(
            "The set closes by itself unless another photo arrives; the marker {marker} closes it at once.",
            "若不再有新照片，照片集将自动关闭；上传标记文件 {marker} 可立即关闭。",
        ),
        "closing": Words(
            "The set is complete; the next run of the timer closes it.",
            "照片已收齐，下一次定时运行时关闭照片集。",
        ),
    },
    JobState.QUEUED: {
        "queue_halted": Words(
            "The queue waits after a refusal; it goes on by itself.",
            "提交被拒绝，队列已暂停，稍后自动恢复。",
        ),
        "slot": Words(
            "Other trainings come first; this one begins when the slot is free.",
            "前面还有其他训练，轮到时自动开始。",
        ),
        "submit": Words(
            "The slot is free; the next run of the timer submits the training.",
            "已有空闲的训练位，下一次定时运行时提交。",
        ),
    },
    JobState.SUBMITTING: {
        "submit_outcome": Words(
            "DashScope's answer to the submit is still to come; without one, its list of fine-tunes is read.",
            "正在等待 DashScope 对提交的答复；如无答复，将查询任务列表确认结果。",
        ),
    },
    JobState.TRAINING: {
        "training_end": Words(
            "The training runs at DashScope; its end is noticed by itself.",
            "正在 DashScope 上训练，结束后自动更新。",
        ),
    },
}
"""The sentences for all that a job can wait for, by its state and the code."""


def waiting_for(job: Job, outlook: Outlook, language: Language) -> dict[str, object] | None:
    """Describe what ``job`` waits for; None when nothing happens to it by itself."""
    waiting = _waiting(job, outlook)
    if waiting is None:
        return None
    code, at = waiting
    sentence = SENTENCES[job.state][code].in_language(language)
    return {
        "code": code,
        "message": sentence.format(
            marker=outlook.rules.ready_marker,
            needed=outlook.rules.min_photos,
            usable=len(job.photo_set.usable),
        ),
        "at": timestamp(at if at >= outlook.now else 0),
    }


def _waiting(job: Job, outlook: Outlook) -> Waiting | None:
    if job.state is JobState.COLLECTING:
        return _of_collecting(job, outlook.rules, outlook.now)
    if job.state is JobState.QUEUED:
        return _of_queued(job, outlook)
    if job.state is JobState.SUBMITTING:
        return "submit_outcome", job.attempt_expires_at + outlook.rules.listing_delay_ms
    if job.state is JobState.TRAINING:
        _, latest = end_of_training(job, outlook)
        return "training_end", full_minute(latest, outlook.now)
    return None


def _of_collecting(job: Job, rules: Rules, now: int) -> Waiting:
    next_look = job.photo_set.next_look_at(rules)
    if job.photo_set.unpacking:
        return "unpacking", next_look
    if job.photo_set.unfinished:
        return "face_check", 0
    if next_look >= NEVER:
        return ("more_photos" if job.photo_set.new_usable else "photos"), 0
    return ("quiet_time", next_look) if next_look > now else ("closing", 0)


def _of_queued(job: Job, outlook: Outlook) -> Waiting:
    if outlook.slot.halted_until > outlook.now:
        return "queue_halted", outlook.slot.halted_until
    if rounds_before(job, outlook) == 0:
        return "submit", 0
    _, latest = begin_of_training(job, outlook)
    return "slot", full_minute(latest, outlook.now)
