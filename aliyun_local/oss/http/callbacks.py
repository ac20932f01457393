"""Upload callbacks: OSS reports an upload to a server and answers the upload with the server's reply.

PutObject, PostObject and CompleteMultipartUpload call this twice: :func:`callback_of` before they store
anything, so that a wrong callback leaves nothing behind, and :func:`call_back` with the object that was
stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.http.callback_parameters import JSON, parse_callback, policy_named
from aliyun_local.oss.http.callback_sending import CallbackFailed, send
from aliyun_local.oss.http.object_headers import md5_header
from aliyun_local.oss.http.xml_documents import parse
from aliyun_local.oss.images import processing as images
from aliyun_local.oss.images.formats import MAX_SOURCE_BYTES
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.callback_parameters import Callback
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.objects import StoredObject

_IMAGE_VARIABLES = {"imageInfo.height": "ImageHeight", "imageInfo.width": "ImageWidth"}


def callback_of(request: OssRequest, fields: Mapping[str, str] | None = None) -> Callback | None:
    """Return the callback that an upload asks for in its headers, in its URL or in the ``fields`` of a form.

    Raises:
        OssError: InvalidArgument.
    """
    if fields is not None:
        text, variables = fields.get("callback", ""), ""
    else:
        text = request.header("x-oss-callback") or request.query.get("callback", "")
        variables = request.header("x-oss-callback-var") or request.query.get("callback-var", "")
    if not text:
        return None
    policy = policy_named(text)
    if policy:
        text, variables = _policy(request, policy, variables)
    callback = parse_callback(text, variables)
    if callback is None or fields is None:
        return callback
    own = {name: value for name, value in fields.items() if name.startswith("x:")}
    return replace(callback, variables={**callback.variables, **own})


def call_back(
    request: OssRequest, callback: Callback | None, stored: StoredObject, response: Response
) -> Response:
    """Return the answer to an upload: ``response`` without a callback, else the reply of the server.

    Raises:
        OssError: 203 CallbackFailed.
    """
    if callback is None:
        return response
    values = _values(request, stored)
    if "${imageInfo." in callback.body:
        values |= _image_values(request, stored)
    owner = request.account.id
    headers = {
        "x-oss-bucket": request.bucket,
        "x-oss-owner": owner,
        "x-oss-request-id": request.request_id,
        "x-oss-requester": owner if request.principal else "anonymous",
        "x-oss-signature-version": "1.0",
        "x-oss-tag": "CALLBACK",
    }
    try:
        reply = send(callback, values, headers, request.account.listeners)
    except CallbackFailed as failed:
        failed.headers |= {name: value for name, value in response.headers.items() if name != "Content-Type"}
        raise
    described = {name: value for name, value in response.headers.items() if name != "Location"}
    return Response(status=200, headers=described | {"Content-Type": JSON}, body=reply)


def _policy(request: OssRequest, name: str, variables: str) -> tuple[str, str]:
    configured = request.store.configurations.find(request.bucket, "comp=callback")
    root = parse(configured.encode(), "BucketCallbackPolicy") if configured else None
    for item in root.findall("PolicyItem") if root is not None else ():
        if item.findtext("PolicyName") == name:
            return item.findtext("Callback") or "", variables or item.findtext("CallbackVar") or ""
    raise invalid_argument("The callback policy does not exist.", ArgumentName="callback")


def _values(request: OssRequest, stored: StoredObject) -> dict[str, str | int]:
    return {
        "bucket": stored.bucket,
        "object": stored.key,
        "etag": stored.etag,
        "size": stored.size,
        "mimeType": stored.attributes.content_type,
        "crc64": str(stored.crc),
        "contentMd5": md5_header(stored.etag) if stored.kind == "Normal" else "",
        "vpcId": "",
        "clientIp": request.http.remote_address,
        "reqId": request.request_id,
        "operation": request.operation,
    }


def _image_values(request: OssRequest, stored: StoredObject) -> dict[str, str | int]:
    """Return the format and the size of an image, nothing for other contents."""
    try:
        source = request.store.read(stored, 0, min(stored.size, MAX_SOURCE_BYTES + 1))
        info = json.loads(images.process(source, "image/info").content)
    except (OssError, FileNotFoundError):
        return {}
    values: dict[str, str | int] = {name: int(info[key]["value"]) for name, key in _IMAGE_VARIABLES.items()}
    return values | {"imageInfo.format": info["Format"]["value"]}
