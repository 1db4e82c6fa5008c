-- What an organization says of how its calls are handled: the answer's form.  No row: it says nothing.
CREATE TABLE call_settings (
    organization_no {bigint} PRIMARY KEY,
    version {bigint} NOT NULL,
    document TEXT NOT NULL
) {strict};
