"""The three kinds of files: rows are read from them and written to them one at a time, however many there are."""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TextIO, cast

import msgspec
from msgspec import Struct

from askare.directory.model import Kind
from askare.exchange.columns import (
    ERROR,
    ROW,
    Heading,
    cells_of,
    columns_of,
    heading_of,
    neutralised,
    restored,
    thing_of,
)
from askare.kernel.endings import Ending

LINE_BYTES_MAX = 1 << 20
XLSX_ROWS_MAX = 1_048_576  # what a sheet holds
DELIMITERS = ",;\t"


class Format(Enum):
    """How a file is written."""

    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"


_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".xlsx": Format.XLSX,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
}


class BadFile(Ending):
    """The file as a whole cannot be read; the text says why and what to do."""


def format_of(path: Path) -> Format:
    """By the end of the name.  Raises BadFile for one that says nothing."""
    try:
        return _SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise BadFile(f"{path.name}: the name must end in .csv, .xlsx or .ndjson") from None


class Row(Struct, frozen=True):
    """One thing of a file: its line or row (the first is 1), its plain value or why there is none, and what the file
    says itself, for an error file."""

    number: int
    thing: Any
    trouble: str = ""
    original: Any = None


class Source(Protocol):
    """A file being read."""

    heading: Heading | None
    names: Sequence[str]  # the columns as they stand in the file, where it has any
    total: int  # of whatever `done` counts

    @property
    def done(self) -> int: ...

    def rows(self) -> Iterator[Row]: ...


@contextmanager
def opened(path: Path, kind: Kind) -> Iterator[Source]:
    """Open a file for reading.  Raises BadFile."""
    form = format_of(path)
    with ExitStack() as at_end:
        try:
            if form is Format.XLSX:
                book = _open_book(path)
                at_end.callback(book.close)
            else:
                encoding = _encoding_of(path) if form is Format.CSV else "utf-8"
                raw = at_end.enter_context(path.open("rb"))
                size = path.stat().st_size
        except OSError as error:
            raise BadFile(f"{path}: cannot be read: {error.strerror or error}") from None
        if form is Format.XLSX:
            yield _XlsxSource(book.worksheets[0], kind)
        elif form is Format.CSV:
            yield _CsvSource(raw, size, encoding, kind)
        else:
            yield _NdjsonSource(raw, size)


def _encoding_of(path: Path) -> str:
    """UTF-8, or what Excel in western Europe writes where it does not write that."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as raw:
            while part := raw.read(1 << 20):
                decoder.decode(part)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


class _CsvSource:
    def __init__(self, raw: BinaryIO, size: int, encoding: str, kind: Kind) -> None:
        self._raw = raw
        self.total = size
        text = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
        first = text.readline()
        text.seek(0)
        delimiter = max(DELIMITERS, key=first.count)
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)
        csv.field_size_limit(LINE_BYTES_MAX)
        try:
            self.names: Sequence[str] = [restored(name) for name in next(self._reader, [])]
        except csv.Error as error:
            raise BadFile(f"the first line is no list of columns: {error}") from None
        self.heading: Heading | None = _required_heading(kind, self.names)

    @property
    def done(self) -> int:
        return self._raw.tell()

    def rows(self) -> Iterator[Row]:
        assert self.heading is not None  # noqa: S101  -- set above
        while True:
            number = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise BadFile(f"line {number}: cannot be read any further: {error}") from None
            if not any(cell.strip() for cell in cells):
                continue
            told = [restored(cell) for cell in cells]
            extra = [cell for cell in cells[len(self.names) :] if cell.strip()]
            trouble = f"there are {len(cells)} cells under {len(self.names)} columns" if extra else ""
            yield Row(number, thing_of(self.heading, told), trouble, told)


class _NdjsonSource:
    heading: Heading | None = None
    names: Sequence[str] = ()

    def __init__(self, raw: BinaryIO, size: int) -> None:
        self._raw = raw
        self.total = size
        self.done = 0

    def rows(self) -> Iterator[Row]:
        number = 0
        while line := self._raw.readline(LINE_BYTES_MAX + 1):
            number += 1
            self.done += len(line)
            if len(line) > LINE_BYTES_MAX:
                raise BadFile(f"line {number}: longer than {LINE_BYTES_MAX:,} bytes")
            text = line.strip().removeprefix(codecs.BOM_UTF8)
            if text:
                yield Row(number, msgspec.Raw(text), original=text)


def _open_book(path: Path) -> Any:
    import openpyxl  # it takes a quarter of a second to load, and only those who have spreadsheets need it

    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except OSError:
        raise
    except Exception as error:  # whatever its many parts say of a file that is no spreadsheet
        raise BadFile(f"{path}: is no XLSX file: {error}") from None


class _XlsxSource:
    def __init__(self, sheet: Any, kind: Kind) -> None:
        self._rows = sheet.iter_rows(values_only=True)
        self.total = sheet.max_row or 0
        self.done = 1
        self.names: Sequence[str] = ["" if name is None else str(name) for name in next(self._rows, ())]
        self.heading: Heading | None = _required_heading(kind, self.names)

    def rows(self) -> Iterator[Row]:
        assert self.heading is not None  # noqa: S101  -- set above
        for cells in self._rows:
            self.done += 1
            told = [_unescaped(cell) if isinstance(cell, str) else cell for cell in cells]
            if any(cell is not None and cell != "" for cell in told):
                yield Row(self.done, thing_of(self.heading, told), original=told)


def _required_heading(kind: Kind, names: Sequence[str]) -> Heading:
    heading = heading_of(kind, names)
    columns = columns_of(kind)
    if columns[0].name not in heading.names:
        raise BadFile(
            f"the first line must name the columns, {columns[0].name} among them; known are:"
            f" {', '.join(column.name for column in columns)}"
        )
    repeated = sorted(name for name in heading.names if [c and c.name for c in heading.columns].count(name) > 1)
    if repeated:
        raise BadFile(f"the first line names {', '.join(repeated)} more than once")
    return heading


# Writing ---------------------------------------------------------------------------------------------------------


class Sink(Protocol):
    """A file being written."""

    def write(self, cells: Sequence[Any], thing: Any) -> None:
        """One thing, as a row of cells and as a plain value: each file takes what it can hold."""


@contextmanager
def created(path: Path | None, form: Format, names: Sequence[str]) -> Iterator[Sink]:
    """Write a file with these columns, or standard output.  A file appears whole or not at all.  Raises BadFile."""
    if path is None:
        if form is Format.XLSX:
            raise BadFile("a spreadsheet cannot be written to standard output; name a file")
        with _writing(cast("BinaryIO", sys.stdout.buffer), form, names) as sink:
            yield sink
        sys.stdout.flush()
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        raw = unfinished.open("wb")
    except OSError as error:
        raise BadFile(f"{path}: cannot be written: {error.strerror or error}") from None
    try:
        with raw, _writing(raw, form, names) as sink:
            yield sink
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _writing(raw: BinaryIO, form: Format, names: Sequence[str]) -> Iterator[Sink]:
    if form is Format.XLSX:
        sink = _XlsxSink(names)
        yield sink
        sink.save(raw)
        return
    if form is Format.NDJSON:
        yield _NdjsonSink(raw)
        return
    # The mark at the beginning tells Excel that what follows is UTF-8.
    text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    try:
        yield _CsvSink(text, names)
    finally:
        text.flush()
        text.detach()


class _CsvSink:
    def __init__(self, text: TextIO, names: Sequence[str]) -> None:
        self._writer = csv.writer(text)
        self._writer.writerow(names)

    def write(self, cells: Sequence[Any], thing: Any) -> None:  # noqa: ARG002  -- rows are all it holds
        self._writer.writerow([_as_text(cell) for cell in cells])


def _as_text(cell: Any) -> Any:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return neutralised(cell) if isinstance(cell, str) else cell


class _NdjsonSink:
    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    def write(self, cells: Sequence[Any], thing: Any) -> None:  # noqa: ARG002  -- things are what it holds
        self._raw.write(msgspec.json.encode(thing) + b"\n")


class _XlsxSink:
    def __init__(self, names: Sequence[str]) -> None:
        import openpyxl
        from openpyxl.cell import WriteOnlyCell

        self._book = openpyxl.Workbook(write_only=True)
        self._sheet = self._book.create_sheet()
        self._cell = WriteOnlyCell
        self._rows = 0
        self._add(names)

    def write(self, cells: Sequence[Any], thing: Any) -> None:  # noqa: ARG002  -- rows are all it holds
        self._add(cells)

    def _add(self, cells: Sequence[Any]) -> None:
        self._rows += 1
        if self._rows > XLSX_ROWS_MAX:
            raise BadFile(f"a sheet holds {XLSX_ROWS_MAX:,} rows and no more; write CSV or NDJSON")
        self._sheet.append([self._settled(cell) if isinstance(cell, str) else cell for cell in cells])

    def _settled(self, text: str) -> Any:
        """A cell of text.  What begins like a formula is marked as text, so that it is one even after an edit."""
        escaped = _escaped(text)
        if neutralised(text) == text:
            return escaped
        cell = self._cell(self._sheet, escaped)
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell

    def save(self, raw: BinaryIO) -> None:
        self._book.save(raw)


# XML has no word for most control characters; spreadsheets write them as _x000B_ and escape what looks like that.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\r\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _escaped(text: str) -> str:
    return _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


class Errors:
    """What could not be loaded, in a file of the same kind that can be mended and loaded again."""

    def __init__(self, source: Source, sink: Sink) -> None:
        self._source = source
        self._sink = sink

    @staticmethod
    def names(source: Source) -> list[str]:
        """The columns of the error file: those of the source, and what is wrong with each row."""
        return [ROW, ERROR, *(name for name in source.names if name.strip().lower() not in (ROW, ERROR))]

    def write(self, row: Row, trouble: str) -> None:
        told = {ROW: row.number, ERROR: trouble}
        if self._source.heading is None:
            self._sink.write((), {**told, **_object_of(row.original)})
            return
        cells = [
            cell
            for name, cell in zip(self._source.names, row.original, strict=False)
            if name.strip().lower() not in (ROW, ERROR)
        ]
        self._sink.write([row.number, trouble, *cells], None)


def _object_of(text: bytes) -> dict[str, Any]:
    """What a line of JSON says; one that says nothing is kept as it is."""
    try:
        thing = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        thing = None
    if isinstance(thing, dict):
        return {name: value for name, value in thing.items() if name not in (ROW, ERROR)}
    return {"line": text.decode("utf-8", errors="replace")}


def table_names(kind: Kind) -> list[str]:
    """The columns of a table of these things."""
    return [column.name for column in columns_of(kind)]


def write_thing(sink: Sink, kind: Kind, thing: dict[str, Any]) -> None:
    """One thing of a kind, in the columns of `table_names`."""
    sink.write(cells_of(kind, thing), thing)
