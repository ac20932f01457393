"""The codes of fine-tunes that FAILED: whose fault it was, and what another training is worth."""

from __future__ import annotations

import pytest

from shared.domain.failed_trainings import are_photos_at_fault, is_worth_another_training


@pytest.mark.parametrize(
    ("code", "worth_it", "photos"),
    [
        # DashScope's own faults.
        ("InternalError", True, False),
        ("InternalError.Algo", True, False),
        ("SystemError", True, False),
        ("RequestTimeOut", True, False),
        ("ModelServiceFailed", True, False),
        ("ModelServingError", True, False),
        # A picture that could not be fetched: its URL is signed again.
        ("InvalidURL", True, False),
        ("InvalidURL.Timeout", True, False),
        ("InvalidParameter.DataInspection", True, False),
        ("InvalidFile.DownloadFailed", True, False),
        ("BadRequest.InputDownloadFailed", True, False),
        # The pictures.
        ("DataInspectionFailed", False, True),
        ("InvalidImage.NoHumanFace", False, True),
        ("InvalidImageResolution", False, True),
        ("InvalidFile.MultiHuman", False, True),
        # A training costs money: no reason, an unheard-of one or a refusal is not tried again, and says
        # nothing about the pictures.
        ("", False, False),
        ("1", False, False),
        ("SomethingNew", False, False),
        ("SomethingNew.InternalError", False, False),
        ("InvalidFile.SomethingNew", False, False),
        ("InvalidParameter", False, False),
        ("BadRequest.TooLarge", False, False),
        ("Throttling", False, False),
        ("Arrearage", False, False),
    ],
)
def test_a_failure_is_worth_another_training_or_the_photos_fault_or_neither(
    code: str, worth_it: bool, photos: bool
) -> None:
    assert (is_worth_another_training(code), are_photos_at_fault(code)) == (worth_it, photos)
