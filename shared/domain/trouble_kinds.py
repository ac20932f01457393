"""The kinds of trouble: what an error of a service concerns.

The theory. An error concerns the object that was asked about, one person, one API, the whole account, or it
passes by itself. Each kind has its own remedy: an object is tried a few times and then given up with a
reason; a person waits while the others go on; an API or the account opens a breaker, so that nobody is failed
for it. An error that the table does not know is tried again like one that passes, and by evidence it becomes
the object's (others pass meanwhile) or the API's (none does): :mod:`shared.domain.breakers`.

Only a documented finding about a picture (``PICTURE``) is a verdict about a picture. Which error
is of which kind stands in :mod:`shared.domain.trouble_tables`; :mod:`shared.clients.answers` turns kinds into
errors.
"""

from __future__ import annotations

from enum import Enum


class Kind(str, Enum):
    """What a trouble concerns."""

    PASSING = "passing"
    OBJECT = "object"
    PERSON = "person"
    API = "api"
    ACCOUNT = "account"
    PICTURE = "picture"
    GONE = "gone"
    UNKNOWN = "unknown"

    @property
    def is_of_all(self) -> bool:
        """Whether it is said to strike everybody: nobody is failed for it while that is so."""
        return self in (Kind.API, Kind.ACCOUNT)


class Service(str, Enum):
    """A service that the product calls."""

    DASHSCOPE = "dashscope"
    OSS = "oss"
    TABLESTORE = "tablestore"


class Api(str, Enum):
    """What works, or is refused, as a whole: each has a breaker of its own."""

    FACE_CHECK = "face_check"
    TRAINING = "training"
    LISTING = "listing"
    READING = "reading"
    PROCESSING = "processing"
    WRITING = "writing"
    TABLES = "tables"
    PORTRAITS = "portraits"
