"""The program of an instance: loads a handler and calls it, one request after the other.

Started as a plain script by :mod:`aliyun_local.function_compute.running.processes`, or loaded by
``fork_server.py`` beside it. It imports the standard library alone: a function's code must meet the
interpreter, its libraries and its own folder, and nothing of the emulators. The arguments that the handler
gets (event bytes, context), its logger, and the way in which results and exceptions become bytes follow
Function Compute, Python: "Handler", "Context", "Error handling" and "Logs".

Requests and results travel over one socket, whose number is the first argument, as frames: two 4-byte
lengths, a JSON head, a body. The other ends of both scripts' sockets import the format from here, so that it
stands in one place.

The end of the socket is the end of the instance. A killed parent closes it without a word, and nothing else
would tell: the process has no terminal, and a handler may start processes of its own. So a thread does
nothing but read, notices the end in the middle of a handler too, and kills the whole process group.
"""

import sys

if __name__ == "__main__":
    # The folder of this script leaves the path first, before anything is imported from it by accident.
    sys.path.pop(0)

import importlib
import importlib.machinery
import json
import logging
import os
import queue
import signal
import socket
import struct
import threading
import time
import traceback
from types import SimpleNamespace
from typing import Any

FRAME_LENGTHS = struct.Struct(">II")
_READ_BYTES = 1 << 20
_EMULATORS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120

Requests = queue.SimpleQueue[tuple[dict[str, Any], bytes]]


class Credentials:
    """The temporary credentials of the function's role, under both spellings that the runtimes know."""

    def __init__(self, given: dict[str, Any]) -> None:
        """Take access key id, secret and security token."""
        self.access_key_id = self.accessKeyId = given["access_key_id"]
        self.access_key_secret = self.accessKeySecret = given["access_key_secret"]
        self.security_token = self.securityToken = given["security_token"]


class Context:
    """The second argument of a handler (Function Compute, Python, "context")."""

    def __init__(self, given: dict[str, Any]) -> None:
        """Take the head of the request."""
        self._given = given
        self.request_id = self.requestId = given["request_id"]
        if given["credentials_in_context"]:
            self.credentials = Credentials(given["credentials"])
        self.function = SimpleNamespace(**given["function"])
        self.service = SimpleNamespace(**given["service"])
        self.region = given["region"]
        self.account_id = self.accountId = given["account_id"]
        self.retry_count = given["retry_count"]
        self.logger = None
        self.tracing = SimpleNamespace(span_context=None, span_baggages=None, jaeger_endpoint=None)

    def getLogger(self) -> logging.Logger:  # noqa: N802 (the runtime's name)
        """Return the logger of this request."""
        return logging.getLogger()

    def to_json(self) -> str:
        """Return the context as JSON, without secrets."""
        secret = ("credentials", "credentials_in_context")
        return json.dumps({key: value for key, value in self._given.items() if key not in secret})


class HiddenEmulators:
    """Refuses to import the emulators' own package, which stands in the function's folder in a checkout."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find a package of the emulators' name anywhere but in their own place."""
        if path is not None or name != os.path.basename(_EMULATORS):  # noqa: PTH119
            return None
        for entry in sys.path:
            spec = importlib.machinery.PathFinder.find_spec(name, [entry], target)
            if spec is not None and _EMULATORS not in map(
                os.path.abspath, spec.submodule_search_locations or ()
            ):
                return spec
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)


class _RequestFormatter(logging.Formatter):
    """Writes records the way the runtime's root logger does."""

    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return f"{moment}.{int(record.msecs):03d}Z {self.request_id} [{record.levelname}] {text}"


class ImportModuleError(Exception):
    """The module of the configured name, or one that it needs, cannot be imported."""


class HandlerNotFound(Exception):
    """The module has no function of the configured name."""


def load_handler(setting: str) -> Any:
    """Return the callable that ``file.method`` names; folders may be written with ``/`` or ``.``."""
    module_name, _, method = setting.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as problem:
        raise ImportModuleError(f"Unable to import module '{module_name}': {problem}") from problem
    try:
        return getattr(module, method)
    except AttributeError:
        raise HandlerNotFound(f"Handler '{method}' is missing on module '{module_name}'") from None


def serialise(result: Any) -> bytes:
    """Return a handler's result as it leaves: text and bytes as they are, anything else as JSON."""
    if isinstance(result, (bytes, bytearray, memoryview)):
        return bytes(result)
    if isinstance(result, str):
        return result.encode("utf-8")
    return json.dumps(result, default=_plain, sort_keys=True, indent=4).encode("utf-8")


def _plain(value: Any) -> Any:
    for method in ("to_json", "isoformat"):
        if hasattr(value, method):
            return getattr(value, method)()
    if type(value).__name__ == "Decimal":
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def error_envelope(problem: BaseException) -> bytes:
    """Return the JSON that a failed invocation answers with, without the frames of this file."""
    frames = [
        [f'File "{entry.filename}"', f"line {entry.lineno}", f"in {entry.name}", entry.line or ""]
        for entry in traceback.extract_tb(problem.__traceback__)
        if entry.filename != __file__ and not entry.filename.startswith("<frozen importlib")
    ]
    body = {"errorMessage": str(problem), "errorType": type(problem).__name__, "stackTrace": frames}
    return json.dumps(body).encode("utf-8", errors="backslashreplace")


def frame(head: dict[str, Any], body: bytes) -> bytes:
    """Return ``head`` and ``body`` as they travel."""
    text = json.dumps(head).encode()
    return FRAME_LENGTHS.pack(len(text), len(body)) + text + body


def read_exactly(channel: socket.socket, size_bytes: int) -> bytes:
    """Return the next ``size_bytes`` of ``channel``.

    Raises:
        OSError: the other end closed first.
    """
    chunks = []
    while size_bytes:
        chunk = channel.recv(min(size_bytes, _READ_BYTES))
        if not chunk:
            raise ConnectionError("the other end closed")
        chunks.append(chunk)
        size_bytes -= len(chunk)
    return b"".join(chunks)


def read_frame(channel: socket.socket, begun: bytes = b"") -> tuple[dict[str, Any], bytes]:
    """Return head and body of the next frame of ``channel``, of which ``begun`` has been read already.

    Raises:
        OSError: the other end closed first.
    """
    lengths = begun + read_exactly(channel, FRAME_LENGTHS.size - len(begun))
    head_bytes, body_bytes = FRAME_LENGTHS.unpack(lengths)
    return json.loads(read_exactly(channel, head_bytes)), read_exactly(channel, body_bytes)


def find_function_code() -> None:
    """Have imports find the function's folder first, and the emulators not at all."""
    enter_function_folder()
    sys.meta_path.insert(0, HiddenEmulators())


def enter_function_folder() -> None:
    """Be in the function's folder, and have imports find it first."""
    folder = os.environ["FC_FUNC_CODE_PATH"]
    if sys.path[:1] != [folder]:
        os.chdir(folder)
        sys.path.insert(0, folder)


def serve(channel: socket.socket) -> None:
    """Serve the requests of ``channel``; the process ends when the other end closes it."""
    channel.set_inheritable(False)
    requests: Requests = queue.SimpleQueue()
    formatter = _prepare_output()
    threading.Thread(target=_read_requests, args=(channel, requests), daemon=True).start()
    channel.sendall(frame({"ready": True}, b""))
    handler: Any = None
    while True:
        given, event = requests.get()
        formatter.request_id = given["request_id"]
        _renew_credentials(given["credentials"])
        try:
            if handler is None:
                handler = load_handler(given["function"]["handler"])
            body, failed = serialise(handler(event, Context(given))), False
        except Exception as problem:
            body, failed = error_envelope(problem), True
            logging.getLogger().exception("%s", type(problem).__name__)
        _mark_end_of_log(given["request_id"])
        channel.sendall(frame({"failed": failed}, body))


def _read_requests(channel: socket.socket, requests: Requests) -> None:
    try:
        while True:
            requests.put(read_frame(channel))
    except OSError:
        # Everything that the handler started is in this process's group and must not outlive the instance.
        os.killpg(0, signal.SIGKILL)


def _prepare_output() -> _RequestFormatter:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    formatter = _RequestFormatter()
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(formatter)
    logging.getLogger().addHandler(output)
    logging.getLogger().setLevel(logging.INFO)
    return formatter


def _renew_credentials(credentials: dict[str, str]) -> None:
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"] = credentials["access_key_id"]
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = credentials["access_key_secret"]
    os.environ["ALIBABA_CLOUD_SECURITY_TOKEN"] = credentials["security_token"]


def _mark_end_of_log(request_id: str) -> None:
    """Mark in the log stream that everything of the request is written; the parent takes the mark out."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, b"\0" + request_id.encode() + b"\n")
    except (OSError, ValueError):
        pass  # the handler closed its output; the parent does without the mark


def main() -> None:
    """Be the instance whose socket is the first argument."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    del sys.argv[1:]
    find_function_code()
    serve(channel)


if __name__ == "__main__":
    main()
