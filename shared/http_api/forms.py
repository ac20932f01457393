"""What a form or a program sends: fields of a form, of an object of JSON, and files.

Called by the routes that read content. A field that is sent twice counts once, by its last value.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from email.message import Message
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from shared.http_api.messages import HttpRequest
from shared.http_api.problems import Problem

URL_ENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MAX_PARTS = 200


class File(NamedTuple):
    """A file that a form brings."""

    name: str
    content: bytes


def fields_of(
    request: HttpRequest, numbers: Collection[str] = (), texts: Iterable[str] = ()
) -> dict[str, str]:
    """Return the fields of a form or of an object of JSON; content of other kinds has none.

    What JSON has in place of a text counts as an empty one, but is refused in ``texts``. ``numbers`` are the
    fields that are numbers there.

    Raises:
        Problem: the content is not what it says it is.
    """
    kind = media_type(request)
    if kind == URL_ENCODED:
        try:
            text = request.content.decode("ascii")
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARTS, errors="strict"))
        except ValueError:
            raise Problem("unreadable_content") from None
    if kind == MULTIPART:
        return multipart(request)[0]
    if kind == "application/json" and request.content.strip():
        try:
            value = json.loads(request.content)
        except (ValueError, RecursionError):
            raise Problem("unreadable_content") from None
        if not isinstance(value, dict) or not all(isinstance(value.get(name, ""), str) for name in texts):
            raise Problem("unreadable_content")
        return {name: _text(one, is_number=name in numbers) for name, one in value.items()}
    return {}


def _text(value: object, *, is_number: bool) -> str:
    if is_number and isinstance(value, (int, float)) and not isinstance(value, bool):
        # 14.0 is a whole number to JSON Schema.
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return value if isinstance(value, str) else ""


def media_type(request: HttpRequest) -> str:
    """Return the kind of the content, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def multipart(request: HttpRequest) -> tuple[dict[str, str], list[File]]:
    """Return the fields and the files of a form (RFC 7578); files without a name were not chosen.

    Raises:
        Problem: the content is no such form.
    """
    message = Message()
    message["Content-Type"] = request.headers.get("content-type", "")
    boundary = str(message.get_param("boundary", ""))
    if not boundary or len(boundary) > 70 or not boundary.isascii():
        raise Problem("unreadable_content")
    parts = (b"\r\n" + request.content).split(b"\r\n--" + boundary.encode("ascii"), MAX_PARTS + 1)
    if len(parts) < 2 or len(parts) > MAX_PARTS + 1 or not parts[-1].startswith(b"--"):
        raise Problem("unreadable_content")
    fields: dict[str, str] = {}
    files: list[File] = []
    for part in parts[1:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        if not blank:
            raise Problem("unreadable_content")
        name, file_name = _names(head)
        if file_name is None:
            fields[name] = content.decode("utf-8", "replace")
        elif file_name:
            files.append(File(file_name, content))
    return fields, files


def _names(head: bytes) -> tuple[str, str | None]:
    """Return the names of a field and of its file; browsers write UTF-8 and escape quotes (HTML)."""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            return _parameter(value, "name") or "", _parameter(value, "filename")
    raise Problem("unreadable_content")


def _parameter(text: str, name: str) -> str | None:
    _, found, rest = text.replace("; ", ";").partition(f';{name}="')
    if not found:
        return None
    return rest.partition('"')[0].replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def our_path(text: str, default: str) -> str:
    """Return ``text`` if it is a path of ours, else ``default``: nobody is sent to another site."""
    is_path = text.startswith("/") and not text.startswith("//") and text.isprintable() and "\\" not in text
    try:
        parts = urlsplit(text)
    except ValueError:
        return default
    return quote(text, safe="/?&=%:@!$'()*+,;~-._") if is_path and not parts.netloc else default


def with_query(path: str, **values: str) -> str:
    """Return ``path`` with ``values`` added to its query, in the place of those of the same names."""
    plain, _, query = path.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in values]
    return f"{plain}?{urlencode([*kept, *values.items()])}"
