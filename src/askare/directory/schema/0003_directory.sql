-- Offices, agents, parties and realties as far as they are known here, and how each is named in searches.
CREATE TABLE directory (
    organization_no {bigint} NOT NULL,
    kind TEXT NOT NULL,
    thing_id {bytes} NOT NULL,
    label TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (organization_no, thing_id, kind)
) {clustered};
