CREATE TABLE meetings (
    meeting_no {serial},
    organization_no {bigint} NOT NULL,
    meeting_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    type {bigint} NOT NULL,
    status {bigint} NOT NULL,
    source {bigint} NOT NULL,
    office_id {bytes} NOT NULL,
    visit {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, meeting_id)
) {strict};
-- The small columns ride in the indexes, so that a search reads a document only to answer it.
CREATE INDEX meetings_by_visit ON meetings
    (organization_no, visit, meeting_id, type, status, source, office_id, modified);
CREATE INDEX meetings_by_modified ON meetings
    (organization_no, modified, meeting_id, type, status, source, office_id, visit);
CREATE INDEX meetings_by_office ON meetings
    (organization_no, office_id, visit, meeting_id, type, status, source, modified);
CREATE INDEX meetings_by_office_modified ON meetings
    (organization_no, office_id, modified, meeting_id, type, status, source, visit);

-- Links: 1 party, 2 agent, 3 realty.
{shelf meeting visit}
