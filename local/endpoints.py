"""The file that tells every other program where the local cloud answers and with which keys."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

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


@contextmanager
def published(values: dict[str, str], path: Path = ENDPOINTS_FILE) -> Iterator[None]:
    """Write shell ``KEY=value`` lines for as long as the context lasts, then put back what was there.

    The file appears whole or not at all and is readable by its owner only. What is put back is the file of
    another local cloud that runs in the same folder; one whose endpoints are gone is forgotten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    earlier = path.read_text(encoding="utf-8") if path.exists() else ""
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    _write(path, text)
    try:
        yield
    finally:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            if _answers(earlier):
                _write(path, earlier)
            else:
                path.unlink()


def forget_stale_endpoints(path: Path = ENDPOINTS_FILE) -> None:
    """Remove the file of a local cloud that was killed, so that nobody takes it for the one that starts."""
    if path.exists() and not _answers(path.read_text(encoding="utf-8")):
        path.unlink(missing_ok=True)


def _answers(endpoints: str) -> bool:
    """Whether somebody still listens where ``endpoints`` says."""
    values = dict(line.partition("=")[::2] for line in endpoints.splitlines())
    address = urlsplit(values.get("STATUS_URL", ""))
    if not address.hostname or not address.port:
        return False
    try:
        socket.create_connection((address.hostname, address.port), timeout=1).close()
    except OSError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.touch(mode=0o600)
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
