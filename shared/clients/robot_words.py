"""What a robot says in a group chat, in Chinese. Called by :mod:`shared.clients.robots`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, cast

from shared.clients.message_documents import message_document
from shared.domain import messages
from shared.domain.photos import Verdict
from shared.domain.reasons import in_words, why_by_verdicts
from shared.domain.words import Language

if TYPE_CHECKING:
    from shared.domain.job import Job
    from shared.domain.messages import Message

LONGEST_NAME = 60


def text_of(message: Message, job: Job | None) -> str:
    """Return ``message`` in words."""
    lines = _lines(message, job)
    # A robot shows text as it is; a name that is written over several lines could look like another message.
    return "\n".join(" ".join(line.split()) for line in lines)


def _lines(message: Message, job: Job | None) -> list[str]:
    data = cast("Mapping[str, object]", message_document(message, job)["data"])
    if job is None:
        return _of_the_queue(message)
    head = f"{_name(job.person_id)}（第 {job.revision} 次）"
    if message.kind == messages.SUCCEEDED:
        return [
            f"【人像训练】{head}训练成功",
            f"模型：{data.get('finetuned_output') or ''}",
            f"费用：{data.get('cost_cny', 0)} 元",
        ]
    if message.kind in messages.OF_PORTRAITS.values():
        return _of_portraits(message, head, data)
    if message.kind == messages.REJECTED:
        return [f"【人像训练】{head}的照片都不能用", f"原因：{_why_rejected(data)}"]
    reason = data.get("reason")
    why = _why(reason) if isinstance(reason, dict) else ""
    what = "训练失败" if message.kind == messages.FAILED else "训练已取消"
    return [f"【人像训练】{head}{what}", f"原因：{why}", f"费用：{data.get('cost_cny', 0)} 元"]


def _of_portraits(message: Message, head: str, data: Mapping[str, object]) -> list[str]:
    what = {messages.PORTRAITS_MADE: "已生成", messages.PORTRAITS_FAILED: "生成失败"}.get(
        message.kind, "已取消"
    )
    reason = data.get("reason")
    why = [f"原因：{_why(reason)}"] if isinstance(reason, dict) else []
    return [f"【人像写真】{head}的写真{what}", *why, f"费用：{data.get('cost_cny', 0)} 元"]


def _of_the_queue(message: Message) -> list[str]:
    if message.kind == messages.TEST:
        return ["【人像训练】测试消息：机器人可以收到通知。"]
    since = _in_beijing(int(message.data.get("since", 0)))
    if message.kind == messages.RESUMED:
        return ["【人像训练】队列已恢复", f"受阻自：{since}"]
    why, remedy = message.data.get("chinese") or ("", "请打开状态页查看处理办法。")
    code = (message.data.get("reason") or [""])[0]
    return [
        "【人像训练】队列受阻已超过一小时",
        f"原因：{why}（{code}）",
        f"自：{since}",
        f"处理办法：{remedy}",
    ]


def _why_rejected(data: Mapping[str, object]) -> str:
    counts = data.get("verdicts")
    known = {one.value: one for one in Verdict}
    verdicts = [known[name] for name in counts if name in known] if isinstance(counts, dict) else []
    return why_by_verdicts(verdicts, Language.CHINESE)


def _why(reason: dict[str, object]) -> str:
    code, text = str(reason.get("code", "")), str(reason.get("message", ""))
    return f"{in_words(code, text, Language.CHINESE)}（{code}）"


def _in_beijing(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=timezone(timedelta(hours=8)))
    return f"{moment:%Y-%m-%d %H:%M}（北京时间）"


def _name(person_id: str) -> str:
    return person_id if len(person_id) <= LONGEST_NAME else person_id[:LONGEST_NAME] + "…"
