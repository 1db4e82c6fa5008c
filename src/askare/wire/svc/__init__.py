"""The dialect of the service-task platform: service tasks, scripts, running scripts, workdays.  See README.md."""
