"""Lets the bearer of the read token read; the comparison takes constant time. Called by ``routes``."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from shared.http_api.problems import Problem


def require_token(headers: Mapping[str, str], token: str) -> None:
    """Raise a 401 problem unless the request carries ``token`` as its bearer token.

    Without a token in the settings every request is refused: a forgotten setting must not open the API.
    """
    scheme, _, given = headers.get("authorization", "").partition(" ")
    matches = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode("utf-8"))
    if not token or scheme.lower() != "bearer" or not matches:
        raise Problem("unauthorized", headers={"WWW-Authenticate": 'Bearer realm="facechain-autotrain"'})
