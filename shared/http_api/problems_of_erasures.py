"""The problems of erasures, for ``problem_catalogue``."""

from __future__ import annotations

from shared.domain.words import Words
from shared.http_api.problem_kinds import ProblemKind

OF_ERASURES: dict[str, ProblemKind] = {
    "unknown_erasure": ProblemKind(
        404,
        Words("No erasure has this id.", "没有这个 ID 的删除请求。"),
        Words(
            "Take the id from the answer by which the erasure was accepted; it is kept for 30 days.",
            "请使用接受删除请求时返回的 ID；删除证明保留 30 天。",
        ),
    ),
    "erase_key_missing": ProblemKind(
        409,
        Words(
            "Nobody can be erased: ERASE_KEY is not set, without which what was erased might come back.",
            "未设置 ERASE_KEY，无法删除人员：缺少它，已删除的内容可能再次出现。",
        ),
        Words(
            "Set the parameter EraseKey to a new random value, keep it for good, and ask again.",
            "请将参数 EraseKey 设为新的随机值并长期保留，然后重新请求。",
        ),
    ),
}
