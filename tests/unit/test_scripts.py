"""Scripts: their parameters, the registry, who is alive, and call lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Struct

from askare.scripts import Context, ScriptFailed, registry, script
from askare.scripts.builtin import BUILT_IN, numbers_of
from askare.scripts.model import NoParameters, Script, parameters_of
from askare.scripts.timekeeper import RHYTHM, Observer


class Parameters(Struct):
    address: str
    most: int = 10
    dry: bool = False


@script("Says what it was told")
def tell(context: Context, parameters: Parameters) -> str:
    return f"{parameters.address} {parameters.most} {parameters.dry}"


def test_start_parameters_are_typed_in_the_order_of_the_fields() -> None:
    said = tell.read_parameters({"startparam1": "a", "startparam2": "5", "startparam3": 1})

    assert said == Parameters("a", 5, True)


def test_an_empty_start_parameter_is_none() -> None:
    assert tell.read_parameters({"startparam1": "a", "startparam2": ""}) == Parameters("a")


@pytest.mark.parametrize("said", [{}, {"startparam1": "a", "startparam2": "many"}])
def test_parameters_that_do_not_fit_are_told_in_words(said: dict[str, object]) -> None:
    with pytest.raises(ScriptFailed, match=r"startparam1|start parameters"):
        tell.read_parameters(said)


def test_a_script_without_parameters_has_none() -> None:
    @script("Nothing")
    async def nothing(context: Context, parameters: NoParameters) -> None: ...

    assert parameters_of(nothing) == []
    assert nothing.read_parameters({"startparam1": "x"}) == NoParameters()


def test_the_parameters_of_a_script_are_told_to_people() -> None:
    assert parameters_of(tell)[:2] == [
        ("startparam1", "address", "str", "required"),
        ("startparam2", "most", "int", "10"),
    ]


def test_the_registry_has_the_built_in_scripts_and_the_commands_of_the_data_folder(tmp_path: Path) -> None:
    file = tmp_path / "commands.toml"
    file.write_text('[report]\nrun = ["/bin/true"]\n[backup]\nrun = ["/bin/true"]\n')
    file.chmod(0o600)

    found = registry.load(tmp_path)

    assert found.codes == {*BUILT_IN, "report"}
    assert found.origins["backup"] == "built in"
    assert found.faults == ("the command backup is left out: the code is taken",)


def test_cleardata_needs_no_parameters() -> None:
    assert isinstance(BUILT_IN["cleardata"], Script)
    BUILT_IN["cleardata"].read_parameters({})


# Who is alive ----------------------------------------------------------------------------------------------------


def test_a_beat_that_stands_still_for_fifteen_seconds_is_death() -> None:
    observer = Observer(dead_after=15)
    looks = [(second, observer.look({1: min(second, 3), 2: second}, float(second))) for second in range(20)]

    assert [second for second, dead in looks if dead] == [18, 19]
    assert looks[-1][1] == [(1, 3)]


@pytest.mark.parametrize("phase", range(10))
def test_whoever_dies_is_found_out_within_twenty_seconds_wherever_the_watch_stands(phase: int) -> None:
    observer = Observer(dead_after=RHYTHM.dead_after)
    died = 5.0 + 0.1 * phase  # just after a beat
    look = 0.0
    while not observer.look({1: int(min(look, died) // RHYTHM.beat)}, look):
        look += RHYTHM.watch

    assert died + RHYTHM.dead_after - RHYTHM.beat <= look <= died + 20


def test_an_observer_that_was_stopped_itself_begins_anew() -> None:
    observer = Observer(dead_after=15)
    observer.look({1: 7}, 0.0)

    assert observer.look({1: 7}, 60.0) == []
    assert observer.look({1: 7}, 61.0) == []


# Call lists ------------------------------------------------------------------------------------------------------


def test_a_call_list_with_named_columns() -> None:
    text = "name;phone number\nAino;040 123 4567\nVeikko;+358 40 123 4567\nOle;+46 70 123 45 67\n"

    numbers, unreadable = numbers_of(text, region="FI")

    assert numbers == [("+358401234567", "Aino"), ("+46701234567", "Ole")]
    assert unreadable == []


def test_a_call_list_without_a_head() -> None:
    numbers, unreadable = numbers_of("0401234567,Aino\n\nnot a number,x\n12\n", region="FI")

    assert numbers == [("+358401234567", "Aino")]
    assert unreadable == ["not a number", "12"]


def test_an_empty_call_list_has_no_numbers() -> None:
    assert numbers_of("", region="FI") == ([], [])
