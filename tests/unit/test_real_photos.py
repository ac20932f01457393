"""Photos are taken out of wheels and source distributions, and nothing else is."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from local.real_photos import PHOTOS, take_photos
from tests.real_photos import FACES


def distributions(folder: Path, *, without: str = "") -> Path:
    """Make a distribution of each package, with a file besides its photos, and perhaps ``without`` one."""
    for package, photos in PHOTOS.items():
        names = [*(photo for photo in photos if not photo.endswith(without or "no photo")), "setup.py"]
        if package == "face_recognition":
            with tarfile.open(folder / f"{package}-1.3.0.tar.gz", "w:gz") as source:
                for name in names:
                    entry = tarfile.TarInfo(name)
                    entry.size = len(name)
                    source.addfile(entry, io.BytesIO(name.encode()))
        else:
            with zipfile.ZipFile(folder / f"{package}-1-py3-none-any.whl", "w") as wheel:
                for name in names:
                    wheel.writestr(name, name)
    return folder


def test_the_photos_are_taken_under_their_own_names(tmp_path: Path) -> None:
    take_photos(distributions(tmp_path), tmp_path / "taken")
    taken = {path.name: path.read_text() for path in (tmp_path / "taken").iterdir()}
    assert taken == {photo.rpartition("/")[2]: photo for photos in PHOTOS.values() for photo in photos}
    assert taken.keys() == FACES.keys()


@pytest.mark.parametrize("photo", ["biden.jpg", "t1.jpg"])
def test_a_photo_that_is_missing_is_named(tmp_path: Path, photo: str) -> None:
    with pytest.raises(KeyError, match=photo):
        take_photos(distributions(tmp_path, without=photo), tmp_path / "taken")
