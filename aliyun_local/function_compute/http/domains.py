"""The operations on custom domains (API of 2023-03-30).

``operations`` routes requests to the functions here; the rules are those of
:mod:`aliyun_local.function_compute.account.domains`.
"""

from __future__ import annotations

from aliyun_local.function_compute.http.answers import listed, nothing, page_of, tagged
from aliyun_local.function_compute.http.api_requests import ApiRequest
from aliyun_local.serving.wire import Response


def create_custom_domain(request: ApiRequest) -> Response:
    """Record a custom domain."""
    return tagged(request, request.changeable.create_domain(request.document()))


def update_custom_domain(request: ApiRequest) -> Response:
    """Change a custom domain."""
    return tagged(request, request.changeable.update_domain(request.names["domain"], request.document()))


def get_custom_domain(request: ApiRequest) -> Response:
    """Return a custom domain."""
    return tagged(request, request.changeable.domain(request.names["domain"]))


def list_custom_domains(request: ApiRequest) -> Response:
    """List the custom domains."""
    page, token = page_of(request, request.changeable.domains(), lambda document: str(document["domainName"]))
    return listed(request, "customDomains", page, token)


def delete_custom_domain(request: ApiRequest) -> Response:
    """Delete a custom domain."""
    request.changeable.delete_domain(request.names["domain"])
    return nothing(request)
