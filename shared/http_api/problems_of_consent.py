"""The problems of consents; a part of :mod:`shared.http_api.problem_catalogue`."""

from __future__ import annotations

from shared.domain.words import Words
from shared.http_api.problem_kinds import ProblemKind

OF_CONSENT: dict[str, ProblemKind] = {
    "unusable_consent": ProblemKind(
        422,
        Words("This is no consent that counts ({field}: {why}).", "这不是有效的同意（{field}：{why}）。"),
        Words(
            "Send agree, the text_version that is offered, and for somebody under 14 a guardian; "
            "/schemas/consent-1.json has the form of the document.",
            "请发送 agree、页面提供的 text_version，未满 14 周岁者还须有监护人；"
            "文件格式见 /schemas/consent-1.json。",
        ),
    ),
}
