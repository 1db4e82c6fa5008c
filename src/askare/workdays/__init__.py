"""Working hours: the ordinary week, exceptional days, and when a window is open."""
