"""The secrets of a local account: made once for a data folder, so that they survive a restart."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from aliyun_local.private_files import write_private

ACCOUNT_FILE = "account.json"


@dataclass(frozen=True, kw_only=True)
class Account:
    """An access key and a DashScope key."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    dashscope_api_key: str = field(repr=False)

    def token(self, purpose: str) -> str:
        """Return a secret of the account for ``purpose``, the same one each time."""
        digest = hmac.new(self.access_key_secret.encode(), purpose.encode(), hashlib.sha256)
        return digest.hexdigest()[:32]


def open_account(data: Path) -> Account:
    """Return the account of a data folder; a folder without one gets a new one."""
    path = data / ACCOUNT_FILE
    if path.exists():
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Account(**{one.name: stored[one.name] for one in fields(Account)})
    account = Account(
        access_key_id=f"LTAI{secrets.token_hex(8)}",
        access_key_secret=secrets.token_hex(15),
        dashscope_api_key=f"sk-{secrets.token_hex(16)}",
    )
    write_private(path, json.dumps(asdict(account), indent=2) + "\n")
    return account
