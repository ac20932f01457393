"""The form of a PostObject, read from its multipart/form-data body.

:mod:`aliyun_local.oss.http.form_responses` calls this. OSS, "PostObject": the fields before ``file`` count,
those after it do not, and the names of fields do not depend on case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aliyun_local.oss.errors import OssError, invalid_argument

MAX_FIELDS = 200
_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,200})"?', re.IGNORECASE)
_NAME = re.compile(rb'(?:^|[;\s])name="?([^";]*)"?', re.IGNORECASE)
_FILE_NAME = re.compile(rb'filename="([^"]*)"', re.IGNORECASE)
_PART_TYPE = re.compile(rb"^content-type:[ \t]*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form: its fields by lower-case name, and its file."""

    fields: Mapping[str, str]
    file_name: str
    content_type: str
    content: bytes


def parse_form(content_type: str, body: bytes) -> Form:
    """Return the form in a multipart/form-data body.

    Raises:
        OssError: MalformedPOSTRequest, or IncorrectNumberOfFilesInPOSTRequest without a file.
    """
    boundary = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or not boundary:
        message = "The body of your POST request is not well-formed multipart/form-data."
        raise OssError(400, "MalformedPOSTRequest", message)
    fields: dict[str, str] = {}
    sections = (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode(), MAX_FIELDS + 1)
    for section in sections[1:]:
        head, separator, value = section.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not separator or name is None:
            break
        field_name = _text(name[1]).lower()
        if field_name == "file":
            file_name = _FILE_NAME.search(head)
            part_type = _PART_TYPE.search(head)
            return Form(
                fields=fields,
                file_name=re.split(r"[/\\]", _text(file_name[1]))[-1] if file_name else "",
                content_type=_text(part_type[1]).strip() if part_type else "",
                content=value,
            )
        fields[field_name] = _text(value)
    message = "POST requires exactly one file upload per request."
    raise OssError(400, "IncorrectNumberOfFilesInPOSTRequest", message)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeError:
        raise invalid_argument("A field of the form is not UTF-8.") from None
