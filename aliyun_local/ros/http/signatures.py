"""The caller of a request, checked by either of the two signatures that clients make.

``alibabacloud-tea-openapi`` signs with ``ACS3-HMAC-SHA256`` in headers ("Request syntax and signature method
V3"), and with HMAC-SHA1 over all parameters when it is told to use version 1 ("Signature method for RPC
APIs"). The errors are the gateway's own ("Common errors of OpenAPI").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from urllib.parse import quote

from aliyun_local.clock import Clock
from aliyun_local.credentials import AccessKeys, SecurityTokenExpired, UnknownAccessKey
from aliyun_local.function_compute.http.signatures import acs3_canonical_request
from aliyun_local.ros.errors import RosError
from aliyun_local.serving.wire import Request

MAX_SKEW_SECONDS = 15 * 60
_ACS3 = re.compile(
    r"ACS3-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-fA-F]+)"
)


class SignatureCheck:
    """Knows the account's access keys."""

    def __init__(self, keys: AccessKeys, clock: Clock) -> None:
        """Check against ``keys`` at the time of ``clock``."""
        self._keys = keys
        self._clock = clock

    def check(self, request: Request, given: Mapping[str, str]) -> None:
        """Let a request pass, or refuse it.

        Raises:
            RosError: it is not signed, its key is unknown, its signature wrong or its date too far off.
        """
        found = _ACS3.fullmatch(request.headers.get("authorization", "").strip())
        if found is not None:
            self._check_headers(request, *found.groups())
        elif given.get("AccessKeyId"):
            self._check_parameters(request, given)
        else:
            raise RosError(400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action.")

    def _check_headers(self, request: Request, key_id: str, signed_headers: str, signature: str) -> None:
        secret = self._secret(key_id, request.headers.get("x-acs-security-token"))
        self._check_date(request.headers.get("x-acs-date", ""))
        digest = request.headers.get("x-acs-content-sha256", "")
        if not request.expects_body:
            digest = hashlib.sha256(request.body).hexdigest()
        canonical = acs3_canonical_request(request, signed_headers.lower().split(";"), digest)
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        expected = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature.lower()):
            raise _does_not_match()

    def _check_parameters(self, request: Request, given: Mapping[str, str]) -> None:
        secret = self._secret(given["AccessKeyId"], given.get("SecurityToken"))
        self._check_date(given.get("Timestamp", ""))
        text = string_to_sign(request.method, given)
        expected = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
        try:
            signature = base64.b64decode(given.get("Signature", ""), validate=True)
        except (binascii.Error, ValueError):
            signature = b""
        # The body that a signature of version 1 covers is not here yet.
        if not request.expects_body and not hmac.compare_digest(expected, signature):
            raise _does_not_match()

    def _secret(self, key_id: str, token: str | None) -> str:
        try:
            return self._keys.find(key_id, token or None)
        except SecurityTokenExpired:
            raise RosError(
                400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."
            ) from None
        except UnknownAccessKey:
            raise RosError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.") from None

    def _check_date(self, value: str) -> None:
        try:
            moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            raise RosError(
                400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
            ) from None
        if abs(moment - self._clock.now()) > MAX_SKEW_SECONDS:
            raise RosError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def string_to_sign(method: str, given: Mapping[str, str]) -> str:
    """Return the string that the signature of version 1 signs: all parameters but the signature, in order."""
    pairs = sorted((name, value) for name, value in given.items() if name != "Signature")
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    return f"{method}&%2F&{quote(query, safe='~')}"


def _does_not_match() -> RosError:
    return RosError(
        400,
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation. Please check your access key secret.",
    )
