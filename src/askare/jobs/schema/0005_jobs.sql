-- Promised work.  `due` is when it may next be taken up: a lease moves it to the lease's end, so that work whose holder
-- died becomes due again by itself.  NULL: given up, and kept for people to see.
CREATE TABLE jobs (
    job_no {serial},
    organization_no {bigint} NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    due {bigint},
    is_leased {bigint} NOT NULL DEFAULT 0,
    promised {bigint} NOT NULL DEFAULT 1,
    fence {bigint} NOT NULL DEFAULT 0,
    attempts {bigint} NOT NULL DEFAULT 0,
    trouble TEXT NOT NULL DEFAULT '',
    UNIQUE (organization_no, kind, about)
) {strict};
CREATE INDEX jobs_by_due ON jobs (kind, due);
