"""A process of its own that keeps an embedded server: prints what it got as one line of JSON, ends when its input does.

Usage: keeper.py FOLDER. Imports nothing but the launcher, so that any Python of the machine can run it.
"""

import json
import os
import sys
from pathlib import Path

from shared.persistence.embedded import EmbeddedPostgres

with EmbeddedPostgres(Path(sys.argv[1])) as postgres:
    postgres.ensure_database("books")
    server = postgres.server
    told = {
        "owner": server is not None,
        "pid": server.pid if server else 0,
        "guard": server.guard_pid if server else 0,
        "socket": str(postgres.address.socket),
        "password": postgres.address.password,
        "uid": os.geteuid(),
    }
    print(json.dumps(told), flush=True)
    sys.stdin.read()
