"""An agent's tasks: what is to be done, for whom, by when.  Source: OviPro Task Management API 1.0."""
