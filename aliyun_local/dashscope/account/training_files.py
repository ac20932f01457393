"""The files of a fine-tune: how the account gets them, and whether they are fit for training.

Called by ``submission`` before a fine-tune is recorded, and by ``models`` when its training starts. Face
detection and portraits use :meth:`TrainingFiles.download`.

A name with ``://`` in it is a URL and is downloaded; any other is the id of an uploaded file, which is an
image or a zip of images. A zip at a URL is not documented, so it counts as an image that cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.files import FileStore
from aliyun_local.dashscope.errors import Problem, ServiceError
from aliyun_local.dashscope.pictures.fetching import Fetched, InvalidUrlError, NotAuthorizedError, is_url
from aliyun_local.dashscope.pictures.inspection import UNREADABLE, images_of, inspect


class TrainingFiles:
    """Reads and downloads training files, and judges them."""

    def __init__(self, files: FileStore, behaviour: Behaviour, fetch: Callable[[str], Fetched]) -> None:
        """Read uploads from ``files`` and URLs by ``fetch``."""
        self._files = files
        self._behaviour = behaviour
        self._fetch = fetch

    def check_at_submit(self, names: Sequence[str]) -> Problem | None:
        """Return the problem with the images, where the account checks them at the submit only.

        Raises:
            ServiceError: a file is unknown, or a download fails.
        """
        for name in names:
            if not is_url(name):
                self._files.get(name)
        if self._behaviour.fetch == "start":
            return None
        images = self._images(names)
        return self._judged(images) if self._behaviour.fetch == "submit" else None

    def names_of(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names under which the files were uploaded, "" for a URL.

        Raises:
            ServiceError: a file is unknown.
        """
        return tuple("" if is_url(name) else self._files.get(name).name for name in names)

    def inspect_at_start(self, names: Sequence[str]) -> Problem | None:
        """Return why a training with these files fails; None when it does not."""
        try:
            return self._judged(self._images(names))
        except ServiceError as error:
            return error.problem

    def download(self, url: str) -> bytes:
        """Return the image file at ``url``.

        Raises:
            ServiceError: it is no URL, the download fails, or the answer is not declared as an image.
        """
        try:
            fetched = self._fetch(url)
        except InvalidUrlError as problem:
            raise errors.error_of("InvalidURL") from problem
        except NotAuthorizedError as problem:
            raise errors.no_authorization_to_download() from problem
        except Exception as problem:  # a test's own fetch may raise anything; all of it is a failed download
            raise errors.error_of("InvalidParameter.DataInspection") from problem
        if not fetched.content_type.lower().startswith("image/"):
            raise errors.wrong_content_type()
        return fetched.content

    def _images(self, names: Sequence[str]) -> list[bytes]:
        images: list[bytes] = []
        for name in names:
            if is_url(name):
                images.append(self.download(name))
            else:
                images += images_of(self._files.read(name), self._behaviour.max_training_files)
        return images

    def _judged(self, images: Sequence[bytes]) -> Problem | None:
        """Return why ``images`` are unfit for training; None when one of them is fit."""
        if len(images) > self._behaviour.max_training_files:
            return errors.missing_or_invalid("training_file_ids").problem
        first: Problem | None = None
        for image in images:
            problem = inspect(image).training_problem
            if problem is None:
                return None
            first = first or problem
        return first or UNREADABLE
