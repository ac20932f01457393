"""The sentences for all that a job can wait for, by the code; read by ``waiting``."""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.reasons import Words
from shared.domain.states import JobState

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
    "held_back": Sentence(
        _COLLECTING,
        Words(
            "This is the person of the smoke test: the photos are checked and never trained.",
            "此人是冒烟测试专用的：其照片只做检测，从不训练。",
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
    "canceling": Sentence(
        (JobState.QUEUED, JobState.SUBMITTING, JobState.TRAINING),
        Words(
            "An administrator has cancelled the training; what has become of it at DashScope is found out.",
            "管理员已取消训练，正在确认它在 DashScope 上的结果。",
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
