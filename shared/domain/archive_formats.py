"""The archives that are no zips, by their first bytes.

A module of its own: the reading of zips asks it too, and pays for no other kind of file.

Sources: RAR 5.0 technical note, "7z Format description", RFC 1952 (gzip), RFC 8878 (Zstandard), "The .xz File
Format", POSIX pax (ustar), ECMA-119 (ISO 9660), file(1).
"""

from __future__ import annotations

_ARCHIVES = (
    (0, b"Rar!\x1a\x07", "RAR"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (4, b"1AY&SY", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "Zstandard"),
    (0, b"\x04\x22\x4d\x18", "LZ4"),
    (0, b"LZIP", "lzip"),
    (0, b"\x1f\x9d", "compress"),
    (257, b"ustar", "tar"),
    (2, b"-lh0-", "LHA"),
    (2, b"-lh5-", "LHA"),
    (2, b"-lh6-", "LHA"),
    (2, b"-lh7-", "LHA"),
    (0, b"\x60\xea", "ARJ"),
    (0, b"MSCF", "cabinet"),
    (0, b"!<arch>\n", "ar"),
    (0, b"xar!", "xar"),
    (0, b"070701", "cpio"),
    (7, b"**ACE**", "ACE"),
    (0, b"AA01", "Apple Archive"),
    (0, b"pbze", "Apple Archive"),
    (0, b"MSWIM\x00\x00\x00", "WIM"),
    (0x8001, b"CD001", "ISO 9660"),
)


def archive_format(start: bytes) -> str | None:
    """Return the format of an archive that is no zip, by its first 64 KB, or None."""
    return next((what for at, signature, what in _ARCHIVES if start.startswith(signature, at)), None)
