"""What the server says of itself: health, metrics, public keys, and the documentation of its APIs."""
