"""By which way DashScope gets the photos, and why, in words; a part of ``GET /readyz``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.photo_access import LearntAccess, Way
from shared.domain.reasons import Language, Words
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.http_api.operator_types import PhotoAccessDocument

NAMES = {None: "auto", Way.URL: "url", Way.FILE: "file"}

_SET = {
    Way.URL: Words("PHOTO_ACCESS is url.", "PHOTO_ACCESS 设为 url。"),
    Way.FILE: Words("PHOTO_ACCESS is file.", "PHOTO_ACCESS 设为 file。"),
}
_LEARNT = {
    Way.URL: Words("DashScope has downloaded from {door}.", "DashScope 能从 {door} 下载。"),
    Way.FILE: Words(
        "DashScope could not download a picture of our own from {door} ({code}); photos go by its file "
        "service, and the URL is tried again once a day. With a domain that is bound to the bucket, set "
        "OSS_PUBLIC_DOMAIN.",
        "DashScope 无法从 {door} 下载测试图片（{code}），照片改由其文件服务传送，每天再尝试一次 URL。"
        "如已为存储空间绑定域名，请设置 OSS_PUBLIC_DOMAIN。",
    ),
}
_UNKNOWN = Words(
    "The first face check finds out whether DashScope can download the photos by URL.",
    "首次人脸检测时确定 DashScope 能否通过 URL 下载照片。",
)


def photo_access_document(
    setting: Way | None, learnt: LearntAccess, language: Language
) -> PhotoAccessDocument:
    """Say which way is taken, and why; ``since`` is None for what is set or not known.

    What was learnt of another door than the present one counts until the next face check: the addresses of
    the bucket are no settings of this function.
    """
    way = setting or learnt.way
    learnt_words = _LEARNT[way] if way else _UNKNOWN
    words = _SET[setting] if setting else learnt_words
    is_learnt = setting is None and way is not None
    return {
        "setting": NAMES[setting],
        "way": NAMES[way] if way else None,
        "message": words.in_language(language).format(door=learnt.door, code=learnt.code),
        "since": timestamp(learnt.learnt_at) if is_learnt else None,
    }
