"""What scripts there are: the built-in ones, those of installed packages, and commands of the administrator's own."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from msgspec import Struct

from askare.scripts.builtin import BUILT_IN
from askare.scripts.command import COMMANDS_FILE, read_commands
from askare.scripts.model import Script

GROUP = "askare.scripts"


class Registry(Struct, frozen=True):
    """The scripts by their code, where each comes from, and what could not be read."""

    scripts: dict[str, Script]
    origins: dict[str, str]
    faults: tuple[str, ...]

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(self.scripts)


def load(data_folder: Path) -> Registry:
    """All scripts.  What is broken is left out and named in `faults`; a code that is taken stays with whom has it."""
    scripts: dict[str, Script] = dict(BUILT_IN)
    origins = dict.fromkeys(BUILT_IN, "built in")
    faults: list[str] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if point.name in scripts:
            faults.append(f"the script {point.name} of {point.value} is left out: the code is taken")
            continue
        try:
            found = point.load()
        except Exception as error:  # a package of somebody else's: whatever it does, the others must run
            faults.append(f"the script {point.name} cannot be loaded from {point.value}: {error!r}")
            continue
        if not isinstance(found, Script):
            faults.append(f"the script {point.name} is left out: {point.value} is not made with @script")
            continue
        scripts[point.name] = found
        origins[point.name] = point.value
    commands, wrong = read_commands(data_folder / COMMANDS_FILE)
    faults += wrong
    for code, command in commands.items():
        if code in scripts:
            faults.append(f"the command {code} is left out: the code is taken")
            continue
        scripts[code] = command
        origins[code] = COMMANDS_FILE
    return Registry(scripts, origins, tuple(faults))
