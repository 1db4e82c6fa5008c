"""Asset requirements: what a buyer looks for, and the notes that agents keep about it."""
