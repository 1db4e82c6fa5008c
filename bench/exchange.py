"""How long a file of many parties, and one of many realties, takes to load: `python bench/exchange.py --rows 100000`.

Each command runs in a process of its own, as at the command line, on a fresh SQLite file.  Prints seconds, rows a
second and the most memory that the process ever had; a tenth of the rows goes first, to show whether memory grows.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

ASKARE = [sys.executable, "-m", "askare"]
OF = ["--organization", "Bench"]
FIRST_NAMES = ("Matti", "Päivi", "Timo", "Sanna", "Juha", "Aino", "Veikko", "Maija")
SURNAMES = ("Virtanen", "Korhonen", "Mäkinen", "Laine", "Järvinen", "Lindström", "Nyholm")


def an_id(dice: random.Random) -> str:
    return str(UUID(int=dice.getrandbits(128), version=4))


def parties(path: Path, rows: int) -> None:
    dice = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(["partyId", "partyTypeCode", "firstName", "lastName", "email", "phone", "languageCode"])
        for number in range(rows):
            first, last = dice.choice(FIRST_NAMES), f"{dice.choice(SURNAMES)}{number % 5_000}"
            writer.writerow(
                [an_id(dice), "PERSON_PARTY", first, last, f"p{number}@example.com", f"040 {number:07d}", "fi"]
            )


def realties(path: Path, rows: int) -> None:
    dice = random.Random(2)
    with path.open("w", encoding="utf-8") as opened:
        for number in range(rows):
            home = {
                "realtyId": an_id(dice),
                "friendlyId": str(40_000_000 + number),
                "statusCode": "FOR_SALE",
                "listedTime": "2023-06-01T08:00:00Z",
                "propertyTypeCode": "RESIDENTIAL",
                "residentialTypeCode": "APARTMENT_HOUSE",
                "roomCountCode": f"{number % 5 + 1}H",
                "livingAreaInSquareMeters": 30 + number % 100,
                "debtFreePrice": {"amount": 100_000 + number, "currencyCode": "EUR"},
                "address": {
                    "streetAddress": f"Hämeenkatu {number % 300}",
                    "postcode": f"{33_000 + number % 900:05d}",
                    "locality": "Tampere",
                    "countryCode": "FI",
                },
                "features": {"hasSauna": number % 2 == 0},
            }
            opened.write(json.dumps(home, ensure_ascii=False) + "\n")


def timed(*arguments: str, data: Path) -> tuple[float, float]:
    """Seconds that a command took, and the most memory in MB that it had."""
    started = time.perf_counter()
    command = [*ASKARE, *arguments, "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return time.perf_counter() - started, used.ru_maxrss / 1_024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    print(f"load average {os.getloadavg()[0]:.1f}")
    for count in (rows // 10, rows):
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder)
            timed("token", *OF, "--role", "admin", data=here / "data")
            for what, name, write in (("parties", "p.csv", parties), ("realties", "r.ndjson", realties)):
                write(here / name, count)
                for again in ("first", "again"):
                    seconds, megabytes = timed("import", what, str(here / name), *OF, data=here / "data")
                    rate = count / seconds
                    print(f"import {what} {count:,} {again}: {seconds:.1f} s, {rate:,.0f}/s, {megabytes:.0f} MB")
                seconds, megabytes = timed("export", what, str(here / f"{what}.csv"), *OF, data=here / "data")
                print(f"export {what} {count:,}: {seconds:.1f} s, {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
