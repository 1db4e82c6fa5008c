"""The OviPro dialect: Task Management, and the Authentication API that its clients sign in with.  See README.md."""
