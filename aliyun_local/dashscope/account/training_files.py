"""The files of a fine-tune: how the account gets them, and whether they are fit for training.

Called by ``submission`` before a fine-tune is recorded, and by ``scheduling`` when its training starts. Face
detection and portraits use :meth:`TrainingFiles.download`.

A name with ``://`` in it is a URL and is downloaded; any other is the id of an uploaded file, which is an
image or a zip of images. A zip at a URL is not documented, so it counts as an image that cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.files import FileStore
from aliyun_local.dashscope.errors import Problem, ServiceError
from aliyun_local.dashscope.pictures.fetching import Fetched, InvalidUrlError, NotAuthorizedError, is_url
from aliyun_local.dashscope.pictures.inspection import UNREADABLE, images_of, inspect


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The reason why a training with some files fails, None when it does not, and the photos it trains on.

    There are no photos where the training fails, or where they have not been judged yet.
    """

    problem: Problem | None = None
    photos: tuple[bytes, ...] = ()


class TrainingFiles:
    """Reads and downloads training files, and judges them."""

    def __init__(self, files: FileStore, behaviour: Behaviour, fetch: Callable[[str], Fetched]) -> None:
        """Read uploads from ``files`` and URLs by ``fetch``."""
        self._files = files
        self._behaviour = behaviour
        self._fetch = fetch

    def check_at_submit(self, names: Sequence[str]) -> Judgement:
        """Judge the images where the account does so at the submit only; else read them at most.

        Raises:
            ServiceError: a file is unknown, or a download fails.
        """
        for name in names:
            if not is_url(name):
                self._files.get(name)
        if self._behaviour.fetch == "start":
            return Judgement()
        images = self._images(names)
        return self._judged(images) if self._behaviour.fetch == "submit" else Judgement()

    def names_of(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names under which the files were uploaded, "" for a URL.

        Raises:
            ServiceError: a file is unknown.
        """
        return tuple("" if is_url(name) else self._files.get(name).name for name in names)

    def inspect_at_start(self, names: Sequence[str]) -> Judgement:
        """Judge the images of a training that starts."""
        try:
            return self._judged(self._images(names))
        except ServiceError as error:
            return Judgement(problem=error.problem)

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

    def _judged(self, images: Sequence[bytes]) -> Judgement:
        """Return why ``images`` are unfit for training, or all of them when one is fit."""
        if len(images) > self._behaviour.max_training_files:
            return Judgement(problem=errors.missing_or_invalid("training_file_ids").problem)
        first: Problem | None = None
        for image in images:
            problem = inspect(image).training_problem
            if problem is None:
                return Judgement(photos=tuple(images))
            first = first or problem
        return Judgement(problem=first or UNREADABLE)
