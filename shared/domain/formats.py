"""The formats of what is stored: which code may read what other code has written.

The theory. During a deployment, and after a rollback, two versions of the code work on the same rows. Each
row and each result says its format, a whole number; what says none has 1.

- A **format** is raised when older code would misunderstand what newer code writes. Older code leaves such a
  row alone: it shows it as unreadable, changes nothing of it, and goes on with the others. A state, a verdict
  or a lane that the code does not know makes a row unreadable as well.
- **Additions** are what older code can do without: a column, a field of a photo. They need no other format.
  Code that does not know a field keeps it: it is read into ``unknown``, stays with the value through every
  change, and is written back. What is inside of a smaller value (a reason, the tries, a pause, a move) is
  replaced with it: an addition to such a value stands beside it, as a field of its own.

Nobody acts on the number of additions, so no row carries it: it names the samples of the stored forms in
``tests/upgrades/stored``, by which a change of a form is found that raises neither number. All this costs no
read and no write: what is unknown comes and goes with its row.
"""

from __future__ import annotations

from typing import NamedTuple


class Format(NamedTuple):
    """The format that this version of the code writes.

    Attributes:
        number: what a row carries; code of a lower number leaves the row alone.
        additions: how often something has been added since the number was raised.
    """

    number: int
    additions: int = 0


JOBS = Format(1, additions=2)
"""Rows of the table ``jobs``, with the lanes that they stand in."""
OUTBOXES = Format(1)
"""Rows of the same table that are outboxes."""
CONTROL = Format(1, additions=2)
"""Values of the table ``control``."""
REQUESTS = Format(1, additions=2)
"""Rows of the table ``requests``: requests, the doorbell, idempotency keys, revoked links."""
SEEN = Format(1)
"""Rows of the table ``seen``. They are many and small, and carry no format while it is 1."""
RESULTS = Format(1, additions=1)
"""The result objects in the bucket."""
SETTINGS = Format(1, additions=2)
"""The variables of the functions' environment: names, defaults, and what is taken."""
NAMES = Format(1, additions=1)
"""Ids, keys and links: the names by which one version finds what another has stored."""
