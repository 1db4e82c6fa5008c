-- The tables of both peers.  Instants and uuids are text in the form each peer's own library stores them.
-- `document` is filled by the Fastify peer in its stored-documents variant only; elsewhere it stays NULL.

CREATE TABLE organizations (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE tasks (
    id                INTEGER PRIMARY KEY,
    task_id           TEXT NOT NULL,
    organization_id   INTEGER NOT NULL REFERENCES organizations (id),
    type_code         TEXT NOT NULL,
    status_code       TEXT NOT NULL,
    description       TEXT,
    task_due_time     TEXT NOT NULL,
    realty_id         TEXT,
    assignment_id     TEXT,
    agency_office_id  TEXT NOT NULL,
    creation_time     TEXT NOT NULL,
    modification_time TEXT NOT NULL,
    version           INTEGER NOT NULL DEFAULT 1,
    document          TEXT
);

CREATE TABLE task_parties (
    task_id         INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    party_id        TEXT NOT NULL,
    party_type_code TEXT NOT NULL,
    position        INTEGER NOT NULL,
    PRIMARY KEY (task_id, party_id)
) WITHOUT ROWID;

CREATE TABLE task_agents (
    task_id  INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    agent_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (task_id, agent_id)
) WITHOUT ROWID;

-- One row a change: who, when, what it was, what it became.
CREATE TABLE task_history (
    id           INTEGER PRIMARY KEY,
    task_id      INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    changed_by   TEXT NOT NULL,
    changed_at   TEXT NOT NULL,
    before_state TEXT,
    after_state  TEXT
);

CREATE VIRTUAL TABLE tasks_fts USING fts5 (
    description, content='tasks', content_rowid='id', tokenize='unicode61'
);
