"""The local twin of a mail server: a folder of `.eml` files."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from askare.letters.addresses import one_line
from askare.letters.model import Accepted, Later, Mail, Verdict

ANSWER_LETTERS_MAX = 500

_log = structlog.get_logger("askare")


class FolderMailer:
    """Keeps each letter as a file that every mail program opens.

    A letter has one name, so an attempt that is repeated leaves one file.
    """

    reads_8bit = True  # people read these with `cat`

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail) -> Verdict:
        try:
            file = await asyncio.to_thread(self._keep, mail)
        except OSError as error:
            return Later(one_line(f"cannot be written: {error}", ANSWER_LETTERS_MAX))
        _log.info("a letter was kept in a folder, not sent", letter=str(mail.letter_id), file=str(file))
        return Accepted(f"kept as {file.name}")

    def _keep(self, mail: Mail) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._folder / f"{mail.moment:%Y%m%dT%H%M%SZ}-{mail.letter_id}.eml"
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(mail.message)
        unfinished.replace(file)  # whole or not at all; not flushed: a power cut may cost what was never sent anyway
        return file
