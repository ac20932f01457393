"""What a problem of the API is made of: a status, its title, and texts in both languages.

The problems themselves stand in ``problem_catalogue``; ``problems`` makes documents of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.words import Language, Words


class ProblemKind(NamedTuple):
    """One code. ``{name}`` in a text is filled with a value of the request."""

    status: int
    meaning: Words
    remedy: Words

    def detail(self, language: Language, values: Mapping[str, object]) -> str:
        """Return meaning and remedy as one text."""
        between = "" if language is Language.CHINESE else " "
        texts = (self.meaning.in_language(language), self.remedy.in_language(language))
        return between.join(filter(None, texts)).format_map(values)


def not_possible(words: Words) -> ProblemKind:
    """Return the problem that says by ``words`` why something cannot be done to a job as it is."""
    return ProblemKind(409, words, Words("", ""))


TITLES: dict[int, Words] = {
    400: Words("Bad Request", "请求有误"),
    401: Words("Unauthorized", "未授权"),
    403: Words("Forbidden", "禁止访问"),
    404: Words("Not Found", "未找到"),
    405: Words("Method Not Allowed", "方法不允许"),
    409: Words("Conflict", "冲突"),
    413: Words("Content Too Large", "请求内容过大"),
    415: Words("Unsupported Media Type", "不支持的文件类型"),
    416: Words("Range Not Satisfiable", "请求范围无效"),
    422: Words("Unprocessable Content", "请求无法处理"),
    500: Words("Internal Server Error", "服务器内部错误"),
    503: Words("Service Unavailable", "服务暂不可用"),
}
"""RFC 9457, 4.2.1: the title of ``about:blank`` is the status phrase, and may be translated."""
