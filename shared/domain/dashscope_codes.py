"""DashScope's codes that mean the same to us: findings about a picture, failed downloads, a full store.

Sources: Model Studio, "Error codes" (2026), which names the causes; facechain-finetune, "Error codes";
"File management"; "Portrait detection". Used by :mod:`shared.domain.trouble_tables`, and where a photo's way
to DashScope depends on them.
"""

from __future__ import annotations

FINDINGS_ABOUT_A_PICTURE = (
    *("InvalidImageResolution", "InvalidImageFormat", "InvalidPerson", "InvalidInputLength"),
    *("InvalidImage.NoHumanFace", "InvalidImage.ImageSize", "InvalidImage.FileFormat"),
    *("InvalidFile.NoHuman", "InvalidFile.MultiHuman", "InvalidFile.Content", "InvalidFile.BodyProportion"),
    *("InvalidFile.FacePose", "InvalidFile.FullFace", "InvalidFile.FrontBody", "InvalidFile.FullBody"),
    *("InvalidFile.BodyPose", "InvalidFile.Value", "InvalidFile.Resolution", "InvalidFile.ImageSize"),
    *("InvalidFile.AspectRatio", "InvalidFile.Size", "InvalidFile.Format", "InvalidFile.Openerror"),
    *("DataInspectionFailed", "IPInfringementSuspect"),
)
FAILED_DOWNLOADS = (
    *("InvalidParameter.DataInspection", "InvalidURL"),
    *("InvalidFile.DownloadFailed", "BadRequest.InputDownloadFailed"),
)
"""A URL could not be downloaded."""
_FULL_FILE_STORE = ("BadRequest.TooMany", "BadRequest.TooLarge")
"""100 files, or the space for them, are used up. The second is also said of one file that is too large."""


def is_failed_download(code: str) -> bool:
    """Whether DashScope says with ``code`` that it could not download what a URL leads to."""
    return any(code == one or code.startswith(f"{one}.") for one in FAILED_DOWNLOADS)


def is_full_file_store(code: str) -> bool:
    """Whether DashScope's file service may say with ``code`` that it has no room."""
    return code in _FULL_FILE_STORE
