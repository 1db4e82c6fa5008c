"""The database that the settings name."""

from __future__ import annotations

from askare.edge import Edge
from askare.settings import DATABASE_FILE, BadSettings, Settings
from askare.storage.desk import Database
from askare.storage.migrations import migrate
from askare.storage.sqlite import SqliteDatabase


def open_database(settings: Settings) -> Database:
    """The database that the settings name; the data folder is made when it is missing.

    Raises BadSettings when it cannot be made, and Unavailable when the database cannot be opened.
    """
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSettings([f"data: the folder {settings.data} cannot be made: {error.strerror}"]) from None
    if settings.database:
        from askare.storage.postgres import PostgresDatabase  # its driver is large, and SQLite needs none of it

        database = PostgresDatabase(settings.database.reveal())
        database.open()
        return database
    return SqliteDatabase(settings.data / DATABASE_FILE)


def open_up_to_date(settings: Settings) -> Database:
    """The same with all migrations.  Raises SchemaTooNew, too."""
    database = open_database(settings)
    try:
        migrate(database, now=Edge().now())
    except BaseException:
        database.close()
        raise
    return database
