"""Why something waits for consent, in plain words, with what to do, in English and in Chinese.

``remedies_of_our_own`` has the two codes that block; the pages and the answers of the API say by
:data:`WHY_NOT` what a document lacks.
"""

from __future__ import annotations

from shared.domain import consent
from shared.domain.object_keys import CONSENT_NAME
from shared.domain.words import Told, Words

OF_CONSENT: dict[str, Told] = {
    consent.WAITS: Told(
        Words(
            "The person's consent is not there, or does not count; nothing leaves for DashScope before.",
            "尚无此人的有效同意；在此之前不会向 DashScope 发送任何照片。",
        ),
        Words(
            f"Put {CONSENT_NAME} into the person's folder, or have them tick it on their own page; "
            "it goes on by itself then. The person's document says what is wrong with one that is there.",
            f"请将 {CONSENT_NAME} 放入其文件夹，或由本人在个人页面勾选同意，之后自动继续。"
            "若已有同意书但无效，原因见此人的详情。",
        ),
    ),
    consent.WITHDRAWN: Told(
        Words(
            "The person has withdrawn consent; nothing of theirs is sent any more.",
            "本人已撤回同意，不再发送任何数据。",
        ),
        Words(
            "Nothing needs to be done: the person is erased. Photos and a consent that come afterwards count "
            "anew.",
            "无需操作，系统会删除此人的数据；之后上传的照片和重新作出的同意另行计算。",
        ),
    ),
    "consent_replaced": Told(
        Words(
            "The person's consent was replaced each time it was read, or took too long to be read.",
            "此人的同意书在读取时被反复替换，或读取时间过长。",
        ),
    ),
}
"""Codes that block."""

WHY_NOT: dict[str, Words] = {
    consent.MISSING: Words("There is no consent.", "没有同意书。"),
    consent.UNREADABLE: Words("The document is not an object of JSON.", "文件不是 JSON 对象。"),
    consent.TOO_LARGE: Words("The document is larger than 16 KB.", "文件超过 16 KB。"),
    consent.INCOMPLETE: Words("A field is missing or makes no sense.", "有字段缺失或无效。"),
    consent.OTHER_PERSON: Words("The document is of another person.", "同意书不属于此人。"),
    consent.OTHER_PURPOSE: Words(
        "The purposes do not name both the face check and the training.",
        "同意的用途未同时包含人脸检测与训练。",
    ),
    consent.NO_GUARDIAN: Words(
        "The person is under 14, and no guardian has consented.", "本人未满 14 周岁，且没有监护人的同意。"
    ),
    consent.OTHER_TEXT: Words(
        "It is to a version of the text that is not accepted (CONSENT_TEXT_VERSIONS).",
        "同意的文本版本不在接受之列（CONSENT_TEXT_VERSIONS）。",
    ),
    consent.NOT_YET: Words("It is of a time that has not come.", "同意时间尚未到来。"),
    consent.EXPIRED: Words("It has expired.", "同意已过期。"),
    consent.WITHDRAWN: Words("It was withdrawn.", "同意已撤回。"),
}
"""Why a consent does not count, by the codes of :mod:`shared.domain.consent`."""
