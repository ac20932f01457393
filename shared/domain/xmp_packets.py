"""An XMP packet with the property that labels generated content.

ISO 16684-1 (XMP): a packet is RDF in XML; its properties stand in elements ``rdf:Description`` right below
``rdf:RDF``, all about the same resource. A packet that is there is added to as text, one more Description
before the end, so that nothing of it is lost or written in another way. The namespace is that of
TC260-PG-20259A, clause 6 (:mod:`shared.domain.content_labels`).
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from shared.domain.picture_metadata import CannotBeLabelled

AIGC = "AIGC"
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
MAX_PACKET_BYTES = 1024 * 1024
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DESCRIPTION, _ABOUT = f"{{{_RDF}}}Description", f"{{{_RDF}}}about"
_PROPERTY = f"{{{NAMESPACE}}}{AIGC}"
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="w"?>'
)
_END_OF_RDF = re.compile(r"</(?:[\w.-]+:)?RDF\s*>")
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def with_label(packet: bytes, text: str) -> bytes:
    """Return ``packet``, or a new one in place of an empty one, with the property AIGC of value ``text``.

    The padding, which a packet has to grow into, is left out.

    Raises:
        CannotBeLabelled: ``packet`` is no XMP in UTF-8, or has a property AIGC.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise CannotBeLabelled("the XMP packet is too long")
    try:
        present = packet.rstrip(b"\x00").decode("utf-8") or _EMPTY
    except UnicodeDecodeError:
        raise CannotBeLabelled("the XMP packet is not in UTF-8") from None
    described = _rdf_in(_tree_of(present)).find(_DESCRIPTION)
    about = quoteattr("" if described is None else described.get(_ABOUT, ""))
    ends = [found.start() for found in _END_OF_RDF.finditer(present)]
    if not ends:
        raise CannotBeLabelled("the XMP packet's RDF is empty")
    added = (
        f'<rdf:Description rdf:about={about} xmlns:rdf="{_RDF}" xmlns:TC260="{NAMESPACE}">'
        f"<TC260:{AIGC}>{escape(text)}</TC260:{AIGC}></rdf:Description>"
    )
    written = _without_padding(present[: ends[-1]] + added + present[ends[-1] :])
    _check(_tree_of(written), text)
    return written.encode("utf-8")


def _without_padding(packet: str) -> str:
    before, mark, behind = packet.rpartition("<?xpacket")
    return before.rstrip() + mark + behind if before.rstrip().endswith(">") else packet


def _tree_of(packet: str) -> ElementTree.Element:
    # Entities could be of any size, and XMP has none.
    if _DECLARATION.search(packet):
        raise CannotBeLabelled("the XMP packet declares entities")
    try:
        return ElementTree.fromstring(packet.lstrip("\ufeff \t\r\n"))  # noqa: S314  # no entities in it
    except (ElementTree.ParseError, ValueError):
        raise CannotBeLabelled("the XMP packet is no XML") from None


def _rdf_in(tree: ElementTree.Element) -> ElementTree.Element:
    root = tree if tree.tag == f"{{{_RDF}}}RDF" else tree.find(f"{{{_RDF}}}RDF")
    if root is None:
        raise CannotBeLabelled("the XMP packet holds no RDF")
    return root


def _check(tree: ElementTree.Element, text: str) -> None:
    """See that the label stands where readers look for it, and nowhere else."""
    there = [one.text for one in _rdf_in(tree).findall(f"{_DESCRIPTION}/{_PROPERTY}")]
    elsewhere = [one for one in tree.iter() if _PROPERTY in one.attrib]
    if there != [text] or len(list(tree.iter(_PROPERTY))) > 1 or elsewhere:
        raise CannotBeLabelled("the XMP packet has an AIGC that is no label, or its RDF ends elsewhere")
