"""What lives outside, spoken to over real sockets: its local twins behave, fail and stall like the real thing."""
