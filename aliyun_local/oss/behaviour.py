"""The kind of the OSS account, and the open questions of OSS's documents, as switches.

:mod:`aliyun_local.emulators` gives them to the service; ``mock_aliyun``, the local cloud and tests set them.
Each default is the strict reading: of the things that OSS may do, the one that is worst for a client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class OssBehaviour:
    """The account's switches. A field may be changed while the account is in use, and holds from then on.

    Attributes:
        public_data_access: Calls that read or write data are answered at the default public domain. Accounts
            that activated OSS on or after 2025-03-20 get 400 ``PublicEndpointForbidden`` (EC
            0048-00000401) in regions of the mainland ("Regions and endpoints"; "Access OSS through a custom
            domain name").
        domains: Domains that are bound to buckets, with their buckets, as in
            ``{"photos.example.com": "my-photos"}``. Calls through them are public, and refused to nobody.
        orients_large_pictures: Pictures with a side of 4,096 pixels or more are turned too. "Auto-orient":
            those that need it are refused with 400 ``BadRequest`` (EC 0040-00000006).
        heic_orientation_counts: What a HEIC file says of its orientation (``irot``) is an orientation for
            auto-orient and its limit. Not documented.
        damaged_picture_status: The status of ``ImageDamage``: 403 as in the error table of image processing,
            or 400 as others have measured.
        decodes_unended_jpeg: A JPEG without its end marker is decoded as far as it goes, even if half of it
            is missing, as libjpeg does after a warning. Not documented; where the warning counts as an error,
            it is ``ImageDamage``.
        decodes_animated_webp: Animated WebP can be processed, without auto-orient. EC 0040-00000010: it is
            refused with 400 ``BadWebPImage`` unless a ticket has put the account on a list.
        flattens_heic: A HEIC with transparency can become a JPEG. "Format conversion": it cannot.
        decrypts_with_kms: Callers may use the KMS keys that objects are encrypted with. "Server-side
            encryption": that is a permission of its own, without which reading gets 403 ``AccessDenied``.
        denied_prefix: Objects whose keys begin so, if it is not empty, can be read by nobody: a bucket policy
            denies ``oss:GetObject`` on them.
        processings_per_second: Image processings in any second ("Image processing": 50 in Beijing), beyond:
            503, EC 0004-00000801.
        processed_bytes_per_second: Bytes of sources that are processed in any second (20 MB in Beijing).
    """

    public_data_access: bool = False
    domains: Mapping[str, str] = field(default_factory=dict)
    orients_large_pictures: bool = False
    heic_orientation_counts: bool = True
    damaged_picture_status: int = 403
    decodes_unended_jpeg: bool = False
    decodes_animated_webp: bool = False
    flattens_heic: bool = False
    decrypts_with_kms: bool = False
    denied_prefix: str = ""
    processings_per_second: int = 50
    processed_bytes_per_second: int = 20 * 1024**2
