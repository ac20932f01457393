"""What a trouble means in plain words, and what to do about it, in English and in Chinese.

Words are found by the code, else by its part before the first dot, else by the kind of trouble and its API.
Then the service's own words stand in the sentence, so that a code that nobody has met yet is explained too.

Imported by ``http_api`` when something is blocked, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from shared.domain.reasons import Words
from shared.domain.remedies_of_our_own import NOTHING, OUR_OWN, Told
from shared.domain.remedies_of_services import CODES, OF_SERVICES, Coded
from shared.domain.retry_state import Cause
from shared.domain.trouble_kinds import Api, Kind, Service


class Explanation(NamedTuple):
    """A trouble in words; ``name`` is one word for all codes that mean the same."""

    name: str
    message: Words
    remedy: Words


SERVICE_OF: dict[Api, Service] = {
    Api.FACE_CHECK: Service.DASHSCOPE,
    Api.TRAINING: Service.DASHSCOPE,
    Api.PORTRAITS: Service.DASHSCOPE,
    Api.LISTING: Service.OSS,
    Api.READING: Service.OSS,
    Api.PROCESSING: Service.OSS,
    Api.WRITING: Service.OSS,
    Api.TABLES: Service.TABLESTORE,
}

_BY_KIND: dict[tuple[Service, Kind], str] = {
    (Service.DASHSCOPE, Kind.PICTURE): "picture_unfit",
    (Service.DASHSCOPE, Kind.GONE): "gone",
    (Service.OSS, Kind.PICTURE): "picture_unfit",
    (Service.OSS, Kind.GONE): "gone",
    (Service.OSS, Kind.PASSING): "oss_busy",
    (Service.TABLESTORE, Kind.PASSING): "tables_busy",
    (Service.TABLESTORE, Kind.PERSON): "partition_busy",
}
"""Kinds whose codes all mean the same."""

REFUSALS: dict[Api | None, tuple[str, Words]] = {
    Api.FACE_CHECK: (
        "face_check_refused",
        Words("DashScope's face check refuses", "DashScope 的人脸检测拒绝了请求"),
    ),
    Api.TRAINING: (
        "training_refused",
        Words("DashScope's fine-tune API refuses", "DashScope 的训练接口拒绝了请求"),
    ),
    Api.PORTRAITS: (
        "portraits_refused",
        Words("DashScope's portrait generation refuses", "DashScope 的写真接口拒绝了请求"),
    ),
    Api.LISTING: ("bucket_not_listed", Words("OSS does not list the bucket", "OSS 无法列举存储空间")),
    Api.READING: ("photos_not_read", Words("OSS does not give the file", "OSS 无法读取文件")),
    Api.PROCESSING: ("photos_not_processed", Words("OSS does not process the photo", "OSS 无法处理照片")),
    Api.WRITING: ("bucket_not_written", Words("OSS does not store the file", "OSS 无法写入文件")),
    Api.TABLES: ("tables_refused", Words("Tablestore refuses", "表格存储拒绝了请求")),
    None: ("step_failed", Words("This step has failed", "这一步没有成功")),
}
"""What is said of a code that no table has, by the API that answered with it."""

_RIGHTS = Words(
    "Compare the rights of the function's role with template.yml, and look at the bucket's policy.",
    "请对照 template.yml 检查函数角色的权限，并检查存储空间的访问策略。",
)
_OF_ALL = Words(
    "Look the code up in the service's documents: it strikes everybody. It goes on by itself afterwards.",
    "请在该服务的文档中查找此错误码：所有任务都受影响；解决后自动继续。",
)
_OF_ONE = Words(
    "Upload the file again; after some tries it is given up, with a verdict.",
    "请重新上传该文件；多次尝试无效后会放弃，并给出结论。",
)
_OF_UNKNOWN = Words(
    "Nothing for now: it is tried again by itself. If it stays, look the code up in the service's documents.",
    "暂时无需操作，系统会自动重试；若一直如此，请在该服务的文档中查找此错误码。",
)
_REMEDIES: dict[Kind, Words] = {
    Kind.PASSING: NOTHING,
    Kind.PERSON: NOTHING,
    Kind.UNKNOWN: _OF_UNKNOWN,
    Kind.API: _OF_ALL,
    Kind.ACCOUNT: _OF_ALL,
}


def explanation(cause: Cause) -> Explanation:
    """Return what ``cause`` means and what to do about it."""
    name = _name_of(cause)
    if name is None:
        return _refusal(cause)
    told = _TOLD[name]
    return Explanation(name, told.message, told.remedy)


_TOLD: dict[str, Told] = {**OUR_OWN, **OF_SERVICES}


def _name_of(cause: Cause) -> str | None:
    if cause.code in OUR_OWN:
        return cause.code
    if cause.api is None:
        return cause.code if cause.code in OF_SERVICES else None
    service = SERVICE_OF[cause.api]
    for code in (cause.code, cause.code.partition(".")[0]):
        name = _first(code, cause.message, CODES[service])
        if name is not None:
            return name
    return _BY_KIND.get((service, cause.kind))


def _first(code: str, message: str, coded: Iterable[Coded]) -> str | None:
    fitting = (one for one in coded if code in one.codes and one.says in message.lower())
    # A row that says more comes before one that says less.
    best = max(fitting, key=lambda one: bool(one.says), default=None)
    return best.name if best else None


def _refusal(cause: Cause) -> Explanation:
    """Explain a code that no table has: by its API and its kind, in the service's own words."""
    name, words = REFUSALS[cause.api]
    message = Words(
        f"{words.english}: {cause.code} ({cause.message}).",
        f"{words.chinese}：{cause.code}（{cause.message}）。",
    )
    is_of_oss = cause.api is not None and SERVICE_OF[cause.api] is Service.OSS
    remedy = _RIGHTS if is_of_oss and cause.kind.is_of_all else _REMEDIES.get(cause.kind, _OF_ONE)
    return Explanation(name, message, remedy)
