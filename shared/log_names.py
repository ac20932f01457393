"""Puts keyed hashes in the place of names in log lines, where ``LOG_NAMES`` is ``hashed``.

:mod:`shared.logs` calls it with the fields of each line. The theory: a line names people and files in known
fields, and each of these becomes a hash that is the same in all lines: so a log still tells what happened to
one person. Whoever has the key finds a person's lines; nobody else can tell whose they are, nor try names.
What a service or an exception says may quote anything: such texts are left out, and the code beside them
tells what happened. An id of a job names nobody and stays.

``tests/unit/test_log_names.py`` holds every field of every line in the code against the lists here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

NAMES = frozenset({"person", "photo", "folder", "entry"})
"""Fields that hold the name of a person, of a photo, or of a file in a zip."""
KEYS = frozenset({"key", "keys", "behind", "result"})
"""Fields that hold keys of objects, which begin with the folder that an object lies in."""
TEXTS = frozenset({"message", "error", "problem", "detail"})
"""Fields that hold words: of services and exceptions, and of verdicts, which may name another photo."""
LEFT_OUT = "…"
HASH_CHARACTERS = 16
_FOLDERS = ("people/", "results/")
_OF_JOBS = "submissions/"
_CLASS = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)\(")


class LogNames:
    """Hashes names with a key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode("utf-8")
        self.hash_of = lru_cache(maxsize=256)(self._hash_of)

    def hidden(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Return the fields of a line without names."""
        return {name: self._value(name, value) for name, value in fields.items()}

    def _value(self, name: str, value: object) -> object:
        if isinstance(value, (list, tuple)):
            return [self._value(name, part) for part in value]
        if not isinstance(value, str) or not value:
            return value
        if name in NAMES:
            return self.hash_of(value)
        if name in KEYS:
            return self._key_of_object(value)
        return _without_words(value) if name in TEXTS else value

    def _key_of_object(self, key: str) -> str:
        """Hash a key as the names in it are hashed alone: ``people/<hash>/<hash>``."""
        if key.startswith(_OF_JOBS):
            return key
        folder = next((one for one in _FOLDERS if key.startswith(one)), "")
        if not folder:
            return self.hash_of(key)
        person, slash, name = key.removeprefix(folder).partition("/")
        # The name of a result is the number of a revision.
        named = name if folder == "results/" or not name else self.hash_of(name)
        return f"{folder}{self.hash_of(person) if person else ''}{slash}{named}"

    def _hash_of(self, name: str) -> str:
        composed = unicodedata.normalize("NFC", name).encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._key, b"name in a log\0" + composed, hashlib.sha256)
        return digest.hex()[:HASH_CHARACTERS]


def _without_words(text: str) -> str:
    """Keep the class of an exception, and nothing of what it says."""
    found = _CLASS.match(text)
    return f"{found[1]}({LEFT_OUT})" if found else LEFT_OUT
