"""The problems of the audit, for ``problem_catalogue``."""

from __future__ import annotations

from shared.domain.words import Words
from shared.http_api.problem_kinds import ProblemKind

OF_AUDITS: dict[str, ProblemKind] = {
    "audit_not_kept": ProblemKind(
        409,
        Words(
            "No audit is kept: ERASE_KEY is not set, without which it would name people, or there is no "
            "log store for it.",
            "未启用审计：未设置 ERASE_KEY（缺少它审计记录会包含人名），或没有用于审计的日志库。",
        ),
        Words(
            "Set the parameter EraseKey to a new random value, keep it for good, and deploy again.",
            "请将参数 EraseKey 设为新的随机值并长期保留，然后重新部署。",
        ),
    ),
    "invalid_time": ProblemKind(
        400,
        Words("{parameter} is no time.", "{parameter} 不是有效的时间。"),
        Words(
            "Write it as RFC 3339 has it, such as 2026-11-29T08:00:00Z.",
            "请按 RFC 3339 书写，例如 2026-11-29T08:00:00Z。",
        ),
    ),
}
