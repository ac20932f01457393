"""PostObject: an upload by an HTML form, allowed by a signed policy.

OSS, "PostObject" and "PostObject policy": the fields before ``file`` count, what follows does not, and names
of fields do not depend on case. A signature in a header or in the URL is not looked at.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from aliyun_local.oss.addressing import check_key
from aliyun_local.oss.errors import OssError, access_denied, invalid_argument
from aliyun_local.oss.http.access import OWNER, WRITE, authorize
from aliyun_local.oss.http.call import attributes_to_write, written_headers, xml_response
from aliyun_local.oss.http.callback_responses import callback_of, called_back
from aliyun_local.oss.signing.signatures import authenticate_form
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call

MAX_FIELDS = 200
_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,200})"?', re.IGNORECASE)
_NAME = re.compile(rb'(?:^|[;\s])name="?([^";]*)"?', re.IGNORECASE)
_FILE_NAME = re.compile(rb'filename="([^"]*)"', re.IGNORECASE)
_PART_TYPE = re.compile(rb"^content-type:[ \t]*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form as it was sent: fields by lower-case name, and the file."""

    fields: Mapping[str, str]
    file_name: str
    content_type: str
    content: bytes


def post_object(call: Call) -> Response:
    """PostObject."""
    form = parse_form(call.header("content-type"), call.request.body)
    fields = dict(form.fields)
    key = fields.get("key", "").replace("${filename}", form.file_name)
    if not key:
        raise invalid_argument("The form needs a field key.", ArgumentName="key")
    check_key(key)
    principal = authenticate_form(fields, call.service.credentials, call.service.region, call.now)
    authorize(call.store, principal, WRITE if principal is None else OWNER, call.bucket)
    if principal is not None or fields.get("policy"):
        fields |= {"key": key, "bucket": call.bucket}
        check_policy(fields.get("policy", ""), fields, len(form.content), call.now)
    callback = callback_of(call, fields)
    content_type = fields.get("x-oss-content-type") or form.content_type or fields.get("content-type", "")
    fields.pop("content-type", None)
    stored = call.store.put(
        call.bucket,
        key,
        form.content,
        attributes_to_write(call, fields, content_type),
        origin=call.origin,
        event="ObjectCreated:PostObject",
        forbid_overwrite=fields.get("x-oss-forbid-overwrite", "").lower() == "true",
    )
    response = _answer(call, fields, key, written_headers(call, stored))
    return called_back(call, callback, "PostObject", stored, response)


def parse_form(content_type: str, body: bytes) -> Form:
    """Read a multipart/form-data body.

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


def check_policy(policy: str, fields: Mapping[str, str], size: int, now: float) -> None:
    """Hold a form against its policy.

    Raises:
        OssError: InvalidPolicyDocument, AccessDenied, EntityTooLarge or EntityTooSmall.
    """
    try:
        document = json.loads(base64.b64decode(policy, validate=True))
        expires = _moment(document["expiration"])
        conditions = list(document["conditions"])
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        raise _invalid_policy("The policy is not a JSON document in base64.") from None
    if now >= expires:
        raise access_denied("Invalid according to Policy: Policy expired.", "")
    for condition in conditions:
        if isinstance(condition, dict):
            for name, value in condition.items():
                _hold("eq", name, value, fields, condition)
        elif isinstance(condition, list) and len(condition) == 3:
            operator, name, value = condition
            if str(operator).lower() == "content-length-range":
                _check_size(name, value, size)
            else:
                _hold(str(operator).lower(), str(name).removeprefix("$"), value, fields, condition)
        else:
            raise _invalid_policy("A condition of the policy has no known form.")


def _hold(operator: str, name: str, value: object, fields: Mapping[str, str], condition: object) -> None:
    given = fields.get(name.lower(), "")
    if operator in ("in", "not-in") and isinstance(value, list):
        held = (given in value) == (operator == "in")
    elif operator in ("eq", "starts-with") and isinstance(value, str):
        held = given == value if operator == "eq" else given.startswith(value)
    else:
        raise _invalid_policy(f"The condition {operator!r} is not known.")
    if not held:
        text = json.dumps(condition, ensure_ascii=False)
        raise access_denied(f"Invalid according to Policy: Policy Condition failed: {text}", "")


def _check_size(low: object, high: object, size: int) -> None:
    if not isinstance(low, int) or not isinstance(high, int):
        raise _invalid_policy("content-length-range takes two numbers.")
    if size < low:
        raise OssError(
            400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size."
        )
    if size > high:
        raise OssError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")


def _answer(call: Call, fields: Mapping[str, str], key: str, headers: dict[str, str]) -> Response:
    redirect = fields.get("success_action_redirect", "")
    if redirect.startswith(("http://", "https://")) and redirect.isprintable() and " " not in redirect:
        query = urlencode({"bucket": call.bucket, "key": key, "etag": headers["ETag"]})
        location = f"{redirect}{'&' if '?' in redirect else '?'}{query}"
        return Response(status=303, headers=headers | {"Location": location})
    location = f"http://{call.bucket}.{call.service.endpoint()}/{quote(key, safe='')}"
    if fields.get("success_action_status") == "201":
        etag = headers["ETag"]
        children = [("Bucket", call.bucket), ("ETag", etag), ("Key", key), ("Location", location)]
        response = xml_response("PostResponse", children)
        return Response(status=201, headers=response.headers | headers, body=response.body)
    status = 200 if fields.get("success_action_status") == "200" else 204
    return Response(status=status, headers=headers)


def _moment(text: str) -> float:
    for pattern in ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            continue
    raise ValueError(text)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeError:
        raise invalid_argument("A field of the form is not UTF-8.") from None


def _invalid_policy(message: str) -> OssError:
    return OssError(400, "InvalidPolicyDocument", f"Invalid Policy: {message}")
