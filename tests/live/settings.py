"""The account that is asked, as environment variables name it: those of ``.local/endpoints.env`` and more.

An unset variable makes the questions that need it "not asked"; nothing is guessed but the public addresses of
cn-beijing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ACCESS_KEY = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
API_KEY = "DASHSCOPE_API_KEY"
NAMES: dict[str, str] = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "an access key of the account or of a RAM user",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "its secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "the token, if the access key is a temporary one",
    "DASHSCOPE_API_KEY": "a key of Model Studio",
    "DASHSCOPE_HTTP_BASE_URL": "its address, `https://dashscope.aliyuncs.com/api/v1` unless told",
    "OSS_REGION": "the region, `cn-beijing` unless told",
    "OSS_ENDPOINT": "an endpoint that reaches data from here, such as the internal one on an ECS in Beijing",
    "OSS_PUBLIC_ENDPOINT": "the default public domain, `https://oss-cn-beijing.aliyuncs.com` unless told",
    "OSS_PUBLIC_DOMAIN": "a domain that is bound to `LIVE_BUCKET`, such as `https://photos.example.com`",
    "LIVE_BUCKET": "a bucket to use instead of a new one; only objects under `live-test/` are touched",
    "LIVE_PHOTO": "a photo of one person who has agreed to it; paid trainings use it",
    "OTS_ENDPOINT": "the public endpoint of a Tablestore instance",
    "OTS_INSTANCE": "its name",
    "STATUS_URL": "the status API of a deployed stack",
    "STATUS_TOKEN": "its token for reading",
    "OSS_BUCKET": "the stack's bucket; a person is uploaded to it and removed, with its rows",
    "FC_ENDPOINT": "the endpoint of Function Compute",
    "FC_COLLECT": "the name of the function `collect`",
    "FC_RECONCILE": "the name of the function `reconcile`",
}
"""Every variable, and what it is for."""
SECRETS = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "DASHSCOPE_API_KEY",
    "STATUS_TOKEN",
)
_DEFAULTS = {
    "DASHSCOPE_HTTP_BASE_URL": "https://dashscope.aliyuncs.com/api/v1",
    "OSS_REGION": "cn-beijing",
    "OSS_PUBLIC_ENDPOINT": "https://oss-cn-beijing.aliyuncs.com",
}


@dataclass(frozen=True)
class Settings:
    """The variables that are set, defaults included."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Take the variables of :data:`NAMES` that are not empty."""
        given = {name: environment[name].strip() for name in NAMES if environment.get(name, "").strip()}
        return cls({**_DEFAULTS, **given})

    def __getitem__(self, name: str) -> str:
        """Return a variable's value.

        Raises:
            KeyError: it is not set.
        """
        return self.values[name]

    def get(self, name: str) -> str:
        """Return a variable's value, empty if it is not set."""
        return self.values.get(name, "")

    def missing(self, names: tuple[str, ...]) -> list[str]:
        """Return those of ``names`` that are not set."""
        return [name for name in names if not self.get(name)]

    @property
    def has_credentials(self) -> bool:
        """Whether at least one service can be asked."""
        return not self.missing(ACCESS_KEY) or bool(self.get(API_KEY))

    @property
    def secrets(self) -> list[str]:
        """The values that must never be shown."""
        return [self.values[name] for name in SECRETS if self.get(name)]

    def photo(self) -> bytes:
        """Return the photo of a person.

        Raises:
            OSError: the file cannot be read.
        """
        return Path(self["LIVE_PHOTO"]).read_bytes()
