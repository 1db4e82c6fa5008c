"""Our own dialect: what the published APIs lack.  It speaks as the OviPro dialect does."""
