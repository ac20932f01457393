"""README.txt of an export, in English and Chinese: what each file is, for whoever gets the zip.

Made of the list of places, so that it names every file. Called by :mod:`shared.workflow.export_documents`.
"""

from __future__ import annotations

from shared.domain.exports import EXPORT_KEPT_MS, Holdings
from shared.domain.places import PLACES
from shared.domain.words import Language, Words

_BEGINNING = Words(
    "This is a copy of everything that this deployment of facechain-autotrain holds about {person}.",
    "这是本 facechain-autotrain 部署所持有的关于 {person} 的全部数据的副本。",
)
_FILES = Words("The files:", "文件说明：")
_BESIDE = {
    "person.json": Words(
        "The names of the folders, and the keys by which the rows are found.",
        "文件夹名称，以及查找数据行所用的键。",
    ),
    "timeline.json": Words(
        "What happened when: each state that a training has come to.",
        "各次训练经历的状态及时间。",
    ),
    "costs.json": Words("What each training has cost.", "每次训练的费用。"),
    "versions.json": Words(
        "Only where the bucket keeps older versions of files: their names and times, without their bytes.",
        "仅当存储空间保留历史版本时存在：历史版本的名称和时间，不含内容。",
    ),
    "manifest.json": Words(
        "Each file with its size and its SHA-256, and what is not in this zip with the reason. A file of "
        "more than 24 MiB has one SHA-256 for each 24 MiB (split -b 24M FILE; sha256sum x*).",
        "每个文件的大小和 SHA-256，以及未包含在本压缩包中的内容及原因。"
        "大于 24 MiB 的文件每 24 MiB 一个 SHA-256（split -b 24M 文件; sha256sum x*）。",
    ),
}
_NOTES = (
    Words(
        "Times are in UTC. Names of files are made safe for any computer; manifest.json has them as they "
        "were uploaded.",
        "时间为 UTC。文件名已处理为可在任何系统上使用；原名见 manifest.json。",
    ),
    Words(
        "Not in here: log lines, which name the person unless LOG_NAMES is hashed and go after 30 days; what "
        "a webhook or a robot was told before; DashScope's own records.",
        "不含：日志（除非 LOG_NAMES 为 hashed，否则含有人员名称，30 天后删除）；"
        "此前已发送给 Webhook 或群机器人的消息；DashScope 自身的记录。",
    ),
    Words(
        "This zip holds pictures of a face. The copy in the bucket is deleted after {hours} hours; delete "
        "yours when you do not need it any more.",
        "本压缩包含有人脸照片。存储空间中的副本在 {hours} 小时后删除；您的副本不再需要时请自行删除。",
    ),
)


def readme(holdings: Holdings) -> str:
    """Return the text, first in English and then in Chinese."""
    parts = [_in_language(holdings, language) for language in (Language.ENGLISH, Language.CHINESE)]
    return "\n\n".join(parts) + "\n"


def _in_language(holdings: Holdings, language: Language) -> str:
    values = {"person": holdings.person_id, "hours": EXPORT_KEPT_MS // 3_600_000}
    lines = [_BEGINNING.in_language(language).format_map(values), "", _FILES.in_language(language)]
    for place in PLACES.values():
        where = f"{place.folder}/" if place.folder else place.document
        lines.append(f"  {where:<26}{place.holds.in_language(language)}")
    lines += [f"  {name:<26}{words.in_language(language)}" for name, words in _BESIDE.items()]
    return "\n".join([*lines, "", *(note.in_language(language).format_map(values) for note in _NOTES)])
