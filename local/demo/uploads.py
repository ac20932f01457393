"""The demo's uploads: everybody's files, in turn, by the official client on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import oss2

from local.demo.people import Person, interleaved
from local.live.words import count
from local.stack import Stack
from shared.domain.object_keys import upload_key


class Uploads:
    """Uploads that are under way from the start."""

    def __init__(self, cloud: Stack, people: Sequence[Person]) -> None:
        """Begin to upload the files of ``people``."""
        auth = oss2.AuthV4(cloud.account.access_key_id, cloud.account.access_key_secret)
        self._bucket = oss2.Bucket(auth, cloud.url("oss"), cloud.bucket, region=cloud.resources.region)
        self._people = people
        self.sent = 0
        self.problem = ""
        self._thread = threading.Thread(target=self._upload, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether nothing is left to send, or sending has failed."""
        return not self._thread.is_alive()

    @property
    def story(self) -> str:
        """How far it is, in words."""
        total = sum(len(person.files) for person in self._people)
        return self.problem or f"{self.sent} of {count(total, 'file')} uploaded"

    def _upload(self) -> None:
        try:
            for person, file in interleaved(self._people):
                self._bucket.put_object(upload_key(person.person_id, file.name), file.content)
                self.sent += 1
        except oss2.exceptions.OssError as problem:
            self.problem = f"the upload failed: {problem}"
