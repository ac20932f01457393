"""The wire of upload callbacks: where an upload asks for one, what it is told, and how the upload ends."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.http import callbacks
from aliyun_local.oss.http.xml_documents import parse
from aliyun_local.oss.images import processing as images
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call
    from aliyun_local.oss.http.callbacks import Callback
    from aliyun_local.oss.state.objects import StoredObject

_IMAGE_FACTS = {"imageInfo.height": "ImageHeight", "imageInfo.width": "ImageWidth"}


def callback_of(call: Call, fields: Mapping[str, str] | None = None) -> Callback | None:
    """Return the callback that an upload asks for in its headers, in its URL or in the ``fields`` of a form.

    Raises:
        OssError: InvalidArgument; nothing has been stored then.
    """
    if fields is not None:
        text, variables = fields.get("callback", ""), ""
    else:
        text = call.header("x-oss-callback") or call.query.get("callback", "")
        variables = call.header("x-oss-callback-var") or call.query.get("callback-var", "")
    if not text:
        return None
    policy = callbacks.policy_named(text)
    if policy:
        text, variables = _policy(call, policy, variables)
    callback = callbacks.parse(text, variables)
    if callback is None or fields is None:
        return callback
    own = {name: value for name, value in fields.items() if name.startswith("x:")}
    return replace(callback, variables={**callback.variables, **own})


def called_back(
    call: Call, callback: Callback | None, operation: str, stored: StoredObject, response: Response
) -> Response:
    """Return the answer to an upload: ``response``, or the reply of the server that it asked to be told to.

    Raises:
        OssError: 203 CallbackFailed.
    """
    if callback is None:
        return response
    facts = _facts(call, operation, stored)
    if "${imageInfo." in callback.body:
        facts |= _image_facts(call, stored)
    owner = call.service.account_id
    headers = {
        "x-oss-bucket": call.bucket,
        "x-oss-owner": owner,
        "x-oss-request-id": call.request_id,
        "x-oss-requester": owner if call.principal else "anonymous",
        "x-oss-signature-version": "1.0",
        "x-oss-tag": "CALLBACK",
    }
    try:
        reply = callbacks.send(callback, facts, headers)
    except OssError as failed:
        failed.headers |= {name: value for name, value in response.headers.items() if name != "Content-Type"}
        raise
    kept = {name: value for name, value in response.headers.items() if name != "Location"}
    return Response(status=200, headers=kept | {"Content-Type": callbacks.JSON}, body=reply)


def _policy(call: Call, name: str, variables: str) -> tuple[str, str]:
    kept = call.store.configurations.find(call.bucket, "comp=callback")
    for item in parse(kept.encode(), "BucketCallbackPolicy").findall("PolicyItem") if kept else ():
        if item.findtext("PolicyName") == name:
            return item.findtext("Callback") or "", variables or item.findtext("CallbackVar") or ""
    raise invalid_argument("The callback policy does not exist.", ArgumentName="callback")


def _facts(call: Call, operation: str, stored: StoredObject) -> dict[str, str | int]:
    md5 = base64.b64encode(bytes.fromhex(stored.etag)).decode() if stored.kind == "Normal" else ""
    return {
        "bucket": stored.bucket,
        "object": stored.key,
        "etag": stored.etag,
        "size": stored.size,
        "mimeType": stored.attributes.content_type,
        "crc64": str(stored.crc),
        "contentMd5": md5,
        "vpcId": "",
        "clientIp": call.request.remote_address,
        "reqId": call.request_id,
        "operation": operation,
    }


def _image_facts(call: Call, stored: StoredObject) -> dict[str, str | int]:
    """Return the format and the size of a picture; of what is none they are empty."""
    try:
        info = json.loads(images.process(call.store.read(stored), "image/info").content)
    except (OssError, FileNotFoundError):
        return {}
    facts: dict[str, str | int] = {name: int(info[key]["value"]) for name, key in _IMAGE_FACTS.items()}
    return facts | {"imageInfo.format": info["Format"]["value"]}
