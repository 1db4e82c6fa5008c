"""How clients speak: one folder a dialect, and `kit`, which they share."""
