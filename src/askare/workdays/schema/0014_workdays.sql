-- Exceptional dates of a domain.
CREATE TABLE workdays (
    organization_no {bigint} NOT NULL,
    thing_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (organization_no, thing_id)
) {clustered};
CREATE INDEX workdays_by_creation ON workdays (organization_no, created, thing_id);

-- What a domain says of its hours and its scripts, and how often its calendar has changed.
CREATE TABLE domains (
    organization_no {bigint} PRIMARY KEY,
    document TEXT NOT NULL,
    calendar_version {bigint} NOT NULL,
    timed_version {bigint} NOT NULL
) {strict};
-- Domains whose timetables have yet to be looked at anew.
CREATE INDEX domains_to_time ON domains (organization_no) WHERE timed_version <> calendar_version;
