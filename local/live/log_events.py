"""The log lines of the functions that belong in the live view, in few words.

Most of what the functions log shows in the people's documents; refused uploads and errors do not.
"""

from __future__ import annotations

import json
import re

_LINE = re.compile(r"\S+Z \S+ \[(?P<level>[A-Z]+)\] (?P<message>.*)")
_SHOWN = {"upload_ignored", "upload_postponed"}
_TOLD_ELSEWHERE = {"photo_held_up", "api_is_refused", "queue_halted"}
"""What the people's lines and the headings tell, for as long as it lasts."""
_IN_WORDS = ("reason", "message", "problem", "code")


def notable_event(function: str, line: str) -> str:
    """Return what a function's log line says in one line; empty when it need not be shown."""
    name = function.rpartition("-")[2]
    found = _LINE.fullmatch(line)
    if found is None:
        # A traceback's last line; "FC Invoke …" tells of each run that it began and ended.
        indented = line[:1].isspace() or not line
        return "" if indented or line.startswith(("FC Invoke ", "Traceback ")) else f"{name}: {line}"
    try:
        fields = json.loads(found["message"])
    except ValueError:
        fields = {}
    event = fields.pop("event", "")
    fields.pop("traceparent", "")
    if event in _TOLD_ELSEWHERE or (found["level"] == "INFO" and event not in _SHOWN):
        return ""
    if not event:
        return f"{name}: {found['message']}"
    words = next((str(fields.pop(key)) for key in _IN_WORDS if fields.get(key)), "")
    subject = ", ".join(str(value) for key, value in fields.items() if key not in _IN_WORDS and value)
    return ": ".join(part for part in (event.replace("_", " "), subject, words) if part)
