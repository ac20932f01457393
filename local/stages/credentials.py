"""The identity that a command acts for, by the official chain of providers.

In its order: the environment (``ALIBABA_CLOUD_ACCESS_KEY_ID`` …), an OIDC role as CI has it, the profile of
``~/.aliyun/config.json`` that ``ALIBABA_CLOUD_PROFILE`` or the CLI has chosen,
``~/.alibabacloud/credentials``, and the role of the machine (Alibaba Cloud SDK, "Manage access
credentials"). ``--profile`` chooses a profile.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from local.stages.errors import NotStarted

_REMEDY = (
    "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or choose a profile of "
    "~/.aliyun/config.json ('aliyun configure' makes one) by ALIBABA_CLOUD_PROFILE or --profile."
)


class Key(NamedTuple):
    """An access key; ``token`` is empty unless it is a temporary one. Its text shows nothing of it."""

    access_key_id: str
    access_key_secret: str
    token: str

    def __repr__(self) -> str:
        return "Key(***)"


class Credentials:
    """The identity; nothing is read before it is needed."""

    def __init__(self, profile: str = "") -> None:
        """Take the name of a profile; empty for the chain."""
        self._profile = profile
        self._client: Any = None

    @property
    def client(self) -> Any:
        """The official client of credentials, which renews temporary ones.

        Raises:
            NotStarted: there are none.
        """
        if self._client is None:
            try:
                self._client = self._made()
            except Exception as problem:
                # Providers raise exceptions of many kinds, by what they meet.
                raise NotStarted(f"there are no usable credentials: {problem}", _REMEDY) from None
        return self._client

    def key(self) -> Key:
        """Return the key as it is now.

        Raises:
            NotStarted: there is none.
        """
        try:
            found = self.client.get_credential()
        except NotStarted:
            raise
        except Exception as problem:
            raise NotStarted(f"there are no usable credentials: {problem}", _REMEDY) from None
        return Key(found.access_key_id or "", found.access_key_secret or "", found.security_token or "")

    def _made(self) -> Any:
        # It tells each provider that has nothing, with its traceback; the exception says it once.
        logging.getLogger("credentials").disabled = True
        from alibabacloud_credentials.client import Client
        from alibabacloud_credentials.provider import CLIProfileCredentialsProvider

        if self._profile:
            return Client(provider=CLIProfileCredentialsProvider(profile_name=self._profile))
        return Client()
