"""The web house: settings, database, and the dialects' apps behind their prefixes."""
