"""Drive the official Node clients against the local cloud: ``python tests/contracts/node/run.py``.

``make contracts`` runs this. Clients in a second language find mistakes that the Python clients share with
the emulators. The clients come from package-lock.json beside this file. Node's own test runner prints its
summary, and its exit status is that of this script.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
sys.path.insert(0, str(ROOT))

from aliyun_local.serving.server import LoopbackServer  # noqa: E402 (the checkout must be importable first)
from aliyun_local.serving.wire import Front  # noqa: E402
from aliyun_local.tablestore.http.responses import TablestoreService  # noqa: E402
from aliyun_local.tablestore.store.models import TableStore  # noqa: E402
from tests.emulators.oss.support import KEY_ID, SECRET, LocalOss  # noqa: E402

INSTANCE = "studio"
LIMIT_SECONDS = 120


def main() -> int:
    """Install the clients if they are missing, start the services, run the tests."""
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
    # npm writes this file last, so a file that is older than the lock belongs to other versions.
    stamp, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    return stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime


def _run(node: str) -> int:
    with LocalOss() as oss, closing(TableStore(None, oss.clock)) as tables:
        tables.create_instance(INSTANCE)
        with LoopbackServer(Front(TablestoreService(tables, oss.keys, oss.clock))) as tablestore:
            return _run_against(node, oss.url, tablestore.url)


def _run_against(node: str, oss_url: str, tablestore_url: str) -> int:
    environment = os.environ | {
        "OSS_ENDPOINT": oss_url,
        "OTS_ENDPOINT": tablestore_url,
        "OTS_INSTANCE": INSTANCE,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
        "NO_PROXY": "127.0.0.1",
        "NODE_NO_WARNINGS": "1",
    }
    tests = sorted(path.name for path in FOLDER.glob("*.test.js"))
    try:
        return subprocess.run(
            [node, "--test", *tests], cwd=FOLDER, env=environment, timeout=LIMIT_SECONDS
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"The Node contract tests did not end within {LIMIT_SECONDS} seconds.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
