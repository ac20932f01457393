"""``GET /ignored``: uploads that belong to nobody, and why. Called by ``resources``.

The list is a row of the control table: ``entries``, newest first, each with ``key``, ``reason`` (a code) and
``at``; and ``dropped``: whether earlier ones had to leave it. A part that makes no sense is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.reasons import IGNORED, Language
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.http_api.operator_types import IgnoredDocument, IgnoredReasonDocument, IgnoredUploadDocument

ROW = "ignored"
OTHER = "other"
"""The code of a reason that has no words here: of another version, it is shown as it is."""


def ignored_document(stored: Mapping[str, Any], language: Language) -> IgnoredDocument:
    """Describe the list; ``dropped`` says that there were more."""
    entries = stored.get("entries")
    shown = [
        _upload(entry, language)
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
    return {"ignored": shown, "shown": len(shown), "dropped": stored.get("dropped") is True}


def _upload(entry: Mapping[str, Any], language: Language) -> IgnoredUploadDocument:
    # A key may hold what is no Unicode text, and then it is what the upload is ignored for.
    key = str(entry.get("key", "")).encode("utf-8", "replace").decode("utf-8")
    code, noted_at = str(entry.get("reason", "")), entry.get("at")
    words = IGNORED.get(code)
    reason: IgnoredReasonDocument = {
        "code": code if words else OTHER,
        "message": words.in_language(language) if words else code,
    }
    return {"key": key, "reason": reason, "at": timestamp(noted_at if isinstance(noted_at, int) else 0)}
