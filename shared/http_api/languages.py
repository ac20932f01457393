"""The language of an answer: chosen by ``routes`` and ``functions/status.py`` for every request."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.reasons import Language


def language_of(headers: Mapping[str, str]) -> Language:
    """Return the language that a request's headers ask for."""
    return preferred_language(headers.get("accept-language", ""))


def preferred_language(accepted: str) -> Language:
    """Choose from an ``Accept-Language`` header (RFC 9110, 12.5.4); English when it asks for neither."""
    best, language = 0.0, Language.ENGLISH
    for part in accepted.split(","):
        tag, _, parameters = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(parameters)
        if primary in ("en", "zh") and quality > best:
            best, language = quality, Language(primary)
    return language


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
