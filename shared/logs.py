"""Log lines: one JSON object each, without secrets and without characters that would redraw the page.

Function Compute's root logger puts time and request id in front; ``event`` names what happened.

The theory of :func:`redact`. Texts of the services come in every wrapping: URLs with and without a scheme,
percent-encoded once or twice, broken over lines, inside JSON inside JSON. So nothing depends on a text being
a URL: secrets go by their own look (API keys, access key ids), by the name in front of them (``Signature``,
``x-oss-security-token``, ``Authorization``), and, those that this process holds itself, by their value
(:func:`hide`). To cut too much costs a word of a message; to cut too little costs an account.
"""

from __future__ import annotations

import json
import logging
import re
from urllib.parse import quote

_logger = logging.getLogger("facechain_autotrain")

SHORTEST_HIDDEN = 8
"""A shorter value is no secret, and would be cut out of ordinary words."""
MOST_HIDDEN = 64
"""Temporary credentials change every hour; those that ended long ago need no hiding."""

_hidden: dict[str, None] = {}
_hidden_values: re.Pattern[str] | None = None

_QUERY = re.compile(r"(https?://[^\s?]+)\?\S*", re.IGNORECASE)
_KEY = re.compile(
    # After a letter or digit it is part of a word (``risk-averse``), unless these end a percent-encoding or
    # an escape of JSON; so long a run of letters and digits is no word.
    r"(?:(?<![a-z0-9])|(?<=%[0-9a-f]{2})|(?<=\\[nrt]))sk(?:-|%(?:25)*2d)[a-z0-9_-]{4,}"
    r"|sk(?:-|%(?:25)*2d)[a-z0-9]{16,}",
    re.IGNORECASE,
)
_ACCESS_KEY_ID = re.compile(r"LTAI[A-Za-z0-9]{8,}|STS\.[A-Za-z0-9]{8,}")
_EQUALS = r"""(?:["'\\\s]|%(?:25)*(?:20|22))*(?:[=:>]|%(?:25)*3[da])(?:["'\\\s]|%(?:25)*(?:20|22))*"""
_VALUE = r"""(?:(?!%(?:25)*(?:26|22))[^\s&"'<>\\,;…])+…*"""
_PARAMETER = re.compile(
    rf"((?:signature(?:provided)?|security-?token|(?<![a-z])credential|access-?key-?id|access-?key-?secret"
    rf"|api[-_]?key|x-oss-credential){_EQUALS}){_VALUE}",
    re.IGNORECASE,
)
_AUTHORIZATION = re.compile(rf"(authorization{_EQUALS})(?:[a-z0-9-]+(?:\s|%20|\+)+)?{_VALUE}", re.IGNORECASE)
_BEARER = re.compile(r"(\b(?:bearer|basic)(?:\s|%20)+)[a-z0-9._~+/=%-]{8,}", re.IGNORECASE)


def hide(value: str) -> None:
    """Cut ``value``, a secret of this process, out of every text that is redacted from now on."""
    global _hidden_values
    value = value.strip()
    if len(value) < SHORTEST_HIDDEN or value in _hidden:
        return
    _hidden[value] = None
    while len(_hidden) > MOST_HIDDEN:
        del _hidden[next(iter(_hidden))]
    forms = {form for secret in _hidden for form in _forms_of(secret)}
    # The longest first: a secret may begin like another.
    _hidden_values = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))), re.IGNORECASE)


def _forms_of(secret: str) -> set[str]:
    """A secret as it stands, percent-encoded once and twice, and as JSON writes it."""
    encoded = quote(secret, safe="")
    return {secret, encoded, quote(encoded, safe=""), quote(secret), json.dumps(secret)[1:-1]}


def redact(text: str) -> str:
    """Cut queries of URLs, signatures, tokens, keys, and what :func:`hide` was given out of ``text``."""
    if _hidden_values is not None:
        text = _hidden_values.sub("…", text)
    text = _KEY.sub("sk-…", _QUERY.sub(r"\1?…", text))
    for named in (_AUTHORIZATION, _PARAMETER, _BEARER):
        text = named.sub(r"\1…", text)
    return _ACCESS_KEY_ID.sub("…", text)


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write one line. Every text in ``fields``, however deep, is redacted."""
    line = json.dumps(_redacted({"event": event, **fields}), ensure_ascii=False)
    _logger.log(level, "%s", _printable(line))


def warn(event: str, **fields: object) -> None:
    """Write one line that asks for attention."""
    log(event, level=logging.WARNING, **fields)


def _printable(line: str) -> str:
    """Escape what is not seen: control and format characters, separators, lone surrogates.

    JSON itself escapes only U+0000 to U+001F. Others move the cursor (U+009B), end a line (U+0085, U+2028)
    or turn the reading direction (U+202E), and an uploader chooses the keys that are logged.
    """
    if line.isprintable():
        return line
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1] for character in line
    )


def _redacted(value: object) -> object:
    """Redact before the text becomes JSON, whose escapes would hide where words begin."""
    if isinstance(value, dict):
        return {redact(str(name)): _redacted(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(part) for part in value]
    return value if isinstance(value, (int, float, bool)) or value is None else redact(str(value))
