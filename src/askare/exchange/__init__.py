"""Many things at once, from a file and into one: CSV, XLSX and NDJSON for people and for other programs."""
