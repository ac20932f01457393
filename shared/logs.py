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
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.tracing import current

if TYPE_CHECKING:
    from shared.log_names import LogNames

_logger = logging.getLogger("facechain_autotrain")

SHORTEST_HIDDEN = 8
"""A shorter value is no secret, and would be cut out of ordinary words."""
MOST_HIDDEN = 64
"""Temporary credentials change every hour; those that ended long ago need no hiding."""

# What puts hashes in the place of names; None: names stand in the lines.
_names: LogNames | None = None
# Secrets, in the order in which they came, with the forms in which they may stand in a text.
_hidden: dict[str, set[str]] = {}
# All these forms, the longest first: a secret may begin like another.
_forms: list[str] = []
# Names, numbers and codes, which most texts are: no pattern below matches in one.
_PLAIN = re.compile(r"(?!.*(?:sk|ltai))[a-z0-9_-]*", re.IGNORECASE)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What is cut out of texts, and what is put there, in this order; made for the first text."""
    query = re.compile(r"(https?://[^\s?]+)\?\S*", re.IGNORECASE)
    key = re.compile(
        # After a letter or digit it is part of a word (``risk-averse``), unless these end a percent-encoding
        # or an escape of JSON; so long a run of letters and digits is no word.
        r"(?:(?<![a-z0-9])|(?<=%[0-9a-f]{2})|(?<=\\[nrt]))sk(?:-|%(?:25)*2d)[a-z0-9_-]{4,}"
        r"|sk(?:-|%(?:25)*2d)[a-z0-9]{16,}",
        re.IGNORECASE,
    )
    access_key_id = re.compile(r"LTAI[A-Za-z0-9]{8,}|STS\.[A-Za-z0-9]{8,}")
    blank = r"(?:\s|\+|%(?:25)*(?:20|0a|0d))"
    quotes = rf"""(?:["'\\]|%(?:25)*22|{blank})*"""
    equals = rf"{quotes}(?:[=:>]|%(?:25)*3[da]){quotes}"
    value = r"""(?:(?!%(?:25)*(?:20|22|26))[^\s&"'<>\\,;…])+…*"""
    parameter = re.compile(
        r"((?:signature(?:provided)?|security-?token|(?<![a-z])credential|access-?key-?id|access-?key-?secret"
        rf"|api[-_]?key){equals}){value}",
        re.IGNORECASE,
    )
    authorization = re.compile(rf"(authorization{equals})(?:[a-z0-9-]+{blank}+)?{value}", re.IGNORECASE)
    bearer = re.compile(rf"((?:bearer|basic){blank}+)[a-z0-9._~+/=%-]{{8,}}", re.IGNORECASE)
    return (
        (query, r"\1?…"),
        (key, "sk-…"),
        (authorization, r"\1…"),
        (parameter, r"\1…"),
        (bearer, r"\1…"),
        (access_key_id, "…"),
    )


def hide(value: str) -> None:
    """Cut ``value``, a secret of this process, out of every text that is redacted from now on."""
    value = value.strip()
    if len(value) < SHORTEST_HIDDEN:
        return
    _hidden[value] = _hidden.pop(value, set()) or _forms_of(value)
    while len(_hidden) > MOST_HIDDEN:
        del _hidden[next(iter(_hidden))]
    _forms[:] = sorted(set().union(*_hidden.values()), key=len, reverse=True)


def hide_names(names: LogNames | None) -> None:
    """Write no name of a person or a file from now on, or with None write them as they are."""
    global _names  # the log is one for all of a process
    _names = names


class Unnamed(Exception):
    """An exception in the place of one whose words may name somebody; the class and code tell which."""


@contextmanager
def naming_nobody() -> Iterator[None]:
    """Around a handler: the platform writes down each exception that leaves it, with its words."""
    try:
        yield
    except Exception as problem:
        if _names is None:
            raise
        code = getattr(problem, "code", "")
        told = Unnamed(f"{type(problem).__name__} {code}".strip())
        raise told.with_traceback(problem.__traceback__) from None


def _forms_of(secret: str) -> set[str]:
    """A secret as it stands, percent-encoded once and twice, and as JSON and JSON in JSON write it."""
    encoded, in_json = quote(secret, safe=""), json.dumps(secret)[1:-1]
    in_lower_case = re.sub("%..", lambda escape: escape.group().lower(), encoded)
    twice = quote(encoded, safe=""), json.dumps(in_json)[1:-1]
    return {secret, quote(secret), encoded, in_lower_case, in_json, *twice}


def redact(text: str) -> str:
    """Cut queries of URLs, signatures, tokens, keys, and what :func:`hide` was given out of ``text``."""
    for form in _forms:
        text = text.replace(form, "…")
    if _PLAIN.fullmatch(text):
        return text
    for pattern, instead in _patterns():
        text = pattern.sub(instead, text)
    return text


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write one line. Every text in ``fields``, however deep, is redacted."""
    trace = {"traceparent": current()} if current() else {}
    if _names is not None:
        fields = _names.hidden(fields)
    line = json.dumps(_redacted({"event": event, **fields, **trace}), ensure_ascii=False)
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
