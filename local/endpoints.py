"""The file that tells every other program where the local cloud answers and with which keys."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

ENDPOINTS_FILE = Path(".local/endpoints.env")


@dataclass(frozen=True, kw_only=True)
class Account:
    """The local account's secrets; made once for a data folder, so that they survive a restart."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    dashscope_api_key: str = field(repr=False)
    status_token: str = field(repr=False)


def open_account(data: Path) -> Account:
    """Return the account of a data folder, made anew when the folder has none."""
    path = data / "account.json"
    if path.exists():
        return Account(**json.loads(path.read_text(encoding="utf-8")))
    account = Account(
        access_key_id=f"LTAI{secrets.token_hex(8)}",
        access_key_secret=secrets.token_hex(15),
        dashscope_api_key=f"sk-{secrets.token_hex(16)}",
        status_token=secrets.token_urlsafe(24),
    )
    data.mkdir(parents=True, exist_ok=True)
    _write(path, json.dumps(asdict(account), indent=2) + "\n")
    return account


def write_endpoints(values: dict[str, str], path: Path = ENDPOINTS_FILE) -> None:
    """Write shell ``KEY=value`` lines; the file appears whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, "".join(f"{name}={value}\n" for name, value in values.items()))


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.touch(mode=0o600)
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
