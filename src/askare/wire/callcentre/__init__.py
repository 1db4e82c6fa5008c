"""The call centre's dialect: call tasks and appeals, with FastAPI's shapes.  See README.md."""
