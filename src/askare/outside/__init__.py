"""What lives outside of the server, and how it is reached."""
