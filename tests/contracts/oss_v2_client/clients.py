"""Clients of alibabacloud-oss-v2 for a local OSS, and the errors that they raise."""

from __future__ import annotations

from collections.abc import Callable

import alibabacloud_oss_v2 as oss
import pytest
from alibabacloud_oss_v2.transport.requests_client import RequestsHttpClient

from tests.emulators.oss.support import KEY_ID, REGION, SECRET, LocalOss


def configuration(running: LocalOss) -> oss.config.Config:
    """Return the settings of a client that signs with the key of ``running``, with version 4."""
    config = oss.config.load_default()
    config.region = REGION
    config.endpoint = running.url
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(KEY_ID, SECRET)
    # Without retries the tests see refusals at once.
    config.retry_max_attempts = 1
    return config


class Clients:
    """Makes clients over one pool of connections, which is closed at the end."""

    def __init__(self, running: LocalOss) -> None:
        self.running = running
        self._transport = RequestsHttpClient()

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._transport.close()

    def __call__(
        self,
        *,
        key_id: str = KEY_ID,
        secret: str = SECRET,
        token: str | None = None,
        signature: str = "v4",
        **options: object,
    ) -> oss.Client:
        """Return a client; ``options`` are settings by their names."""
        config = configuration(self.running)
        config.signature_version = signature
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret, token)
        config.http_client = self._transport
        for name, value in options.items():
            setattr(config, name, value)
        return oss.Client(config)


def refused(call: Callable[[], object]) -> oss.exceptions.ServiceError:
    """Return the service's error that ``call`` ends with."""
    with pytest.raises(oss.exceptions.OperationError) as error:
        call()
    problem = error.value.unwrap()
    assert isinstance(problem, oss.exceptions.ServiceError), problem
    assert len(problem.request_id) == 24
    return problem


def put_object(
    client: oss.Client, bucket: str, key: str, body: object = b"content", **options: object
) -> oss.PutObjectResult:
    """Put an object; ``options`` are fields of the request."""
    return client.put_object(oss.PutObjectRequest(bucket=bucket, key=key, body=body, **options))


def read_object(client: oss.Client, bucket: str, key: str, **options: object) -> bytes:
    """Return the content of an object; ``options`` are fields of the request."""
    got = client.get_object(oss.GetObjectRequest(bucket=bucket, key=key, **options))
    return bytes(got.body.content)
