"""PostObject: an upload by an HTML form, allowed by a signed policy (OSS, "PostObject").

The form itself is read in :mod:`aliyun_local.oss.http.forms`, its policy in
:mod:`aliyun_local.oss.http.form_policies`. A signature in a header or in the URL does not count here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from aliyun_local.oss.addressing import check_key
from aliyun_local.oss.errors import invalid_argument
from aliyun_local.oss.http.access import OWNER, WRITE, authorize
from aliyun_local.oss.http.callbacks import call_back, callback_of
from aliyun_local.oss.http.form_policies import check_policy
from aliyun_local.oss.http.forms import parse_form
from aliyun_local.oss.http.object_attributes import attributes_to_write
from aliyun_local.oss.http.object_headers import written_headers
from aliyun_local.oss.http.xml_documents import xml_response
from aliyun_local.oss.signing.signatures import authenticate_form
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest


def post_object(request: OssRequest) -> Response:
    """PostObject."""
    form = parse_form(request.header("content-type"), request.http.body)
    fields = dict(form.fields)
    key = fields.get("key", "").replace("${filename}", form.file_name)
    if not key:
        raise invalid_argument("The form needs a field key.", ArgumentName="key")
    check_key(key)
    principal = authenticate_form(fields, request.account.credentials, request.account.region, request.now)
    authorize(request.store, principal, WRITE if principal is None else OWNER, request.bucket)
    if principal is not None or fields.get("policy"):
        fields |= {"key": key, "bucket": request.bucket}
        check_policy(fields.get("policy", ""), fields, len(form.content), request.now)
    callback = callback_of(request, fields)
    content_type = fields.get("x-oss-content-type") or form.content_type or fields.get("content-type", "")
    fields.pop("content-type", None)
    stored = request.store.put(
        request.bucket,
        key,
        form.content,
        attributes_to_write(request, fields, content_type),
        origin=request.origin("ObjectCreated:PostObject"),
        forbid_overwrite=fields.get("x-oss-forbid-overwrite", "").lower() == "true",
    )
    response = _answer(request, fields, key, written_headers(request, stored))
    return call_back(request, callback, stored, response)


def _answer(request: OssRequest, fields: Mapping[str, str], key: str, headers: dict[str, str]) -> Response:
    redirect = fields.get("success_action_redirect", "")
    if redirect.startswith(("http://", "https://")) and redirect.isprintable() and " " not in redirect:
        query = urlencode({"bucket": request.bucket, "key": key, "etag": headers["ETag"]})
        location = f"{redirect}{'&' if '?' in redirect else '?'}{query}"
        return Response(status=303, headers=headers | {"Location": location})
    if fields.get("success_action_status") == "201":
        location = f"http://{request.bucket}.{request.account.endpoint()}/{quote(key, safe='')}"
        etag = headers["ETag"]
        children = [("Bucket", request.bucket), ("ETag", etag), ("Key", key), ("Location", location)]
        response = xml_response("PostResponse", children)
        return Response(status=201, headers=response.headers | headers, body=response.body)
    status = 200 if fields.get("success_action_status") == "200" else 204
    return Response(status=status, headers=headers)
