"""Real photos for tests, taken out of the packages that ship them for tests of their own.

``local.installation`` fetches the packages of ``requirements/real-photos.in``. The photos stay in the virtual
environment and never get into the repository: they are other people's, and show people.
"""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

_OF_FACE_RECOGNITION = "face_recognition-1.3.0/tests/test_images/"
PHOTOS: Mapping[str, tuple[str, ...]] = {
    "face_recognition": (
        *(f"{_OF_FACE_RECOGNITION}{name}.jpg" for name in ("biden", "obama", "obama2", "obama3")),
        *(f"{_OF_FACE_RECOGNITION}obama_{name}.jpg" for name in ("partial_face", "partial_face2")),
        f"{_OF_FACE_RECOGNITION}32bit.png",
    ),
    "scikit_image": tuple(
        f"skimage/data/{name}" for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
    ),
    "insightface": ("insightface/data/images/t1.jpg",),
}
"""The photos of each package, as its distribution names them."""


def take_photos(distributions: Path, folder: Path) -> None:
    """Write the photos into ``folder``, each under its own name.

    Args:
        distributions: the folder with one distribution of each package.
        folder: where the photos go; made if it is not there.

    Raises:
        KeyError: a distribution has no such file.
        OSError: a distribution is missing, or a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for package, photos in PHOTOS.items():
        found = sorted(distributions.glob(f"{package}-*"))
        if not found:
            raise FileNotFoundError(f"no distribution of {package} in {distributions}")
        with _opened(found[0]) as read:
            for photo in photos:
                (folder / PurePosixPath(photo).name).write_bytes(read(photo))


@contextmanager
def _opened(distribution: Path) -> Iterator[Callable[[str], bytes]]:
    """Yield a function that reads a file of a wheel or of a source distribution."""
    if zipfile.is_zipfile(distribution):
        with zipfile.ZipFile(distribution) as wheel:
            yield wheel.read
        return
    with tarfile.open(distribution) as source:

        def read(name: str) -> bytes:
            file = source.extractfile(name)
            if file is None:
                raise KeyError(name)
            return file.read()

        yield read
