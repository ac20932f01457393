"""The errors in the source of the emulators: every status, code and message that is written out there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aliyun_local

_PACKAGE = Path(aliyun_local.__file__).parent
VARIES = "\0"
# Functions and classes whose errors always have the same status and code.
_FIXED: dict[str, tuple[int, str]] = {
    "invalid_argument": (400, "InvalidArgument"),
    "access_denied": (403, "AccessDenied"),
    "CallbackFailed": (203, "CallbackFailed"),
    "parameter_invalid": (400, "OTSParameterInvalid"),
    "primary_key_invalid": (400, "OTSInvalidPK"),
    "authentication_failed": (403, "OTSAuthFailed"),
    "quota_exhausted": (403, "OTSQuotaExhausted"),
    "invalid_parameter": (400, "InvalidParameter"),
}


@dataclass(frozen=True)
class Raised:
    """An error in the source; the status is None where its code alone is given, the message where it varies.

    ``VARIES`` stands for the variable parts of the message.
    """

    place: str
    status: int | None
    code: str
    message: str | None


def raised_in(service: str) -> Iterator[Raised]:
    """Yield the errors in the source of ``service``."""
    for path in sorted((_PACKAGE / service).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for scope in ast.walk(tree):
            if isinstance(scope, ast.FunctionDef | ast.Module):
                for call in _calls_of(scope):
                    yield from _raised(f"{path.name}:{call.lineno}", call, _messages_of(scope))


def _calls_of(scope: ast.FunctionDef | ast.Module) -> Iterator[ast.Call]:
    """Yield the calls in ``scope``, without those in functions inside of it."""
    waiting: list[ast.AST] = list(scope.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, ast.FunctionDef):
            waiting += ast.iter_child_nodes(node)


def _messages_of(scope: ast.FunctionDef | ast.Module) -> dict[str, list[tuple[int, str]]]:
    """Return the lines and texts that are assigned to each name in ``scope``."""
    texts: dict[str, list[tuple[int, str]]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = _text(node.value)
            if text is not None:
                texts.setdefault(node.targets[0].id, []).append((node.lineno, text))
    return texts


def _raised(place: str, call: ast.Call, assigned: dict[str, list[tuple[int, str]]]) -> Iterator[Raised]:
    def message_in(node: ast.expr) -> str | None:
        if not isinstance(node, ast.Name):
            return _text(node)
        before = [(line, text) for line, text in assigned.get(node.id, []) if line <= call.lineno]
        return max(before)[1] if before else None

    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in _FIXED and call.args:
        yield Raised(place, *_FIXED[name], message_in(call.args[0]))
    elif name == "error_of" and call.args and (code := _text(call.args[0])):
        yield Raised(place, None, code, message_in(call.args[1]) if len(call.args) > 1 else None)
    elif name in ("Problem", "FailedUpload") and (code := _text(keywords.get("code"))):
        yield Raised(place, None, code, message_in(keywords["message"]))
    elif len(call.args) >= 3 and isinstance(call.args[0], ast.Constant):
        status, code = call.args[0].value, _text(call.args[1])
        if isinstance(status, int) and status >= 200 and code:
            yield Raised(place, status, code, message_in(call.args[2]))


def _text(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(value.value) if isinstance(value, ast.Constant) else VARIES for value in node.values
        )
    return None
