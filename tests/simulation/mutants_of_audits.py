"""Breakages of the audit, as mutants: a record is lost, names somebody, or comes again for no reason."""

from __future__ import annotations

from tests.simulation.mutants import one

_AUDITING, _REQUESTS = "shared.workflow.auditing", "shared.workflow.requests"
_AUDIT, _LOOKS, _ROWS = "shared.domain.audit", "shared.http_api.looks", "shared.workflow.erasing_rows"

MUTANTS_OF_AUDITS = (
    one(
        "what could not be put counts as put",
        _AUDITING,
        "        return _noted(world, lost, now) and len(lost) == len(settled)\n",
        "        return _noted(world, due, now)\n",
    ),
    one(
        "the bell falls silent though a record is not put",
        _REQUESTS,
        "    is_whole &= _is_audited(world, settled)\n",
        "    _is_audited(world, settled)\n",
    ),
    one(
        "nobody puts the record of an erasure",
        _REQUESTS,
        "        is_whole &= bool(due_at) or world.audit is None\n",
        "",
    ),
    one(
        "the audit names people",
        _AUDITING,
        '(audit_log.hash_of(person_id) if person_id else "")',
        "person_id",
    ),
    one(
        "an erasure is on record as that of somebody else",
        _AUDITING,
        "        person = request.person or (",
        "        person = (",
    ),
    one(
        "an erasure takes what the audit has no record of",
        _ROWS,
        "    if world.audit is None:\n        return",
        "    if True:\n        return",
    ),
    one(
        "what awaits the audit keeps the name of the erased",
        _AUDIT,
        "person=person, subject=subject, ",
        "person=person, ",
    ),
    one(
        "pictures are shown though no look is on record",
        _LOOKS,
        "    if not _is_put(reader, audit, look, pictures, now):\n        return False\n",
        "    _is_put(reader, audit, look, pictures, now)\n",
    ),
)
"""They are found where an audit is kept."""
