"""docs/running.md tells of every setting what settings.TABLE says."""

from __future__ import annotations

from pathlib import Path

from askare.settings import TABLE, Secret, Setting

MANUAL = Path(__file__).parents[2] / "docs" / "running.md"


def row_of(setting: Setting) -> str:
    """How the manual tells of a setting."""
    default = "" if setting.type is Secret else str(setting.default)
    if setting.type is bool:
        default = "on" if setting.default else "off"
    shown = f"`{default}`" if default else ""
    choices = f" One of {', '.join(setting.choices)}." if setting.choices else ""
    return f"| `{setting.key}` | `{setting.variable}` | {shown} | {setting.purpose}{choices} |"


def test_the_manual_lists_every_setting_in_the_order_of_the_table() -> None:
    lines = MANUAL.read_text(encoding="utf-8").splitlines()

    rows = [line for line in lines if line.startswith("| `") and "| `ASKARE_" in line]

    assert rows == [row_of(setting) for setting in TABLE]
