"""Who is calling, and what they may see: organizations, users, tokens, keys.  The door is `door.Door`."""
