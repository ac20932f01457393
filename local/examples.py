"""What ``make up`` says at its start: where everything answers, and uploads to be pasted into a shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FUNCTIONS_COLUMN = 39
WELCOME = """\
The local cloud is up, on {data}. Ctrl-C stops it; the next start goes on from there.

  oss         {oss}    bucket {bucket}
              {oss_public}    for the public, DashScope too
  tablestore  {ots}    instance {instance}
  dashscope   {dashscope}
  functions   {fc}    {functions}
  status      {status}

In a browser, signed in by this address for a quarter of an hour (afterwards with ADMIN_TOKEN of {file}):

  {pages}

Upload photos from a second terminal, in this folder:

  {python} -m local upload maria photo1.jpg photo2.jpg
  curl -T photo1.jpg "$({python} -m local sign maria photo1.jpg)"

With tools of your own, and to ask where a person stands:

  set -a; . {file}; set +a
  curl -s -H "Authorization: Bearer $STATUS_TOKEN" "$STATUS_URL/people/maria"
  ossutil cp photo1.jpg "oss://$OSS_BUCKET/people/maria/" \\
    -e "$OSS_ENDPOINT" --region "$OSS_REGION" \\
    -i "$ALIBABA_CLOUD_ACCESS_KEY_ID" -k "$ALIBABA_CLOUD_ACCESS_KEY_SECRET"
  {python} - <<'END'
import oss2
from os import environ as env
auth = oss2.AuthV4(env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                   env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
bucket = oss2.Bucket(auth, env["OSS_ENDPOINT"], env["OSS_BUCKET"],
                     region=env["OSS_REGION"])
bucket.put_object_from_file("people/maria/photo1.jpg", "photo1.jpg")
END

ready: {file} is written
"""


def welcome(
    data: Path, urls: Mapping[str, str], names: Mapping[str, str], functions: Sequence[str], file: Path
) -> str:
    """Return the text; ``names`` are those of the bucket and of the instance."""
    return WELCOME.format(
        data=data,
        python=own_python(),
        functions=f"\n{' ' * FUNCTIONS_COLUMN}".join(functions),
        file=file,
        **urls,
        **names,
    )


def own_python() -> str:
    """Return how this Python is called from the working folder."""
    path = os.path.relpath(sys.executable)
    return sys.executable if path.startswith("..") else path
