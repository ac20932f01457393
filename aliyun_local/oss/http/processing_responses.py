"""Operations that process images: GetObject with ``x-oss-process``, and PostProcessTask.

:mod:`aliyun_local.oss.http.object_responses` hands GetObject over; the table of operations names
:func:`process_object`. The work on the pixels is in :mod:`aliyun_local.oss.images`.
"""

from __future__ import annotations

import base64
import binascii
import json
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aliyun_local.oss.addressing import check_key
from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.http.access import WRITE, authorize, check_readable_by_all
from aliyun_local.oss.http.conditions import check_conditions
from aliyun_local.oss.http.object_headers import object_headers
from aliyun_local.oss.images import processing as images
from aliyun_local.oss.images.formats import MAX_SOURCE_BYTES
from aliyun_local.oss.state.objects import Attributes
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.objects import StoredObject


def get_processed(request: OssRequest, process: str) -> Response:
    """GetObject through image processing."""

    def choose(stored: StoredObject) -> tuple[int, int]:
        check_conditions(request, stored)
        return _processable(request, stored)

    stored, content = request.store.get_range(request.bucket, request.key, choose, version=request.version)
    result = _process(request, content, process)
    described = object_headers(request, stored)
    headers = {name: described[name] for name in ("ETag", "Last-Modified", "x-oss-object-type")}
    headers["Content-Type"] = result.content_type
    return Response(status=200, headers=headers, body=result.content)


def process_object(request: OssRequest) -> Response:
    """PostProcessTask: process an image and save the result (``...|sys/saveas,o_<key>,b_<bucket>``)."""
    instructions, named_bucket, key = saving_of(request.http.body)
    bucket = named_bucket or request.bucket
    check_key(key)
    authorize(request.store, request.principal, WRITE, bucket)
    choose = partial(_processable, request)
    _, source = request.store.get_range(request.bucket, request.key, choose)
    result = _process(request, source, instructions)
    attributes = Attributes(content_type=result.content_type)
    stored = request.store.put(bucket, key, result.content, attributes, origin=request.origin())
    body = {
        "bucket": named_bucket,
        "fileSize": stored.size,
        "object": key,
        "status": "OK",
    }
    return Response(
        status=200,
        headers={"Content-Type": "application/json"},
        body=json.dumps(body, ensure_ascii=False).encode(),
    )


def saving_of(body: bytes) -> tuple[str, str, str]:
    """Return the instructions, the bucket and the key in the body of a PostProcessTask.

    The bucket is empty for that of the request.

    Raises:
        OssError: InvalidArgument, MissingArgument or BadRequest.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeError:
        raise invalid_argument("The body is not UTF-8.") from None
    name, _, value = text.strip().partition("=")
    if name != "x-oss-process" or not value:
        raise OssError(400, "MissingArgument", "The body must be x-oss-process=<actions>|sys/saveas,...")
    instructions, _, save = unquote(value).partition("|")
    if not save.startswith("sys/saveas"):
        raise invalid_argument("The result of processing must be saved with sys/saveas.")
    options = dict(piece.partition("_")[::2] for piece in save.split(",")[1:])
    return instructions, _decode(options.get("b", "")), _decode(options.get("o", ""))


def _process(request: OssRequest, content: bytes, instructions: str) -> images.Processed:
    account = request.account
    account.processing_quota.take(request.now, len(content), account.behaviour)
    return images.process(content, instructions, account.behaviour)


def _processable(request: OssRequest, stored: StoredObject) -> tuple[int, int]:
    check_readable_by_all(stored, request.account.behaviour)
    # One byte above the limit is enough for the refusal; more need not be read.
    return 0, min(stored.size, MAX_SOURCE_BYTES + 1)


def _decode(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        raise OssError(400, "BadRequest", "Input is not base64 decoding.") from None
