"""Client tokens: a call that is repeated with its token has its effect once (ROS, "Ensure idempotence")."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping

from aliyun_local.ros.errors import RosError
from aliyun_local.ros.http.documents import Document

MAX_TOKENS = 1000
# Each try of a client has these anew.
_OF_EACH_TRY = frozenset({"Timestamp", "SignatureNonce", "Signature"})


class ClientTokens:
    """The answers to calls with a token, by the token. They last as long as the process. Thread-safe."""

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[tuple[str, str], tuple[str, Document]] = {}
        self._lock = threading.Lock()

    def once(self, action: str, given: Mapping[str, str], work: Callable[[], Document]) -> Document:
        """Return what ``work`` returns, or has returned to the same call before.

        Raises:
            RosError: the token came with other parameters before, or ``work`` is refused.
        """
        token = given.get("ClientToken", "")
        if not token:
            return work()
        lasting = sorted((name, value) for name, value in given.items() if name not in _OF_EACH_TRY)
        digest = hashlib.sha256(repr(lasting).encode()).hexdigest()
        with self._lock:
            if (action, token) in self._known:
                before, document = self._known[action, token]
                if before != digest:
                    message = "The specified parameters are different from before."
                    raise RosError(400, "InvalidIdempotenceParameter", message)
                return document
            document = work()
            self._known[action, token] = (digest, document)
            if len(self._known) > MAX_TOKENS:
                del self._known[next(iter(self._known))]
        return document
