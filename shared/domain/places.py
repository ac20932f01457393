"""Every place in which something of a person lies: one list for what is erased and what is exported. Pure.

:mod:`shared.workflow.erasing` removes all of it, :mod:`shared.workflow.exporting` hands out a copy of all of
it. Tests hold either against this list, so that a place that is new is forgotten by neither.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.words import Words


class Place(NamedTuple):
    """A place.

    Attributes:
        holds: what lies there, for whoever reads an export.
        folder: the folder of the export in which the copies lie; empty: they are in one document.
        document: the document of the export that describes it; empty: the copies say all.
    """

    holds: Words
    folder: str = ""
    document: str = ""


PLACES: dict[str, Place] = {
    "uploads": Place(
        Words(
            "The photos and other files as they were uploaded, with all that a camera has written into them.",
            "上传的照片和其他文件的原件，含相机写入的全部信息。",
        ),
        folder="uploads",
    ),
    "snapshots": Place(
        Words(
            "The prepared photos that a training gets: upright, shrunken, without place and camera.",
            "用于训练的处理后照片：已转正、缩小，不含拍摄地点和相机信息。",
        ),
        folder="snapshots",
    ),
    "results": Place(
        Words(
            "The result of each training, and the portraits that were made.", "每次训练的结果和已生成的写真。"
        ),
        folder="results",
    ),
    "jobs": Place(
        Words(
            "The record of each training: photos with their verdicts, states and times, and messages.",
            "每次训练的记录：照片及检测结论、各状态及时间、消息。",
        ),
        folder="jobs",
    ),
    "fine_tunes": Place(
        Words(
            "The models at DashScope, with what DashScope says of each. A model itself cannot be downloaded.",
            "DashScope 上的模型及 DashScope 给出的信息。模型本身无法下载。",
        ),
        document="dashscope.json",
    ),
    "dashscope_files": Place(
        Words(
            "The prepared photos that are stored with DashScope now; their bytes are those of the snapshots.",
            "目前存放在 DashScope 的处理后照片；内容与 snapshots 中的相同。",
        ),
        document="dashscope.json",
    ),
    "remembered_uploads": Place(
        Words(
            "What is remembered of uploads, so that none is trained twice: hashes of name and content.",
            "为避免重复训练而记住的历史上传：名称的哈希值和 ETag。",
        ),
        document="remembered_uploads.json",
    ),
    "ignored_uploads": Place(
        Words(
            "Files in the person's folder that were not taken for photos, and why.",
            "此人文件夹中未被当作照片的文件及原因。",
        ),
        document="ignored_uploads.json",
    ),
    "requests": Place(
        Words(
            "What operators have asked for about the person in the last day.",
            "最近一天内运维人员针对此人提出的请求。",
        ),
        document="requests.json",
    ),
    "links": Place(
        Words(
            "The share links that were made for the person, without what opens them.",
            "为此人创建的分享链接，不含可打开链接的内容。",
        ),
        document="links.json",
    ),
    "outboxes": Place(
        Words(
            "How far receivers of messages have been told of the person.",
            "向消息接收方通知此人情况的进度。",
        ),
        document="messages.json",
    ),
    "exports": Place(
        Words("This export. It is deleted after a day.", "本导出文件，一天后删除。"),
        document="manifest.json",
    ),
    "slot": Place(
        Words(
            "Traces in rows that everybody shares: whether a training of theirs runs or was counted lately.",
            "共用数据行中的痕迹：是否有此人的训练在运行或刚被统计。",
        ),
        document="shared_rows.json",
    ),
    "sweep": Place(
        Words(
            "Traces in rows that everybody shares: how far the bucket has been looked through.",
            "共用数据行中的痕迹：存储空间的巡检进度。",
        ),
        document="shared_rows.json",
    ),
    "lingering": Place(
        Words(
            "Traces in rows that everybody shares: for how long a run has stayed for their training.",
            "共用数据行中的痕迹：为等待此人的训练停留的时间。",
        ),
        document="shared_rows.json",
    ),
    "health": Place(
        Words(
            "Traces in rows that everybody shares: whether their photos have made a run fail.",
            "共用数据行中的痕迹：此人的照片是否曾导致运行失败。",
        ),
        document="shared_rows.json",
    ),
    "totals": Place(
        Words(
            "Traces in rows that everybody shares: their latest results, as they are counted.",
            "共用数据行中的痕迹：参与统计的最近结果。",
        ),
        document="shared_rows.json",
    ),
    "deliveries": Place(
        Words(
            "Traces in rows that everybody shares: the latest tries to send messages about their trainings.",
            "共用数据行中的痕迹：最近发送与其训练有关的消息的尝试。",
        ),
        document="shared_rows.json",
    ),
}
"""The places, by the names that certificate and manifest use; from ``slot`` on, the rows that all share."""
SHARED_ROWS = ("slot", "sweep", "lingering", "health", "totals", "deliveries")
"""The names of those in rows that all share: each has its function in :mod:`shared.domain.traces`."""
