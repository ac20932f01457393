"""The access keys of the local account; every emulated service asks here for a caller's secret.

Long-lived keys are added when a local cloud starts. Temporary keys are stateless: a security token carries
its own expiry under an HMAC of the key that issued it. A restarted process therefore accepts every token that
has not expired, and stores nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aliyun_local.clock import Clock

MAX_STS_SECONDS = 36 * 3600


class UnknownAccessKey(LookupError):
    """No such access key, or a temporary one that came without its security token."""


class InvalidSecurityToken(UnknownAccessKey):
    """The security token was not issued here, or not for this access key."""


class SecurityTokenExpired(UnknownAccessKey):
    """The security token has expired; fetch new credentials."""


@dataclass(frozen=True, kw_only=True)
class TemporaryCredentials:
    """Temporary credentials as STS returns them. ``expires_at`` is in seconds since the Unix epoch."""

    access_key_id: str
    access_key_secret: str
    security_token: str
    expires_at: int


class AnySecret(str):
    """Stands for a secret that is not known: every signature made with it is accepted."""

    __slots__ = ()


class AccessKeys:
    """Access key ids and their secrets, long-lived and temporary."""

    def __init__(self, clock: Clock) -> None:
        """Know no keys yet; temporary credentials are timed by ``clock``."""
        self._clock = clock
        self._secrets: dict[str, str] = {}

    def add(self, access_key_id: str, secret: str) -> None:
        """Add a long-lived key; the first one added issues temporary credentials."""
        self._secrets[access_key_id] = secret

    def issue_sts(self, duration_seconds: int = MAX_STS_SECONDS) -> TemporaryCredentials:
        """Make temporary credentials that live ``duration_seconds``.

        The default is the life of the role credentials that Function Compute gives to a function (36 hours).

        Raises:
            LookupError: no long-lived key has been added that could issue them.
            ValueError: the duration is not positive.
        """
        if duration_seconds <= 0:
            raise ValueError("temporary credentials must live longer than 0 seconds")
        issuer = next(iter(self._secrets), None)
        if issuer is None:
            raise LookupError("add a long-lived access key before issuing temporary credentials")
        access_key_id = "STS.N" + secrets.token_hex(12)
        expires_at = int(self._clock.now()) + duration_seconds
        claims = json.dumps({"id": access_key_id, "by": issuer, "until": expires_at}, separators=(",", ":"))
        payload = base64.urlsafe_b64encode(claims.encode()).decode()
        return TemporaryCredentials(
            access_key_id=access_key_id,
            access_key_secret=self._temporary_secret(issuer, access_key_id),
            security_token=f"CAIS{payload}.{self._seal(issuer, payload)}",
            expires_at=expires_at,
        )

    def find(self, access_key_id: str, security_token: str | None = None, now: float | None = None) -> str:
        """Return the secret of ``access_key_id`` at ``now`` (default: the clock's).

        Raises:
            UnknownAccessKey: the id is not known, or is temporary and came without a token.
            InvalidSecurityToken: the token does not belong to the id or was not issued here.
            SecurityTokenExpired: the token has expired.
        """
        if not security_token:
            if access_key_id not in self._secrets:
                raise UnknownAccessKey(access_key_id)
            return self._secrets[access_key_id]
        try:
            payload, _, seal = security_token.removeprefix("CAIS").rpartition(".")
            claims = json.loads(base64.urlsafe_b64decode(payload))
            issuer, owner, until = str(claims["by"]), str(claims["id"]), float(claims["until"])
            genuine = hmac.compare_digest(seal.encode(), self._seal(issuer, payload).encode())
        except (ValueError, KeyError, TypeError) as problem:
            raise InvalidSecurityToken(access_key_id) from problem
        if not genuine or owner != access_key_id:
            raise InvalidSecurityToken(access_key_id)
        if (self._clock.now() if now is None else now) >= until:
            raise SecurityTokenExpired(access_key_id)
        return self._temporary_secret(issuer, access_key_id)

    def _seal(self, issuer: str, payload: str) -> str:
        key = self._secrets[issuer].encode()
        return hmac.new(key, b"security-token\n" + payload.encode(), hashlib.sha256).hexdigest()

    def _temporary_secret(self, issuer: str, access_key_id: str) -> str:
        key = self._secrets[issuer].encode()
        digest = hmac.new(key, b"temporary-secret\n" + access_key_id.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class AnyAccessKey(AccessKeys):
    """Accepts every key: known keys are checked, unknown ones are believed."""

    def find(self, access_key_id: str, security_token: str | None = None, now: float | None = None) -> str:
        """Return the secret of ``access_key_id``, or an :class:`AnySecret`.

        Raises:
            SecurityTokenExpired: a token that was issued here has expired; known keys are still checked.
        """
        try:
            return super().find(access_key_id, security_token, now)
        except SecurityTokenExpired:
            raise
        except UnknownAccessKey:
            return AnySecret()
