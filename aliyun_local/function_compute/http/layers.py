"""The operations on layers, and the download of code (API of 2023-03-30).

``operations`` routes requests to the functions here; the rules are those of
:mod:`aliyun_local.function_compute.account.layers`.
"""

from __future__ import annotations

from typing import Any

from aliyun_local.function_compute.account.layers import PUBLIC
from aliyun_local.function_compute.account.records import Document, public
from aliyun_local.function_compute.http.answers import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    listed,
    nothing,
    page_of,
    tagged,
)
from aliyun_local.function_compute.http.api_requests import ApiRequest
from aliyun_local.function_compute.http.errors import RequestRefused, invalid_argument
from aliyun_local.serving.wire import Response

_MOST_VERSIONS = 2**31


def create_layer_version(request: ApiRequest) -> Response:
    """Publish the next version of a layer."""
    document = request.changeable.create_layer_version(request.names["layer"], request.document())
    return tagged(request, _described(request, document))


def get_layer_version(request: ApiRequest) -> Response:
    """Return a version of a layer."""
    document = request.changeable.layer_version(request.names["layer"], _version(request))
    return tagged(request, _described(request, document))


def get_layer_version_by_arn(request: ApiRequest) -> Response:
    """Return the version of a layer that an ARN names."""
    return tagged(request, _described(request, request.changeable.layer_by_arn(request.names["arn"])))


def list_layer_versions(request: ApiRequest) -> Response:
    """List the versions of a layer, the newest first, from ``startVersion`` down."""
    start = request.number("startVersion", _MOST_VERSIONS, 1, _MOST_VERSIONS)
    limit = request.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    versions = request.changeable.layer_versions(request.names["layer"])
    wanted = [document for document in versions if document["version"] <= start]
    answer: dict[str, Any] = {"layers": [_described(request, document) for document in wanted[:limit]]}
    if len(wanted) > limit:
        answer["nextVersion"] = wanted[limit]["version"]
    return request.json_response(answer)


def list_layers(request: ApiRequest) -> Response:
    """List the newest version of each layer; ``public`` asks for those that all accounts may use."""
    wanted = [
        document
        for document in request.changeable.layers()
        if request.http.query.get("public", "").lower() != "true" or document["acl"] == PUBLIC
    ]
    page, token = page_of(request, wanted, lambda document: str(document["layerName"]))
    return listed(request, "layers", [_described(request, document) for document in page], token)


def delete_layer_version(request: ApiRequest) -> Response:
    """Delete a version of a layer."""
    request.changeable.delete_layer_version(request.names["layer"], _version(request))
    return nothing(request)


def put_layer_acl(request: ApiRequest) -> Response:
    """Make a layer public or private."""
    query = request.http.query
    acl = query.get("acl") or ("1" if query.get("public", "").lower() == "true" else "0")
    request.changeable.put_layer_acl(request.names["layer"], acl)
    return nothing(request)


def download_code(request: ApiRequest) -> Response:
    """Return a package; its address holds its hash, which only its owner is told."""
    content = request.changeable.packages.zip_of(request.names["digest"])
    if content is None:
        raise RequestRefused(404, "CodeNotFound", "there is no such package")
    return Response(status=200, headers={"Content-Type": "application/zip"}, body=content)


def _described(request: ApiRequest, document: Document) -> Document:
    location = f"http://{request.http.host}/code/{document['_package']}.zip"
    return {**public(document), "code": {"repositoryType": "OSS", "location": location}}


def _version(request: ApiRequest) -> int:
    written = request.names["version"]
    if not (written.isascii() and written.isdigit()) or len(written) > len(str(_MOST_VERSIONS)):
        raise invalid_argument("version must be a whole number")
    return int(written)
