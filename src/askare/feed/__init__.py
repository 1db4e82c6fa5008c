"""What has changed, for those who keep a copy: every change that the caller may know of, in order, each once."""
