"""The command line: `askare serve | worker | token | user | demo | import | export | runs | preview | backup …`.

Commands that fail say what to do next, on standard error, and exit with 1; what was wrongly typed exits with 2.
"""

from __future__ import annotations

import os
import sys

from askare.access.keys import BadKeyFile
from askare.cli import care, many_things, people, running, service_tasks  # noqa: F401  -- they register their commands
from askare.cli.shared import Stop, complain
from askare.cli.shared import app as app
from askare.exchange.files import BadFile
from askare.kernel.problems import Problem
from askare.serving import PortTaken
from askare.settings import BadSettings
from askare.storage.archive import ArchiveProblem
from askare.storage.migrations import SchemaTooNew
from askare.storage.sqlite import UnsafeSQLite

# What a command may end with.  Each says in words what is wrong and what to do, so nobody needs to see a traceback.
ENDINGS = (Stop, BadSettings, BadKeyFile, SchemaTooNew, UnsafeSQLite, ArchiveProblem, PortTaken, BadFile)


def main() -> None:
    """Run the command that the arguments name."""
    try:
        app()
    except ENDINGS as stop:
        complain(str(stop))
        sys.exit(1)
    except Problem as problem:
        complain(problem.reason)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read us has heard enough; without this, closing standard output would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
