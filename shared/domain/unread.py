"""A job whose row could not be read: the trouble of that job alone, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.trouble_kinds import Kind

UNREADABLE_ROW = "unreadable_row"


@dataclass(frozen=True)
class Unread:
    """A job that is there, as far as is known, and stays as it is for now.

    Attributes:
        job_id: the job's public id.
        code: a word for programs.
        message: what is wrong and what to do, for people.
        kind: ``OBJECT``: this version of the code cannot read the row. Anything else: Tablestore would not
            give it this time.
    """

    job_id: str
    code: str
    message: str
    kind: Kind = Kind.OBJECT
