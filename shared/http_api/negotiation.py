"""Whether a page or a document is asked for (RFC 9110, 12.5.1). Called by ``routes`` for every request."""

from __future__ import annotations

from shared.http_api.languages import quality_of

_HTML, _JSON = "text/html", "application/json"


def prefers_html(accept: str) -> bool:
    """Whether an ``Accept`` header names HTML and likes it better than JSON; ``*/*`` is no browser's."""
    quality = {_HTML: 0.0, _JSON: 0.0}
    for part in accept.split(","):
        kind, _, parameters = part.partition(";")
        name = kind.strip().lower()
        if name in quality:
            quality[name] = max(quality[name], quality_of(parameters))
    return quality[_HTML] > quality[_JSON]
