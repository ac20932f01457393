"""Search statements ("Search syntax", 2025-10): which entries they ask for.

The theory. A full-text index cuts each value into words: at the delimiters, and Chinese text character by
character. A term asks whether an entry has a word; a term of several words, quoted or not, asks for all of
them, in any order and place. So a search finds more than was typed, never the exact text; only ``#"…"``
asks for words that follow one another. ``*`` and ``?`` stand for the rest of a word and may not begin it.
Case does not count. ``not`` binds closer than ``and``, that closer than ``or``; terms side by side are joined
by ``and``.

Analysis (``| SELECT …``) and number ranges are refused: they need a field index, which the template has not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from aliyun_local.log_service.errors import parameter_invalid

Condition = Callable[[Mapping[str, str]], bool]
"""Whether an entry's fields are what a statement asks for."""

MOST_TERMS = 30
_DELIMITERS = r"""\s,'";=()\[\]{}?@&<>/:\\"""
_WORD = re.compile(rf"[\u2e80-\u9fff\uf900-\ufaff]|[^{_DELIMITERS}\u2e80-\u9fff\uf900-\ufaff]+")
_TOKEN = re.compile(
    r"""\s*(?:(?P<phrase>\#"(?:[^"\\]|\\.)*")|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark>[():])|(?P<bare>[^\s():"|]+))"""
)


def parse(statement: str) -> Condition:
    """Return the condition of a search statement; an empty one, or ``*``, holds for every entry.

    Raises:
        LogServiceError: it is no search statement, or one that the local cloud does not know.
    """
    text = statement.strip()
    if text in ("", "*"):
        return _every_entry
    if "|" in re.sub(r'"(?:[^"\\]|\\.)*"', "", text):
        raise parameter_invalid("the local cloud knows search statements only, no analytic ones")
    parser = _Parser(_tokens(text))
    try:
        condition = parser.alternatives()
    except RecursionError:
        raise parameter_invalid("invalid query: too many parentheses") from None
    if not parser.is_at_end:
        raise parameter_invalid(f"invalid query: unexpected {parser.peek()[1]!r}")
    return condition


def _every_entry(_fields: Mapping[str, str]) -> bool:
    return True


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise parameter_invalid(f"invalid query near {text[at : at + 20]!r}")
        kind = found.lastgroup or ""
        tokens.append((kind, found[kind]))
        at = found.end()
    return tokens


class _Parser:
    """One pass over the tokens, by the order in which operators bind."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._terms = 0

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def peek(self) -> tuple[str, str]:
        return ("", "") if self.is_at_end else self._tokens[self._at]

    def _next_is(self, word: str) -> bool:
        kind, text = self.peek()
        return kind in ("bare", "mark") and text.lower() == word

    def _take(self) -> tuple[str, str]:
        token = self.peek()
        self._at += 1
        return token

    def alternatives(self) -> Condition:
        parts = [self._all_of()]
        while self._next_is("or"):
            self._take()
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else lambda fields: any(part(fields) for part in parts)

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while not self.is_at_end and not self._next_is("or") and not self._next_is(")"):
            if self._next_is("and"):
                self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda fields: all(part(fields) for part in parts)

    def _one(self) -> Condition:
        if self._next_is("not"):
            self._take()
            negated = self._one()
            return lambda fields: not negated(fields)
        if self._next_is("("):
            self._take()
            inner = self.alternatives()
            if not self._next_is(")"):
                raise parameter_invalid("invalid query: a parenthesis is not closed")
            self._take()
            return inner
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise parameter_invalid(f"a query has at most {MOST_TERMS} conditions")
        kind, text = self._take()
        if kind not in ("bare", "quoted", "phrase"):
            raise parameter_invalid(f"invalid query: unexpected {text or 'end'!r}")
        if not self._next_is(":"):
            return _term(kind, text, None)
        self._take()
        value_kind, value = self._take()
        if value_kind not in ("bare", "quoted", "phrase"):
            raise parameter_invalid(f"invalid query: {text} has no value")
        return _term(value_kind, value, _unquoted(text))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _term(kind: str, text: str, field: str | None) -> Condition:
    """Return the condition that ``field``, or any field, has the words of ``text``."""
    wanted = [word.lower() for word in _words(_unquoted(text.removeprefix("#")), wildcards=kind == "bare")]
    if any(word[0] in "*?" for word in wanted if len(word) > 1):
        raise parameter_invalid("a wildcard may not begin a word")

    def holds(fields: Mapping[str, str]) -> bool:
        values = fields.values() if field is None else [fields.get(field, "")]
        return any(_has(_words(value.lower()), wanted, in_order=kind == "phrase") for value in values)

    return holds


def _words(text: str, *, wildcards: bool = False) -> list[str]:
    return text.split() if wildcards and ("*" in text or "?" in text) else _WORD.findall(text)


def _has(words: Sequence[str], wanted: Sequence[str], *, in_order: bool) -> bool:
    if in_order:
        span = len(wanted)
        return any(list(words[at : at + span]) == list(wanted) for at in range(len(words) - span + 1))
    return all(_is_among(one, words) for one in wanted)


def _is_among(wanted: str, words: Sequence[str]) -> bool:
    if "*" not in wanted and "?" not in wanted:
        return wanted in words
    pattern = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in wanted)
    return any(re.fullmatch(pattern, word) for word in words)
