-- What stood here named things and said nothing else; the four kinds below are kept like everything else.
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

-- Things that have another name than before, until everything that names them is found by the new one.  `times` says
-- how often, so that who has seen to one change does not take the next one for seen to.
CREATE TABLE renamed (
    organization_no {bigint} NOT NULL,
    kind TEXT NOT NULL,
    thing_id {bytes} NOT NULL,
    times {bigint} NOT NULL DEFAULT 1,
    PRIMARY KEY (organization_no, kind, thing_id)
) {clustered};

-- How often texts on a shelf were rewritten for that reason: counts of free text searches are as old as this number.
CREATE TABLE retexted (
    organization_no {bigint} NOT NULL,
    shelf TEXT NOT NULL,
    times {bigint} NOT NULL,
    PRIMARY KEY (organization_no, shelf)
) {clustered};

-- Links of all four: 1 office (of an agent), 2 telephone number.
CREATE TABLE offices (
    office_no {serial},
    organization_no {bigint} NOT NULL,
    office_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    sort_name TEXT {collate} NOT NULL,
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, office_id)
) {strict};
CREATE INDEX offices_by_name ON offices (organization_no, sort_name, office_id, modified);
CREATE INDEX offices_by_modified ON offices (organization_no, modified, office_id);
{shelf office created}

CREATE TABLE agents (
    agent_no {serial},
    organization_no {bigint} NOT NULL,
    agent_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    sort_name TEXT {collate} NOT NULL,
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, agent_id)
) {strict};
CREATE INDEX agents_by_name ON agents (organization_no, sort_name, agent_id, modified);
CREATE INDEX agents_by_modified ON agents (organization_no, modified, agent_id);
{shelf agent created}

CREATE TABLE operators (
    operator_no {serial},
    organization_no {bigint} NOT NULL,
    operator_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    sort_name TEXT {collate} NOT NULL,
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, operator_id)
) {strict};
CREATE INDEX operators_by_name ON operators (organization_no, sort_name, operator_id, modified);
CREATE INDEX operators_by_modified ON operators (organization_no, modified, operator_id);
{shelf operator created}

CREATE TABLE parties (
    party_no {serial},
    organization_no {bigint} NOT NULL,
    party_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    sort_name TEXT {collate} NOT NULL,
    type TEXT NOT NULL,
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, party_id)
) {strict};
CREATE INDEX parties_by_name ON parties (organization_no, sort_name, party_id, type, modified);
CREATE INDEX parties_by_modified ON parties (organization_no, modified, party_id, type);
{shelf party created}
