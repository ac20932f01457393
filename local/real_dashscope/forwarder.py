"""The forwarder: answers the functions as DashScope, on loopback, with what the real one answers.

It keeps the real key to itself, passes on what :mod:`~local.real_dashscope.calls` lists, and asks the purse
(:mod:`~local.real_dashscope.purse`) before a call that is paid for. It writes no log: keys and signed URLs go
through it.

The theory of an answer that is lost. A paid call is sent once. Where its answer is lost, the functions must
see that, and no refusal: they look for the fine-tune then, and a refusal would let them pay again. So the
connection is closed without an answer.
"""

from __future__ import annotations

import hmac
import json
import ssl
import uuid
from collections.abc import Callable

import requests
import requests.auth

from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Admission, Request, Response
from local.real_dashscope.account import RealAccount
from local.real_dashscope.bill import Bill
from local.real_dashscope.bodies import object_in
from local.real_dashscope.calls import PREFIX, Call, call_of, files_of, subject_of
from local.real_dashscope.notes import Notes
from local.real_dashscope.purse import Held, Order, Purse
from shared.domain.error_kinds import is_refusal
from shared.domain.trouble_kinds import Api, Service

TIMEOUT_SECONDS = (5, 30)
MOST_BODY_BYTES = 20 * 1024 * 1024
"""A snapshot has at most 5 MB."""
_PASSED_ON = ("Content-Type", "Accept")
_LOST = Response(status=0, dropped=True)


class NotSent(Exception):
    """No connection came about, so nothing was sent."""


class Forwarder:
    """DashScope for the functions of this machine. A context manager: it answers from entry to exit."""

    def __init__(
        self,
        account: RealAccount,
        purse: Purse,
        bill: Bill,
        *,
        port: int = 0,
        new_session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        """Bind the port.

        Args:
            account: the account that pays.
            purse: what may be paid.
            bill: what was paid.
            port: the port on loopback; 0 takes any free one.
            new_session: makes the connection for one call.

        Raises:
            OSError: the port is taken.
        """
        self.account = account
        self.notes = Notes()
        self._purse = purse
        self._bill = bill
        self._new_session = new_session
        self._server = LoopbackServer(self.answer, port=port)

    @property
    def url(self) -> str:
        """The base URL, without ``/api/v1``."""
        return self._server.url

    def close(self) -> None:
        """Stop answering."""
        self._server.close()

    def __enter__(self) -> Forwarder:
        """Start."""
        self._server.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close."""
        self.close()

    def answer(self, request: Request) -> Response:
        """Answer a request of the functions; never raises for what the other side does."""
        if request.defect is not None:
            return _refusal(request.defect.status, "BadRequest", request.defect.message)
        if not self._is_ours(request):
            return _refusal(401, "InvalidApiKey", "Invalid API-key provided.")
        call = call_of(request.method, request.raw_path)
        if call is Call.REFUSED:
            return _refusal(403, "AccessDenied", "The forwarder of this machine passes on no such call.")
        if request.expects_body:
            return Response(status=100, admission=Admission(most_bytes=MOST_BODY_BYTES))
        if call is Call.TRAINING:
            return self._train(request)
        try:
            response = self._send(request)
        except (NotSent, requests.RequestException):
            return _LOST
        if call is Call.LOOK and response.status == 200:
            self._bill.note(response.body)
        if request.raw_path.startswith(f"{PREFIX}/files"):
            self.notes.note_files(response.body)
        return response

    def _train(self, request: Request) -> Response:
        """Pass a training on, if it may be paid; exactly as it came, and once."""
        files = files_of(request.body)
        if files is None:
            return _refusal(403, "AccessDenied", "The forwarder of this machine trains no other model.")
        order = self._purse.order(subject_of(files, self.notes.names_of(files)))
        if isinstance(order, Held):
            # Documented for DashScope as a refusal that passes: the job keeps its place and its tries.
            return _refusal(429, "Throttling.RateQuota", order.reason)
        try:
            response = self._send(request)
        except NotSent:
            self._purse.take_back(order)
            return _refusal(429, "Throttling.RateQuota", "DashScope could not be reached from this machine.")
        except requests.RequestException:
            return _LOST
        self._settle(order, response)
        return response

    def _settle(self, order: Order, response: Response) -> None:
        """Take the money back where the answer says for certain that nothing was made."""
        status, code, message = _read(response)
        if 200 <= status < 300 and not code:
            self.notes.note_training(response.body, order.subject)
        elif is_refusal(Service.DASHSCOPE, Api.TRAINING, status, code, message):
            self._purse.take_back(order)

    def _is_ours(self, request: Request) -> bool:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self.account.local_key}".encode())

    def _send(self, request: Request) -> Response:
        """Send a request to the account, on a connection of its own, once.

        Raises:
            NotSent: nothing was sent.
            requests.RequestException: whether it arrived is not known, or its answer is lost.
        """
        query = f"?{request.raw_query}" if request.raw_query else ""
        url = f"{self.account.base_url}{request.raw_path.removeprefix(PREFIX)}{query}"
        try:
            with self._new_session() as session:
                answer = session.request(
                    request.method,
                    url,
                    data=request.body or None,
                    headers={name: request.headers[name] for name in _PASSED_ON if name in request.headers},
                    auth=_Key(self.account.api_key),
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                    verify=True,
                )
        except requests.RequestException as problem:
            if _is_before_sending(problem):
                raise NotSent from problem
            raise
        kind = answer.headers.get("Content-Type", "application/json")
        return Response(status=answer.status_code, headers={"Content-Type": kind}, body=answer.content)


class _Key(requests.auth.AuthBase):
    """Adds the account's key. As an ``auth`` it goes before what a ``.netrc`` says of the host."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


def _is_before_sending(problem: requests.RequestException) -> bool:
    """Whether no connection was made, or not to DashScope, by what urllib3 says of its last try.

    A certificate is checked before anything is sent. Any other trouble of TLS may come later.
    """
    reason = getattr(problem.args[0] if problem.args else None, "reason", None)
    if isinstance(next(iter(getattr(reason, "args", ())), None), ssl.SSLCertVerificationError):
        return True
    names = {type(one).__name__ for one in (problem, reason)}
    return bool(
        names & {"ConnectTimeout", "ConnectTimeoutError", "NewConnectionError", "NameResolutionError"}
    )


def _read(response: Response) -> tuple[int, str, str]:
    """Return the status of an answer, and its code and message, which a success has none of."""
    body = object_in(response.body)
    return response.status, str(body.get("code") or ""), str(body.get("message") or "")


def _refusal(status: int, code: str, message: str) -> Response:
    """Return an error as DashScope writes it ("Error messages")."""
    body = {"code": code, "message": message, "request_id": str(uuid.uuid4())}
    return Response(
        status=status, headers={"Content-Type": "application/json"}, body=json.dumps(body).encode()
    )
