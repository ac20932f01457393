"""The language of an answer: chosen by ``routes`` and ``functions/status.py`` for every request."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.words import Language

_NO_QUERY: Mapping[str, str] = MappingProxyType({})


def language_of(headers: Mapping[str, str], query: Mapping[str, str] = _NO_QUERY) -> Language:
    """Return the language that a request asks for: by its parameter ``language``, else by its headers."""
    if query.get("language") in ("en", "zh"):
        return Language(query["language"])
    return preferred_language(headers.get("accept-language", ""))


def preferred_language(accepted: str) -> Language:
    """Choose from an ``Accept-Language`` header (RFC 9110, 12.5.4); English when it asks for neither."""
    best, language = 0.0, Language.ENGLISH
    for part in accepted.split(","):
        tag, _, parameters = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = quality_of(parameters)
        if primary in ("en", "zh") and quality > best:
            best, language = quality, Language(primary)
    return language


def quality_of(parameters: str) -> float:
    """Return the weight that the parameters of a part of an ``Accept`` header give it; 1 without one."""
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
