"""The page on which a browser signs in with a token or a ticket, and signs out. Called by ``routes``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.http_api.authentication import Access, Tokens, access_of
from shared.http_api.callers import check_origin, session_cookie
from shared.http_api.conditional import Answer
from shared.http_api.forms import fields_of, our_path
from shared.http_api.parameters import Parameter
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest
from shared.http_api.sessions import ROLES, SESSION_MS, make_session, role_of_ticket

if TYPE_CHECKING:
    from shared.http_api.operator_types import NothingDocument, SignedInDocument

TICKET = Parameter("ticket", {"type": "string"}, "What signs in by one click; it ends after a quarter hour.")
NEXT = Parameter("next", {"type": "string"}, "The path of ours that follows.")
_NAMES = {access: role for role, access in ROLES.items()}


def show(request: RouteRequest) -> Answer:
    """``GET /sign-in``; with a ticket the browser is signed in and sent on."""
    ticket = request.query.get(TICKET.name)
    if ticket is None:
        nothing: NothingDocument = {}
        return Answer(nothing)
    role = role_of_ticket(ticket, request.tokens, request.now)
    if role is None:
        raise Problem("ticket_ended")
    return _signed_in(request, role, request.query.get(NEXT.name, "/"))


def sign_in(request: RouteRequest) -> Answer:
    """``POST /sign-in``. Who may not sign in is told no more than that."""
    check_origin(request.request)
    fields = fields_of(request.request)
    granted = access_of({"authorization": f"Bearer {fields.get('token', '')}"}, request.tokens)
    if granted is Access.ANYONE:
        raise Problem("wrong_token")
    return _signed_in(request, _NAMES[granted], fields.get(NEXT.name, "/"))


def sign_out(request: RouteRequest) -> Answer:
    """``POST /sign-out``."""
    cookie = session_cookie(request.request, "", 0)
    document: SignedInDocument = {"signed_in": None}
    return Answer(document, status=303, location="/sign-in", headers={"Set-Cookie": cookie})


def _signed_in(request: RouteRequest, role: str, following: str) -> Answer:
    session = make_session(_token_of(role, request.tokens), role, request.now)
    cookie = session_cookie(request.request, session, SESSION_MS // 1000)
    target = our_path(following, "/")
    document: SignedInDocument = {"signed_in": "admin" if role == "admin" else "reader"}
    return Answer(document, status=303, location=target, headers={"Set-Cookie": cookie})


def _token_of(role: str, tokens: Tokens) -> str:
    return tokens.admin if role == "admin" else tokens.reader
