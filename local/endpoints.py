"""``.local/endpoints.env``: tells other programs where the local cloud answers and with which keys."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from aliyun_local.private_files import write_private

ENDPOINTS_FILE = Path(".local/endpoints.env")


@contextmanager
def published(values: dict[str, str], path: Path = ENDPOINTS_FILE) -> Iterator[None]:
    """Write shell ``KEY=value`` lines for as long as the context lasts, then put the earlier file back.

    The file appears whole or not at all and is readable by its owner only. The earlier file is put back if it
    is that of another local cloud that still runs; otherwise it is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    earlier = path.read_text(encoding="utf-8") if path.exists() else ""
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    write_private(path, text)
    try:
        yield
    finally:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            if _answers(earlier):
                write_private(path, earlier)
            else:
                path.unlink()


def forget_stale_endpoints(path: Path = ENDPOINTS_FILE) -> None:
    """Remove the file of a local cloud that was killed: it is not that of the one that starts."""
    if path.exists() and not _answers(path.read_text(encoding="utf-8")):
        path.unlink(missing_ok=True)


def _answers(endpoints: str) -> bool:
    """Whether a program still listens where ``endpoints`` says."""
    values = dict(line.partition("=")[::2] for line in endpoints.splitlines())
    address = urlsplit(values.get("STATUS_URL", ""))
    if not address.hostname or not address.port:
        return False
    try:
        socket.create_connection((address.hostname, address.port), timeout=1).close()
    except OSError:
        return False
    return True
