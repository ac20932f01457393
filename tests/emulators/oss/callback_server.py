"""A server for upload callbacks, as the owner of a bucket runs one."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Request, Response


class CallbackServer:
    """Records the calls that it gets and answers with the ``reply`` that a test sets."""

    def __init__(self) -> None:
        self.told: list[Request] = []
        self.url = ""
        self.reset()

    def reset(self) -> None:
        self.told.clear()
        self.reply = Response(status=200, body=b'{"Status": "OK"}')

    def parameter(self, body: str, **more: object) -> str:
        """Return the value of ``x-oss-callback`` that asks for a call with ``body``."""
        return base64_json({"callbackUrl": f"{self.url}/told?by=oss", "callbackBody": body, **more})

    def answer(self, request: Request) -> Response:
        self.told.append(request)
        return self.reply


def base64_json(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


@contextmanager
def callback_server() -> Iterator[CallbackServer]:
    made = CallbackServer()
    with LoopbackServer(made.answer) as server:
        made.url = server.url
        yield made
