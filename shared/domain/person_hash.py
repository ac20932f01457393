"""What stands for a person where no name may stand: a keyed hash, the same for all spellings of the name.

Without the key nobody can tell whose it is, nor find out by guessing whether a name is among many. Pure.
"""

from __future__ import annotations

import hashlib
import hmac

from shared.domain.object_keys import person_of


def hash_of(key: str, person_id: str) -> str:
    """Return what stands for a person once the name is erased; it is the same for all spellings."""
    name = person_of(person_id).encode("utf-8", "surrogatepass")
    return hmac.digest(key.encode("utf-8"), b"erased person\0" + name, hashlib.sha256).hex()
