"""The answers of a mock where no service can answer. Used by :mod:`aliyun_local.mocking.cloud`."""

from __future__ import annotations

import ipaddress

from aliyun_local.serving.wire import Request, Response

_NOTHING_DEPLOYED = b'{"ErrorCode": "FunctionNotFound", "ErrorMessage": "nothing is deployed in this mock"}'


def nothing_deployed() -> Response:
    """Answer a call of Function Compute in an account without functions."""
    return Response(status=404, headers={"X-Fc-Error-Type": "FcCommonError"}, body=_NOTHING_DEPLOYED)


def unknown_host(request: Request) -> Response:
    """Answer a request that came over an intercepted connection and names a host of no service."""
    host = request.host.partition(":")[0]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Response(status=421, body=b"no service of this mock has this host name\n")
    return Response(status=421, body=b"ask by the service's production host name\n")
