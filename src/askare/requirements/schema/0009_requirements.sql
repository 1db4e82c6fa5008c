-- Asset requirements.
CREATE TABLE requirements (
    requirement_no {serial},
    organization_no {bigint} NOT NULL,
    requirement_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    status {bigint} NOT NULL,
    office_id {bytes} NOT NULL,
    friendly_id {bigint} NOT NULL,
    marketing {bigint} NOT NULL,
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, requirement_id)
) {strict};
-- The small columns ride in the indexes, so that a search reads a document only to answer it.
CREATE INDEX requirements_by_created ON requirements
    (organization_no, created, requirement_id, status, office_id, friendly_id, marketing, modified);
CREATE INDEX requirements_by_modified ON requirements
    (organization_no, modified, requirement_id, status, office_id, friendly_id, marketing, created);
CREATE INDEX requirements_by_office ON requirements
    (organization_no, office_id, created, requirement_id, status, friendly_id, marketing, modified);
CREATE INDEX requirements_by_office_modified ON requirements
    (organization_no, office_id, modified, requirement_id, status, friendly_id, marketing, created);
CREATE INDEX requirements_by_status ON requirements
    (organization_no, status, requirement_id, office_id, friendly_id, marketing, created, modified);
CREATE UNIQUE INDEX requirements_by_friendly_id ON requirements (organization_no, friendly_id);

-- The friendly id that an organization gave last.
CREATE TABLE requirement_friendly_ids (
    organization_no {bigint} PRIMARY KEY,
    last {bigint} NOT NULL
) {strict};

-- The notes about an asset requirement.
CREATE TABLE requirement_notes (
    note_no {serial},
    organization_no {bigint} NOT NULL,
    note_id {bytes} NOT NULL,
    requirement_no {bigint} NOT NULL,
    version {bigint} NOT NULL,
    created {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, note_id)
) {strict};
CREATE INDEX requirement_notes_by_requirement ON requirement_notes (requirement_no, created, note_id);

-- Links: 1 responsible agent, 2 any agent.
{shelf requirement created}
