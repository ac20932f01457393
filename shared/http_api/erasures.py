"""The routes by which an administrator has a person erased, and gets the certificate. Called by ``routes``.

A certificate names nobody: it says what was removed, when, and what remains where, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from shared.domain.erasure import (
    RUNS,
    TRAINING,
    Erasure,
    Remains,
    erasure_from,
)
from shared.domain.requests import ERASE, ERASURE_KEPT_MS
from shared.domain.words import Language, Words
from shared.http_api.administration import COME_AGAIN_SECONDS, REQUEST_ID, ask
from shared.http_api.conditional import Answer
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.http_api.resources import RouteRequest
from shared.http_api.subjects import person_in
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.domain.requests import Request
    from shared.http_api.operator_types import (
        AcceptedDocument,
        ErasureDocument,
        KeptElsewhereDocument,
        RemainsDocument,
        RemovedDocument,
    )
    from shared.view_types import ReasonDocument

WAITS = {
    TRAINING: Words(
        "A training is being stopped; DashScope says when it has ended.",
        "正在停止训练，等待 DashScope 确认结束。",
    ),
    RUNS: Words(
        "Runs that began before are to end first, which takes a few minutes; then everything is looked "
        "through once more.",
        "正在等待此前已开始的函数运行结束（需几分钟），随后会再检查一遍。",
    ),
}
HELD_UP = Words(
    "A service has refused something; it is tried again. GET /readyz says what is in the way.",
    "某项服务拒绝了请求，稍后自动重试；原因见 GET /readyz。",
)
NEXT_RUN = Words("The next run of the timer goes on.", "定时函数下次运行时继续。")
REMOVED = {
    "people/": "uploads",
    "submissions/": "snapshots",
    "results/": "results",
    "dashscope_files": "dashscope_files",
    "fine_tunes": "fine_tunes",
    "rows": "jobs",
    "memory": "remembered_uploads",
    "ignored": "ignored_uploads",
    "requests": "requests",
    "links": "links",
    "outboxes": "outboxes",
    "exports/": "exports",
}
"""What is counted, by where it was, and what the certificate calls it."""
ELSEWHERE = {
    "logs": Words(
        "Log lines of before name the person unless LOG_NAMES is hashed; they go after the days that the "
        "Logstore keeps them, 30 in this template.",
        "除非 LOG_NAMES 为 hashed，此前的日志含有人员名称；日志在日志库的保存期（模板为 30 天）后自动删除。",
    ),
    "oss": Words(
        "Access logs, backups and replicas of the bucket that the account has set up by itself, and parts of "
        "uploads that were never completed.",
        "账号自行配置的 OSS 访问日志、备份和跨区域复制，以及从未完成的分片上传。",
    ),
    "dashscope": Words(
        "DashScope's own records of calls and bills.",
        "DashScope 自身的调用记录和账单。",
    ),
    "receivers": Words(
        "What a webhook or the robot of a group chat was told before.",
        "此前已发送给 Webhook 或群机器人的消息。",
    ),
    "audit": Words(
        "The audit's records of who did what, if an audit is kept: under the keyed hash, and for AuditDays.",
        "审计记录（如已启用）：谁做了什么，人员仅为加密哈希，保存 AuditDays 天。",
    ),
    "totals": Words(
        "Numbers of trainings and bills that name nobody, and this deployment's keyed hash of the name.",
        "不含人员信息的训练与费用统计，以及该名称的加密哈希。",
    ),
}
"""Where something may be left that this deployment cannot remove, and until when."""
VERSIONS_UNKNOWN = Words(
    "Whether the bucket keeps versions of what is deleted could not be asked; look at its versioning.",
    "无法查询存储空间是否保留历史版本，请检查其版本控制设置。",
)


def erase_person(request: RouteRequest) -> Answer:
    """``DELETE /people/{person_id}``: also of one whom no row knows, but the bucket may."""

    def check(reader: Reader) -> None:
        if not reader.can_erase:
            raise Problem("erase_key_missing")

    asked = ask(request, ERASE, check, subject=person_in(request))
    name = str(asked.document["request_id"])
    href = f"/erasures/{name}"
    document: AcceptedDocument = {"request_id": name, "status": "pending", "href": href}
    return asked._replace(document=document, location=href)


def certificate(request: RouteRequest) -> Answer:
    """``GET /erasures/{erasure_id}``."""
    is_possible = REQUEST_ID.fullmatch(request.name) is not None
    found = request.connect().requests().find(request.name) if is_possible else None
    if found is None or found.kind != ERASE:
        raise Problem("unknown_erasure")
    erasure = erasure_from(found.record)
    document = erasure_document(found, erasure, request.language)
    return Answer(document, None if erasure.done_at else COME_AGAIN_SECONDS)


def erasure_document(request: Request, erasure: Erasure, language: Language) -> ErasureDocument:
    """Describe an erasure; once it is done nothing in it names the person."""
    is_done = bool(erasure.done_at)
    counts = cast("RemovedDocument", {name: erasure.removed.get(where, 0) for where, name in REMOVED.items()})
    return {
        "erasure_id": request.request_id,
        "status": "pending" if not is_done else "partly" if erasure.remains else "done",
        "waiting_for": None if is_done else _waiting_for(erasure, language),
        "asked_by": request.asked_by,
        "asked_at": timestamp(request.asked_at),
        "erased_before": timestamp(erasure.erased_before),
        "done_at": timestamp(erasure.done_at),
        "removed": counts,
        "remains": [_remains(one, request, language) for one in erasure.remains],
        "kept_elsewhere": _kept_elsewhere(erasure, language),
        "kept_until": timestamp(request.asked_at + ERASURE_KEPT_MS),
    }


def _waiting_for(erasure: Erasure, language: Language) -> ReasonDocument:
    words = WAITS.get(erasure.waits_for) or (HELD_UP if erasure.code else NEXT_RUN)
    return {
        "code": erasure.code or erasure.waits_for or "next_run",
        "message": words.in_language(language),
    }


def _remains(one: Remains, request: Request, language: Language) -> RemainsDocument:
    from shared.http_api.outcomes import OUTCOMES

    refused = OUTCOMES["release_refused"] if one.name else HELD_UP
    return {
        "where": REMOVED.get(one.where, one.where),
        "name": one.name or None,
        "number": one.number,
        "reason": {"code": one.code, "message": refused.in_language(language)},
        "next_try_at": None if request.is_settled else timestamp(request.due_at),
    }


def _kept_elsewhere(erasure: Erasure, language: Language) -> list[KeptElsewhereDocument]:
    words = dict(ELSEWHERE)
    if erasure.done_at and erasure.is_versioned is None:
        words["versions"] = VERSIONS_UNKNOWN
    return [{"where": where, "message": one.in_language(language)} for where, one in words.items()]
