"""Which kind of file an upload is that cannot be used: the table of kinds, from bytes to a verdict.

A refused upload is mostly no accident but a file of another kind, or a photo that an upload has spoilt, and
each kind has a remedy of its own. So a kind is told by the file itself: by its first bytes, and only where
these leave it open by its last bytes, its size, its name and the names beside it. A name alone decides
nothing: HEIC is called ``.jpg`` and a zip ``.livp``. What nothing tells is described by its first bytes.

:data:`ORDER` is the table; the first rule that knows a file has the word. More specific ones come
first: a raw file is a TIFF, Base64 is a text, and a PDF has a picture behind its first lines. Loaded only for
an upload that is refused (:mod:`shared.workflow.identifying`). The bytes come from strangers: whatever they
are, each rule ends after a time that is bounded by the 128 KB that are read at most.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.file_facts import FileFacts, Kind
from shared.domain.file_signatures import TARGA_SUFFIX, kind_by_signature
from shared.domain.media_files import is_film, kind_of_media
from shared.domain.packed_files import kind_of_packed
from shared.domain.photos import Verdict
from shared.domain.picture_files import ENDS_TELL, kind_of_picture, kind_of_raw, picture_format
from shared.domain.text_files import kind_of_text
from shared.domain.transport_damage import kind_behind_others, kind_of_spoilt

ORDER: tuple[Callable[[FileFacts], Kind | None], ...] = (
    kind_of_raw,
    kind_of_spoilt,
    kind_of_picture,
    kind_of_media,
    kind_of_packed,
    kind_by_signature,
    kind_of_text,
    kind_behind_others,
)

SHOWN_BYTES = 8
"""Of a file that nobody knows: enough to look its kind up, too few to tell what it holds."""

_OF_A_PICTURE_AS_IT_SHOULD_BE = frozenset({Verdict.CUT_OFF, Verdict.ANIMATION, Verdict.OTHER_FORMAT})


def needs_end(name: str, start: bytes) -> bool:
    """Whether a file that begins with ``start`` is told by its last bytes as well."""
    is_told_by_both = picture_format(start) in ENDS_TELL or is_film(start) or not start.strip(b"\x00")
    return is_told_by_both or name.lower().endswith(TARGA_SUFFIX)


def kind_of(facts: FileFacts) -> Kind | None:
    """Return the kind of a file that cannot be used as it is, None for one that nothing tells."""
    return next((kind for rule in ORDER if (kind := rule(facts)) is not None), None)


def kind_of_large(facts: FileFacts) -> Kind | None:
    """Return the kind of a file that its size refuses; None: it is a picture, or nobody knows.

    A picture of a format that is processed is too large, whatever else is wrong with it.
    """
    kind = kind_of(facts)
    is_picture = picture_format(facts.start) is not None
    if kind is None or (is_picture and kind.verdict in _OF_A_PICTURE_AS_IT_SHOULD_BE):
        return None
    return kind


def described(facts: FileFacts) -> str:
    """Say how a file begins that nothing else tells: its format, or its first bytes in hexadecimal."""
    known = picture_format(facts.start)
    return f"{known} file" if known else f"begins with {facts.start[:SHOWN_BYTES].hex(' ') or 'nothing'}"
