"""A process that says who it is, and ends as it is told.

Run as `python -m tests.journeys.introducing [STATUS | nonsense | forever]`.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import signal
import sys
import threading
from pathlib import Path

if __name__ == "__main__":
    atexit.register(print, "goodbye", flush=True)
    about = {
        "arguments": sys.argv[1:],
        "environment": {name: value for name, value in os.environ.items() if name.startswith("ASKARE_")},
        "folder": str(Path.cwd()),
        "heard": sys.stdin.read(),
        "threads": threading.active_count(),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "signals": {name: str(signal.getsignal(getattr(signal, name))) for name in ("SIGINT", "SIGTERM", "SIGCHLD")},
        "is_main": sys.modules["__main__"].__dict__["__name__"] == __name__,
    }
    print(json.dumps(about), flush=True)
    print(f"{os.getpid()} {random.random()}", file=sys.stderr, flush=True)
    if sys.argv[1] == "forever":
        signal.pause()
    sys.exit(int(sys.argv[1]))
