DROP TABLE directory;

-- By which name everything that others point at is known: offices, agents, operators, parties and realties.
CREATE TABLE names (
    organization_no {bigint} NOT NULL,
    kind TEXT NOT NULL,
    thing_id {bytes} NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (organization_no, kind, thing_id)
) {clustered};

-- The code (1) and the extension (2) of an operator, each of one operator only.
CREATE TABLE operator_keys (
    organization_no {bigint} NOT NULL,
    kind {bigint} NOT NULL,
    key TEXT NOT NULL,
    user_id {bytes} NOT NULL,
    PRIMARY KEY (organization_no, kind, key)
) {clustered};

-- The small integers by which call tasks know the users of an organization.  They are never given twice, so no row
-- ever leaves.
CREATE TABLE user_numbers (
    organization_no {bigint} NOT NULL,
    number {bigint} NOT NULL,
    user_id {bytes} NOT NULL,
    PRIMARY KEY (organization_no, number),
    UNIQUE (organization_no, user_id)
) {strict};

CREATE TABLE entries (
    entry_no {serial},
    organization_no {bigint} NOT NULL,
    kind TEXT NOT NULL,
    thing_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, kind, thing_id)
) {strict};
