"""The inside of an instance: loads a handler and calls it, one request after the other.

Run as a plain script by :mod:`aliyun_local.function_compute.instances`, never imported: a function's code
must meet the interpreter, its libraries and its own folder, and nothing of the emulators. What it gives the
handler (event bytes, context, logger) and how it turns results and exceptions into bytes follow Function
Compute, Python: "Handler", "Context", "Error handling" and "Logs".

Requests and results travel over one socket, whose number is the first argument, as frames: two 4-byte
lengths, a JSON head, a body. When the other end closes, the instance ends itself and everything it started.

Further arguments name modules: with them the process is a nursery
(:mod:`aliyun_local.function_compute.processes`), which loads these and then forks off, for every socket
that it is sent, a process that serves it.
"""

# The folder of this script must leave the path before anything else is imported from it by accident, and the
# function's folder must not stand on it until the standard library modules below are loaded.
import sys

sys.path.pop(0)

import contextlib
import gc
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
from typing import Any

_LENGTHS = struct.Struct(">II")
_LENGTH = struct.Struct(">I")
_EMULATORS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120


class Credentials:
    """The temporary credentials of the function's role, under both spellings that the runtimes know."""

    def __init__(self, given: dict[str, Any]) -> None:
        """Take access key id, secret and security token."""
        self.access_key_id = self.accessKeyId = given["access_key_id"]
        self.access_key_secret = self.accessKeySecret = given["access_key_secret"]
        self.security_token = self.securityToken = given["security_token"]


class Part:
    """A named group of attributes, such as ``context.function``."""

    def __init__(self, **values: Any) -> None:
        """Take the attributes."""
        self.__dict__.update(values)


class Context:
    """What a handler gets as its second argument (Function Compute, Python, "context")."""

    def __init__(self, given: dict[str, Any]) -> None:
        """Take the description that came with the request."""
        self._given = given
        self.request_id = self.requestId = given["request_id"]
        if given["credentials_in_context"]:
            self.credentials = Credentials(given["credentials"])
        self.function = Part(**given["function"])
        self.service = Part(**given["service"])
        self.region = given["region"]
        self.account_id = self.accountId = given["account_id"]
        self.retry_count = given["retry_count"]
        self.logger = None
        self.tracing = Part(span_context=None, span_baggages=None, jaeger_endpoint=None)

    def getLogger(self) -> logging.Logger:  # noqa: N802 (the runtime's name)
        """Return the logger of this request."""
        return logging.getLogger()

    def to_json(self) -> str:
        """Return the context as JSON, without secrets."""
        shown = {
            key: value
            for key, value in self._given.items()
            if key not in ("credentials", "credentials_in_context")
        }
        return json.dumps(shown)


class EmulatorsHidden:
    """Refuses to import the emulators' own package, which stands in the function's folder in a checkout."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find a package of the emulators' name anywhere but where the emulators are."""
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


class ImportModuleError(Exception):
    """The module of the configured name, or one that it needs, cannot be imported."""


class HandlerNotFound(Exception):
    """The module has no function of the configured name."""


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
        [f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line or ""]
        for frame in traceback.extract_tb(problem.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")
    ]
    body = {"errorMessage": str(problem), "errorType": type(problem).__name__, "stackTrace": frames}
    return json.dumps(body).encode("utf-8", errors="backslashreplace")


class Nursery:
    """Forks instances on demand, and looks after them: only their parent can say what became of them.

    It has one thread and only ever this one: with others a fork would copy their locks, held for ever.
    """

    def __init__(self, channel: socket.socket, modules: list[str]) -> None:
        """Load ``modules``; what is wrong with one is for the function that imports it to find."""
        self._channel = channel
        self._children: set[int] = set()
        for name in modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        # What is loaded stays; looking through it for garbage would copy its pages into every child.
        gc.collect()
        gc.freeze()

    def tend(self) -> socket.socket:
        """Do what is asked until the other end closes; returns only in a child, what it has to serve."""
        try:
            while True:
                order, fds = self._next_order()
                if order["do"] != "start":
                    self._answer({"done": getattr(self, "_" + order["do"])(order["pid"])})
                    continue
                try:
                    child = os.fork()
                except OSError as problem:
                    self._answer({"refused": str(problem)})
                else:
                    if child == 0:
                        break
                    # On both sides, so that whoever comes first can rely on it.
                    with contextlib.suppress(OSError):
                        os.setpgid(child, child)
                    self._children.add(child)
                    self._answer({"done": child})
                for fd in fds:
                    os.close(fd)
        except OSError:
            for child in self._children:
                self._kill(child)
            os._exit(0)
        return self._become_instance(order["environment"], *fds)

    def _become_instance(self, environment: dict[str, str], channel: int, log: int) -> socket.socket:
        os.setpgid(0, 0)
        self._channel.close()
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(log, number)
            # The nursery's streams know what kind of file they were made for.
            stream = open(number, "w", closefd=False)  # noqa: SIM115 (a descriptor, open to the end)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        os.close(log)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        return socket.socket(fileno=channel)

    def _look(self, child: int) -> bool:
        """Whether ``child`` runs; it is not waited for, so its number stays its own."""
        if child not in self._children:
            return False
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def _end(self, child: int) -> bool:
        if child in self._children:
            self._kill(child)
            os.waitpid(child, 0)
            self._children.discard(child)
        return True

    @staticmethod
    def _kill(child: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)

    def _next_order(self) -> tuple[dict[str, Any], list[int]]:
        first, fds, _, _ = socket.recv_fds(self._channel, _LENGTH.size, 2)
        if not first:
            raise ConnectionError("the other end closed")
        first += _read(self._channel, _LENGTH.size - len(first))
        return json.loads(_read(self._channel, _LENGTH.unpack(first)[0])), fds

    def _answer(self, answer: dict[str, Any]) -> None:
        text = json.dumps(answer).encode()
        self._channel.sendall(_LENGTH.pack(len(text)) + text)


def main() -> None:
    """Be an instance, or the nursery of those that are forked."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    modules = sys.argv[2:]
    sys.argv = [sys.argv[0]]
    sys.path.insert(0, os.environ["FC_FUNC_CODE_PATH"])
    sys.meta_path.insert(0, EmulatorsHidden())
    if modules:
        channel = Nursery(channel, modules).tend()
    serve(channel)


def serve(channel: socket.socket) -> None:
    """Serve requests until the other end closes."""
    channel.set_inheritable(False)
    requests: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
    formatter = _prepare_output()
    # A daemon of its own reads, so that the end of the parent is noticed in the middle of a handler too.
    threading.Thread(target=_read_frames, args=(channel, requests), daemon=True).start()
    channel.sendall(_frame({"ready": True}, b""))
    handler: Any = None
    while True:
        given, event = requests.get()
        formatter.request_id = given["request_id"]
        _renew_credentials(given)
        try:
            if handler is None:
                handler = load_handler(given["function"]["handler"])
            body, failed = serialise(handler(event, Context(given))), False
        except Exception as problem:
            body, failed = error_envelope(problem), True
            logging.getLogger().exception("%s", type(problem).__name__)
        _end_of_log(given["request_id"])
        channel.sendall(_frame({"failed": failed}, body))


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


def _renew_credentials(given: dict[str, Any]) -> None:
    credentials = given["credentials"]
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"] = credentials["access_key_id"]
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = credentials["access_key_secret"]
    os.environ["ALIBABA_CLOUD_SECURITY_TOKEN"] = credentials["security_token"]


def _end_of_log(request_id: str) -> None:
    """Mark in the log stream that everything of the request is written; the parent takes the mark out."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, b"\0" + request_id.encode() + b"\n")
    except (OSError, ValueError):
        pass  # the handler closed its output; the parent does without the mark


def _read_frames(channel: socket.socket, requests: Any) -> None:
    try:
        while True:
            head_size, body_size = _LENGTHS.unpack(_read(channel, _LENGTHS.size))
            head = json.loads(_read(channel, head_size))
            requests.put((head, _read(channel, body_size)))
    except OSError:
        # Whatever the handler started is in this process's group and must not outlive the instance.
        os.killpg(0, signal.SIGKILL)


def _read(channel: socket.socket, size: int) -> bytes:
    chunks = []
    while size:
        chunk = channel.recv(min(size, 1 << 20))
        if not chunk:
            raise ConnectionError("the other end closed")
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def _frame(head: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(head).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


if __name__ == "__main__":
    main()
