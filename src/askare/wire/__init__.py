"""How clients speak: one folder a dialect, and `kit`, which they share."""

import os as _os

# Falcon reads this once, when it is imported, and nothing below here is imported before this.
_methods = [*filter(None, _os.environ.get("FALCON_CUSTOM_HTTP_METHODS", "").split(",")), "LOOKUP"]
_os.environ["FALCON_CUSTOM_HTTP_METHODS"] = ",".join(dict.fromkeys(_methods))
