"""The operations that create, change and delete functions, triggers and limits (API of 2023-03-30).

``operations`` routes requests to the functions here; the rules are those of
:mod:`aliyun_local.function_compute.account`.
"""

from __future__ import annotations

from aliyun_local.function_compute.account.records import public
from aliyun_local.function_compute.http.answers import nothing, tagged
from aliyun_local.function_compute.http.api_requests import ApiRequest
from aliyun_local.function_compute.http.errors import RequestRefused
from aliyun_local.function_compute.http.management import trigger_named
from aliyun_local.serving.wire import Response


def create_function(request: ApiRequest) -> Response:
    """Create a function."""
    return tagged(request, public(request.changeable.create_function(request.document())))


def update_function(request: ApiRequest) -> Response:
    """Change a function's settings, its code, or both."""
    changed = request.changeable.update_function(request.names["function"], request.document())
    return tagged(request, public(changed))


def delete_function(request: ApiRequest) -> Response:
    """Delete a function."""
    request.changeable.delete_function(request.names["function"])
    return nothing(request)


def get_function_code(request: ApiRequest) -> Response:
    """Return where a created function's zip can be fetched."""
    created = request.account and request.account.find_function(request.function().name)
    if not created:
        raise RequestRefused(404, "CodeNotFound", "the code of a template's function is a folder, not a zip")
    url = f"http://{request.http.host}/code/{created['_package']}.zip"
    return request.json_response({"url": url, "checksum": created["codeChecksum"]})


def create_trigger(request: ApiRequest) -> Response:
    """Create a trigger of a function."""
    function = request.names["function"]
    document = request.changeable.create_trigger(function, request.document())
    return trigger_named(request, function, document["triggerName"])


def update_trigger(request: ApiRequest) -> Response:
    """Change a trigger."""
    function, name = request.names["function"], request.names["trigger"]
    request.changeable.update_trigger(function, name, request.document())
    return trigger_named(request, function, name)


def delete_trigger(request: ApiRequest) -> Response:
    """Delete a trigger."""
    request.changeable.delete_trigger(request.names["function"], request.names["trigger"])
    return nothing(request)


def put_concurrency_config(request: ApiRequest) -> Response:
    """Reserve instances for a function."""
    return request.json_response(
        request.changeable.put_concurrency(request.names["function"], request.document())
    )


def delete_concurrency_config(request: ApiRequest) -> Response:
    """Reserve no instances for a function any more."""
    request.changeable.delete_concurrency(request.names["function"])
    return nothing(request)


def put_async_invoke_config(request: ApiRequest) -> Response:
    """Say how a function's asynchronous invocations are retried."""
    return request.json_response(
        request.changeable.put_asynchronous(request.names["function"], request.document())
    )


def delete_async_invoke_config(request: ApiRequest) -> Response:
    """Retry a function's asynchronous invocations as usual."""
    request.changeable.delete_asynchronous(request.names["function"])
    return nothing(request)
