"""Asks for the erasure of a person who has withdrawn consent. Called by :mod:`shared.workflow.consenting`.

The request is one like an administrator's. Its id follows from the document that withdraws, so that a run
that dies, or two at once, ask for one erasure; it tells nobody whose it is.
"""

from __future__ import annotations

from shared.domain.consent import Consent
from shared.domain.consent_ledger import document_id
from shared.domain.person_hash import hash_of
from shared.domain.requests import ERASE, Request, request_id
from shared.errors import Conflict
from shared.logs import log
from shared.workflow.ports import World

ASKED_BY = "consent"
"""What stands in the place of the name of a token."""


def ask_to_erase(world: World, person_id: str, consent: Consent) -> None:
    """Ask for the erasure of the person, once for a withdrawal.

    Raises:
        Trouble: the tables do not answer.
        Conflict: others ring all the time.
    """
    document = document_id(hash_of(world.erase_key, person_id), consent)
    asked = Request(
        request_id=request_id(consent.stored_at, document),
        kind=ERASE,
        subject=person_id,
        asked_at=world.clock.now(),
        asked_by=ASKED_BY,
    )
    log("consent_withdrawn", person=person_id, at=consent.withdrawn_at, erasure=asked.request_id)
    try:
        world.requests.ring(asked)
    except Conflict:
        # It is there already, and whoever has written it may have died before the bell was rung.
        world.requests.ring_again()
