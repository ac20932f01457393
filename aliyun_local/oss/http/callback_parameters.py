"""The parameters by which an upload asks for a callback, read and checked.

:mod:`aliyun_local.oss.http.callbacks` reads those of an upload, and the configuration of callback policies
checks those that a bucket stores. OSS, "Callback" and "Upload callback errors and troubleshooting".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aliyun_local.oss.errors import OssError, invalid_argument

MAX_URLS = 5
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A callback that an upload asks for.

    ``urls`` are tried in order. ``body`` is a template; ``variables`` are the caller's own values for it.
    """

    urls: tuple[str, ...]
    body: str
    body_type: str = FORM
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CallbackUrl:
    """The parts of a callback's URL. ``port`` None is the scheme's own; ``target`` is path and query."""

    scheme: str
    host: str
    port: int | None
    target: str


def policy_named(text: str) -> str:
    """Return the name of the callback policy in a ``callback`` parameter, empty if there is none.

    Raises:
        OssError: the parameter is not a JSON object in base64.
    """
    return str(_document(text, "callback").get("callbackPolicy") or "")


def parse_callback(text: str, variables: str) -> Callback | None:
    """Return the callback in the parameters ``callback`` and ``callback-var``, None if they name no URL.

    Raises:
        OssError: InvalidArgument.
    """
    document = _document(text, "callback")
    urls = tuple(filter(None, (url.strip() for url in _text(document, "callbackUrl").split(";"))))
    if not urls:
        return None
    if len(urls) > MAX_URLS:
        raise _invalid("The number of callback urls is more than 5.", "0007-00000005")
    for url in urls:
        split_url(url)
    body = _text(document, "callbackBody")
    if not body:
        raise _invalid("The callback body is empty.", "0007-00000011")
    body_type = _text(document, "callbackBodyType") or FORM
    if body_type not in (FORM, JSON):
        raise _invalid("The callbackBodyType is not one of those that OSS knows.")
    headers = document.get("additionalHeaders") or {}
    if not isinstance(headers, dict) or any(name.lower().startswith("x-oss-") for name in headers):
        raise _invalid("The additionalHeaders of the callback are not valid.", "0007-00000026")
    host = _text(document, "callbackHost")
    sent = {str(name): str(value) for name, value in headers.items()}
    if not all(text.isascii() and text.isprintable() for text in (host, *sent, *sent.values())):
        raise _invalid("A header of the callback is not printable ASCII.")
    return Callback(
        urls=urls, body=body, body_type=body_type, host=host, headers=sent, variables=_variables(variables)
    )


def split_url(url: str) -> CallbackUrl:
    """Return the parts of a callback's URL, which may leave out its scheme.

    Raises:
        OssError: InvalidArgument.
    """
    _, separator, _ = url.partition("://")
    try:
        parts = urlsplit(url if separator else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if not is_plain or not host or parts.scheme not in ("http", "https"):
        raise _invalid("The callback url is not valid.", "0007-00000004")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return CallbackUrl(scheme=parts.scheme, host=host, port=port, target=target)


def _variables(text: str) -> dict[str, str]:
    """Return the caller's own variables in ``callback-var``; their names begin with ``x:``."""
    variables = _document(text, "callback-var") if text else {}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in variables.items()
        if name.startswith("x:")
    }


def _document(text: str, argument: str) -> dict[str, Any]:
    try:
        document = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        message = "The callback configuration is not json format."
        raise _invalid(message, "0007-00000002", argument=argument)
    return document


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name, "")
    if not isinstance(value, str):
        raise _invalid(f"The {name} of the callback is not a string.")
    return value


def _invalid(message: str, ec: str = "", argument: str = "callback") -> OssError:
    return invalid_argument(message, ec, ArgumentName=argument)
