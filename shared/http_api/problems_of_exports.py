"""The problems of exports, for ``problem_catalogue``."""

from __future__ import annotations

from shared.domain.words import Words
from shared.http_api.problem_kinds import ProblemKind

OF_EXPORTS: dict[str, ProblemKind] = {
    "nothing_held": ProblemKind(
        404,
        Words("Nothing is held about a person of this name.", "没有关于此人的任何数据。"),
        Words(
            "Send the name as the person's folder is called; after ten minutes it is looked for anew.",
            "请使用人员文件夹的名称；十分钟后再次请求会重新查找。",
        ),
    ),
    "export_failed": ProblemKind(
        409,
        Words("The export could not be made within a day.", "导出未能在一天内完成。"),
        Words(
            "GET /readyz and the log say what is in the way; ask again with POST afterwards.",
            "原因见 GET /readyz 和日志；解决后请用 POST 重新请求。",
        ),
    ),
    "only_in_parts": ProblemKind(
        409,
        Words(
            "The zip has {bytes} bytes. This account's bucket cannot be read from outside, and so much does "
            "not go through the function at once.",
            "压缩包共 {bytes} 字节。该账号的存储空间无法从外部读取，而函数一次无法返回这么多内容。",
        ),
        Words(
            "Ask for it with Range, at most {most} bytes at once, as python -m local export does; or bind a "
            "domain to the bucket (OSS_PUBLIC_DOMAIN).",
            "请用 Range 分段请求，每段最多 {most} 字节（python -m local export 即如此）；"
            "或为存储空间绑定域名（OSS_PUBLIC_DOMAIN）。",
        ),
    ),
    "invalid_range": ProblemKind(
        416,
        Words(
            "The zip has {bytes} bytes, and ends before this range.",
            "压缩包共 {bytes} 字节，该范围超出末尾。",
        ),
        Words("Begin within the zip.", "请从压缩包范围内开始。"),
    ),
}
