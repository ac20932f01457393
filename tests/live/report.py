"""``live-report.json``: the answers, and the switches of a local cloud that behaves like what was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.live.question import Answer

VERSION = 1
# A signed URL's query, and what is left of one in an error's text.
_QUERY = re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']+", re.IGNORECASE)
_SIGNED = re.compile(
    r"(?i)\b(signature|x-oss-signature|x-oss-credential|ossaccesskeyid|security-token)=[^&\s\"']+"
)


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """Return ``text`` without ``secrets`` and without the queries of URLs."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "…")
    return _SIGNED.sub(r"\1=…", _QUERY.sub(r"\1?…", text))


def report(
    answers: Sequence[Answer], asked_at: datetime, earlier: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return the report of ``answers``; a question that is not asked keeps its ``earlier`` answer."""
    before = {entry["name"]: entry for entry in earlier if entry["asked"]}
    entries = [
        before[answer.question.name]
        if not answer.asked and answer.question.name in before
        else _entry(answer)
        for answer in answers
    ]
    switches: dict[str, dict[str, object]] = {"oss": {}, "dashscope": {}}
    for entry in entries:
        for service, values in entry["switches"].items():
            switches[service].update(values)
    return {
        "version": VERSION,
        "asked_at": asked_at.isoformat(timespec="seconds"),
        "answers": entries,
        "switches": switches,
    }


def write(document: dict[str, Any], path: Path, secrets: Collection[str]) -> None:
    """Write the report; nothing in it is secret, and this makes sure of it."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    path.write_text(without_secrets(text, secrets) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """Return an earlier report.

    Raises:
        OSError, ValueError: there is none, or it is of another version.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError(f"{path} is no report of version {VERSION}")
    return document


def _entry(answer: Answer) -> dict[str, Any]:
    return {
        "name": answer.question.name,
        "question": answer.question.words,
        "asked": answer.asked,
        "seen": answer.seen,
        "switches": {service: dict(values) for service, values in answer.switches.items()},
    }
