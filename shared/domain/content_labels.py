"""The implicit label of a picture that a model has made: what it says, and where in the file it stands.

Theory. China's "Measures for labelling AI-generated synthetic content" (Art. 5, since 2025-09-01) and GB
45438-2025 want the label in the file's metadata. The standard (6.1 and Annex E) fixes the words: a field
with AIGC in its name, whose value is a JSON object of seven strings. ``Label`` is "1" (generated), "2"
(possibly) or "3" (suspected). ``ContentProducer`` is the generating service, by name or code, ``ProduceID``
the number of the content. ``ContentPropagator`` and ``PropagateID`` are the same of the service that
spreads it; in the first label they repeat the producer's (note 1). ``ReservedCode1`` and ``ReservedCode2``
hold signatures, or nothing. Values consist mainly of the characters 0x21, 0x23-0x5B and 0x5D-0x7E (Annex E
j): a code does, a Chinese name does not (:func:`is_in_standard_characters`). A file has one label (6.1 c).

The standard leaves the place in the file to the practice guide of its committee, TC260-PG-20259A (August
2025). Clause 6 of the guide adds the namespace ``http://www.tc260.org.cn/ns/AIGC/1.0/``, prefix TC260, to
the RDF of the file's XMP packet; its property AIGC holds the JSON. The packet is an APP1 segment of a JPEG,
an iTXt chunk of a PNG, the "XMP " chunk of a WebP. Annex B of the guide shows other places: EXIF's
UserComment, and a tEXt chunk named AIGC of a PNG, both with the JSON in ``{"AIGC": ...}``. Sources differ
in which of the two they follow. The clause goes before the annex, so XMP is written here, and all of these
places are read. Standard and guide were read as public implementations and checkers quote them
(ai-mark-lint, cntc260, Tencent Cloud CI), which agree.

A label that is there already is kept as it is: nobody may change or remove one (Measures, Art. 10).

The order of two labels. OSS writes the visible one (:mod:`shared.domain.visible_labels`) by making the
picture anew, and its documents promise nothing about the source's metadata. So the visible label comes
first, and the implicit one is put into OSS's result. A label that the model's service had written is read
before that: ``labelled(result, carried_label(original) or first_label(...))``.

The picture's coded data stay byte for byte. A signature over the whole file (C2PA) outlives no label.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from xml.sax.saxutils import unescape

from shared.domain.picture_metadata import CannotBeLabelled, opened
from shared.domain.xmp_packets import AIGC, NAMESPACE, with_label

__all__ = [
    "CannotBeLabelled",
    "ContentLabel",
    "carried_label",
    "first_label",
    "is_in_standard_characters",
    "labelled",
]

GENERATED = "1"
FIELDS = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
MAX_VALUE_CHARACTERS = 200
_ANY_OF = frozenset(FIELDS[:3])
"""A JSON object with one of these is a label: a file may hold AIGC and a brace for other reasons."""
_QUOTES = {"&quot;": '"', "&#34;": '"', "&#x22;": '"', "&apos;": "'", "&#39;": "'"}
_MAX_OBJECTS = 16
"""So many braces behind the word AIGC are tried, so that a hostile file costs no more than a few passes."""


class ContentLabel(NamedTuple):
    """A label as it stands in a file: ``text`` is a JSON object on one line."""

    text: str

    @property
    def fields(self) -> dict[str, Any]:
        """What it says."""
        told: dict[str, Any] = json.loads(self.text)
        return told


def first_label(content_producer: str, produce_id: str) -> ContentLabel:
    """Return the label of a picture that has none yet.

    Args:
        content_producer: name or code of the service that makes the picture.
        produce_id: leads the operator to the picture's origin, and holds nobody's name: a task and a number.

    Raises:
        ValueError: a value is empty, too long or not printable, or ``produce_id`` has other characters than
            the standard's.
    """
    for value in (content_producer, produce_id):
        if not value.strip() or len(value) > MAX_VALUE_CHARACTERS or not value.isprintable():
            raise ValueError("a label's values are printable, and neither empty nor long")
    if not is_in_standard_characters(produce_id):
        raise ValueError("ProduceID is of the characters of GB 45438-2025, Annex E j")
    values = (GENERATED, content_producer, produce_id, "", content_producer, produce_id, "")
    return _label(dict(zip(FIELDS, values, strict=True)))


def is_in_standard_characters(value: str) -> bool:
    """Whether a value has the characters of Annex E j only: ASCII but for space, quote and backslash."""
    return all("!" <= character <= "~" and character not in '"\\' for character in value)


def carried_label(content: bytes) -> ContentLabel | None:
    """Return the label that a picture carries, wherever in its metadata, or None.

    Raises:
        CannotBeLabelled: it is no whole JPEG, PNG or WebP.
    """
    return next(filter(None, map(_label_in, opened(content).metadata)), None)


def labelled(content: bytes, label: ContentLabel) -> bytes:
    """Return the picture with ``label`` in its metadata; one that carries a label already stays as it is.

    Raises:
        CannotBeLabelled: it is no whole JPEG, PNG or WebP, or holds metadata that leave no place for a label.
    """
    picture = opened(content)
    if any(map(_label_in, picture.metadata)):
        return content
    return picture.with_packet(with_label(picture.packet, label.text))


def _label_in(metadata: bytes) -> ContentLabel | None:
    """Return the label in one piece of metadata."""
    # EXIF may hold its comment in UTF-16, whose ASCII characters have a zero byte each.
    text = metadata.replace(b"\x00", b"").decode("utf-8", "replace")
    _, word, behind = text.partition(AIGC)
    if not word:
        return None
    behind = unescape(behind, _QUOTES) if NAMESPACE in text else behind
    # Some write JSON as a string within JSON.
    return _first_object(behind) or _first_object(behind.replace('\\"', '"'))


def _first_object(text: str) -> ContentLabel | None:
    """Return the first JSON object in ``text`` that is a label, or holds one under the name AIGC."""
    decoder, at = json.JSONDecoder(), -1
    for _ in range(_MAX_OBJECTS):
        at = text.find("{", at + 1)
        if at < 0:
            break
        try:
            found, _end = decoder.raw_decode(text, at)
            inner = found.get(AIGC, found)
            if isinstance(inner, dict) and _ANY_OF & inner.keys():
                return _label(inner)
        except (ValueError, RecursionError):
            continue
    return None


def _label(fields: dict[str, Any]) -> ContentLabel:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return ContentLabel(text if text.isprintable() else json.dumps(fields, separators=(",", ":")))
