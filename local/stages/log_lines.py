"""Which log lines are asked for, and how they are shown.

The theory. The index of Simple Log Service finds words in any order, and more than was meant
(``aliyun_local.log_service.queries`` has its rules). So a statement only narrows what comes over the wire,
and each line that comes is held against the selection here, exactly.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from local.stages.log_search import LogLine

PEOPLE = "people/"
_LINE = re.compile(r"(?P<at>\S+Z) (?P<request>\S+) \[(?P<level>[A-Z]+)\] (?P<message>.*)", re.DOTALL)
_TROUBLE = ("WARNING", "ERROR", "CRITICAL")
_PLATFORM = ("FC Invoke Start", "FC Invoke End", "FC Initialize")
_FAILED = "Unhandled function error"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is asked for; everything that is given has to hold.

    Attributes:
        person: a person's id.
        jobs: ids of jobs; lines of any of them. With a person, lines of either.
        request_id: of one run.
        errors: warnings, errors, and runs that failed.
    """

    person: str = ""
    jobs: tuple[str, ...] = ()
    request_id: str = ""
    errors: bool = False

    @property
    def statement(self) -> str:
        """The search statement that finds at least these lines."""
        parts = []
        subjects = [_quoted(subject) for subject in (self.person, *self.jobs) if subject]
        if subjects:
            parts.append(f"({' or '.join(subjects)})")
        if self.request_id:
            parts.append(_quoted(self.request_id))
        if self.errors:
            # A traceback's lines have no level; its first one says so, and the last line of the run.
            parts.append("(WARNING or ERROR or CRITICAL or Traceback or error)")
        return " and ".join(parts) or "*"

    def takes(self, line: LogLine) -> bool:
        """Return whether ``line`` is one of these."""
        read = _LINE.fullmatch(line.text)
        fields = _fields(read["message"]) if read else {}
        if self.request_id and self.request_id not in line.text:
            return False
        if self.errors and not (_FAILED in line.text or read is None or read["level"] in _TROUBLE):
            return False
        if self.errors and read is None and line.text.startswith(_PLATFORM) and _FAILED not in line.text:
            return False
        if (self.person or self.jobs) and not self._is_about(fields):
            return False
        # That runs begin and end is of interest in one run only.
        is_frame = line.text.startswith(_PLATFORM) and _FAILED not in line.text
        return bool(self.request_id) or not is_frame

    def _is_about(self, fields: dict[str, Any]) -> bool:
        if fields.get("job") in self.jobs:
            return True
        is_in_folder = str(fields.get("key", "")).startswith(f"{PEOPLE}{self.person}/")
        return bool(self.person) and (fields.get("person") == self.person or is_in_folder)


def shown(line: LogLine) -> str:
    """Return the line as people read it: local time, function, what happened, and the rest as pairs."""
    read = _LINE.fullmatch(line.text)
    clock = datetime.fromtimestamp(line.at, timezone.utc).astimezone().strftime("%m-%d %H:%M:%S")
    head = f"{clock}  {line.function.rpartition('-')[2]:<9}"
    if read is None:
        return f"{head}  {line.text}"
    fields = _fields(read["message"])
    fields.pop("traceparent", None)
    event = fields.pop("event", "")
    level = "" if read["level"] == "INFO" else f"{read['level']}  "
    if not event:
        return f"{head}  {level}{read['message']}"
    pairs = "  ".join(f"{name}={_short(value)}" for name, value in fields.items())
    return f"{head}  {level}{event}  {pairs}".rstrip()


def as_document(line: LogLine) -> dict[str, object]:
    """Return the line for machines."""
    read = _LINE.fullmatch(line.text)
    document: dict[str, object] = {
        "time": datetime.fromtimestamp(line.at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "function": line.function,
    }
    if read is None:
        return {**document, "message": line.text}
    fields = _fields(read["message"])
    told = {"fields": fields} if fields else {"message": read["message"]}
    return {
        **document,
        "time": read["at"],
        "request_id": read["request"],
        "level": read["level"],
        **told,
    }


def _fields(message: str) -> dict[str, Any]:
    try:
        read = json.loads(message)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False) if " " in text else text
