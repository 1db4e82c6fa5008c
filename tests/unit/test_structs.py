"""Threads may turn values into structs at the same moment, the first time too."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys, threading

sys.setswitchinterval(1e-6)  # threads take turns in the middle of everything

import msgspec

from askare.kernel.structs import make_ready

families = []
for at in range(40):
    inner = msgspec.defstruct(f"Inner{at}", [(f"a{field}", int | None, None) for field in range(30)])
    families.append(msgspec.defstruct(f"Outer{at}", [(f"b{field}", inner | None, None) for field in range(30)]))
assert make_ready() >= 80  # without this the process dies

for family in families:
    together = threading.Barrier(4)

    def convert():
        together.wait()
        assert msgspec.convert({"b0": {"a0": 1}, "b29": {"a29": 2}}, family).b29.a29 == 2

    threads = [threading.Thread(target=convert) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("done")
"""


def test_structs_that_are_ready_are_met_by_threads_without_harm() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
