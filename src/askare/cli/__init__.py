"""The command line: `askare serve | worker | token | user | demo | import | export | runs | preview | backup …`.

Commands that fail say what to do next, on standard error, and exit with 1; what was wrongly typed exits with 2.
"""

from __future__ import annotations

import gc
import os
import sys

# Loading makes a hundred thousand objects that nearly all stay: looking through them, even every 20,000, takes a
# tenth of a start.
gc.set_threshold(200_000)

from askare.cli.shared import app as app  # noqa: E402
from askare.cli.shared import complain  # noqa: E402
from askare.kernel.endings import Ending  # noqa: E402
from askare.kernel.problems import Problem  # noqa: E402

# Where each command is: loaded when it is called, so that none waits for what only others need.
COMMANDS = {
    "serve": "running:serve",
    "worker": "running:worker",
    "demo": "running:demo",
    "token": "people:token_app",
    "user": "people:user_app",
    "import": "many_things:import_things",
    "export": "many_things:export_things",
    "runs": "service_tasks:runs",
    "preview": "service_tasks:preview",
    "scripts": "service_tasks:list_scripts",
    "holidays": "service_tasks:holidays",
    "domain": "service_tasks:show_domain",
    "callsettings": "call_settings:show_call_settings",
    "sites": "service_tasks:show_sites",
    "migrate": "care:migrate",
    "backup": "care:backup",
    "restore": "care:restore",
    "erase": "care:erase",
    "doctor": "care:doctor",
}
for _name, _place in COMMANDS.items():
    app.command(f"{__name__}.{_place}", name=_name)


def main() -> None:
    """Run the command that the arguments name."""
    try:
        app()
    except Ending as ending:
        complain(str(ending))
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
