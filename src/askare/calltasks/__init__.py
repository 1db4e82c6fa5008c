"""Call tasks: from a call to an operator's task, with a pipeline that never hides work."""
