"""Drive the official Node clients against the local cloud: ``python tests/contracts/node/run.py``.

A second language finds what clients in one language have in common. The clients come from package-lock.json
beside this file; node's own test runner prints its summary, and its exit status is this script's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
sys.path.insert(0, str(ROOT))

from aliyun_local.clock import SystemClock  # noqa: E402 (the checkout must be importable first)
from aliyun_local.credentials import AccessKeys  # noqa: E402
from aliyun_local.oss.http.responses import OssService  # noqa: E402
from aliyun_local.oss.state.models import ObjectStore  # noqa: E402
from aliyun_local.serving.server import LoopbackServer  # noqa: E402
from aliyun_local.serving.wire import Front  # noqa: E402
from aliyun_local.tablestore.http.responses import TablestoreService  # noqa: E402
from aliyun_local.tablestore.store.models import TableStore  # noqa: E402

KEY_ID, SECRET, INSTANCE = "LTAInode", "secret-of-the-node-contract", "studio"
LIMIT_SECONDS = 120


def main() -> int:
    """Install what is missing, start the services, run the tests."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("The Node contract tests need node 20 or later and npm on the PATH.", file=sys.stderr)
        return 2
    if not _is_installed():
        installed = subprocess.run([npm, "ci", "--no-progress"], cwd=FOLDER)
        if installed.returncode:
            print("npm ci could not install the Node clients; see its messages above.", file=sys.stderr)
            return installed.returncode
    return _run(node)


def _is_installed() -> bool:
    # npm writes this file last; an older one than the lock is of another set of clients.
    stamp, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    return stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime


def _run(node: str) -> int:
    clock = SystemClock()
    keys = AccessKeys(clock)
    keys.add(KEY_ID, SECRET)
    objects, tables = ObjectStore(None, clock), TableStore(None, clock)
    tables.create_instance(INSTANCE)
    oss = LoopbackServer(Front(OssService(objects, keys, clock)))
    ots = LoopbackServer(Front(TablestoreService(tables, keys, clock)))
    with oss, ots:
        environment = os.environ | {
            "OSS_ENDPOINT": oss.url,
            "OTS_ENDPOINT": ots.url,
            "OTS_INSTANCE": INSTANCE,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
            "NO_PROXY": "127.0.0.1",
            "NODE_NO_WARNINGS": "1",
        }
        tests = sorted(path.name for path in FOLDER.glob("*.test.js"))
        try:
            status = subprocess.run(
                [node, "--test", *tests], cwd=FOLDER, env=environment, timeout=LIMIT_SECONDS
            ).returncode
        except subprocess.TimeoutExpired:
            print(f"The Node contract tests did not end within {LIMIT_SECONDS} seconds.", file=sys.stderr)
            status = 1
    objects.close()
    tables.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
