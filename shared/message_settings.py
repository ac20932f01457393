"""What the settings of the receivers must look like. Called by :mod:`shared.settings` when one is set."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from shared.settings import Settings

KEY_BYTES = (24, 64)
"""Standard Webhooks 1.0.0: 24 to 64 random bytes."""
FIRST_FREE_PORT = 1024
HTTPS_PORT = 443


def problem_with_receivers(settings: Settings) -> str:
    """Say what is wrong with the receivers' settings, without the settings themselves; ``""``: nothing."""
    allow_private = settings.webhook_allow_private
    for name, url in (
        ("WEBHOOK_URL", settings.webhook_url),
        ("DINGTALK_URL", settings.dingtalk_url),
        ("FEISHU_URL", settings.feishu_url),
    ):
        problem = problem_with_url(url, allow_private=allow_private) if url else ""
        if problem:
            return f"{name}: {problem}"
    if settings.webhook_url and not settings.webhook_secret:
        return "set WEBHOOK_SECRET too: without it a receiver cannot tell our messages from others'"
    for name, secret in (
        ("WEBHOOK_SECRET", settings.webhook_secret),
        ("WEBHOOK_OLD_SECRET", settings.webhook_old_secret),
    ):
        if secret and not is_secret(secret):
            return f"{name} must be whsec_ and 24 to 64 random bytes in base64; make one with: " + HOW_TO_MAKE
    return ""


HOW_TO_MAKE = "python3 -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""


def problem_with_url(url: str, *, allow_private: bool) -> str:
    """Say why nothing can be sent to ``url``; the words hold nothing of it, for it may hold a token."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is no URL"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "it holds characters that no URL has; write names in other scripts as xn--…"
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        return "it must begin with https://"
    if not parts.hostname or parts.fragment or parts.username is not None:
        return "it must name a host, and neither a user nor a part behind #"
    if not allow_private and port is not None and port != HTTPS_PORT and port < FIRST_FREE_PORT:
        return "its port must be 443, or 1024 and above"
    return ""


def is_secret(text: str) -> bool:
    """Whether ``text`` is a secret as Standard Webhooks writes it."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith("whsec_") and KEY_BYTES[0] <= len(key) <= KEY_BYTES[1]
