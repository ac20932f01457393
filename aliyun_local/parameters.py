"""Template parameters that name an address or a secret of the local cloud, which only the cloud itself knows.

Used by :mod:`aliyun_local.cloud` and :mod:`aliyun_local.mocking`, so that one set of parameters serves both.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from aliyun_local.account import Account

_NAME = re.compile(r"\{([a-z_]+)(?::([a-z_]+))?\}")


def filled_in(
    parameters: Mapping[str, object], urls: Mapping[str, str], account: Account
) -> dict[str, object]:
    """Return ``parameters`` with each name in braces replaced by its value.

    The names are those of ``urls`` (``{oss}``, ``{oss_public}``, ``{ots}``, ``{dashscope}``, ``{fc}``,
    ``{sls}``) and their ports (``{oss_public_port}``), of the account's fields (``{access_key_id}``,
    ``{access_key_secret}``, ``{dashscope_api_key}``), and ``{token:PURPOSE}``, a secret of the account.
    Other braces stay.
    """
    ports = {f"{name}_port": str(urlsplit(url).port or "") for name, url in urls.items()}
    known: dict[str, str] = {**urls, **ports, **dataclasses.asdict(account)}

    def value(found: re.Match[str]) -> str:
        whole: str = found[0]
        name, purpose = found.groups()
        if purpose is not None:
            return account.token(purpose) if name == "token" else whole
        return known.get(name, whole)

    return {
        name: _NAME.sub(value, given) if isinstance(given, str) else given
        for name, given in parameters.items()
    }
