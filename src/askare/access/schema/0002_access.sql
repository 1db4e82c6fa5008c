CREATE TABLE organizations (
    organization_no {serial},
    organization_id {bytes} NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE
) {strict};

-- A person or a program that may call.  `offices` is a JSON list of office ids.
CREATE TABLE users (
    user_id {bytes} PRIMARY KEY,
    organization_no {bigint} NOT NULL REFERENCES organizations (organization_no),
    username TEXT UNIQUE,
    password_hash TEXT,
    role TEXT NOT NULL,
    offices TEXT NOT NULL,
    agent_id {bytes},
    disabled {bigint} NOT NULL DEFAULT 0,
    created_at {bigint} NOT NULL
) {strict};

-- Personal access tokens: only a digest is kept.  A token may say less than its user's rights, never more.
CREATE TABLE access_tokens (
    token_id {bytes} PRIMARY KEY,
    digest {bytes} NOT NULL UNIQUE,
    user_id {bytes} NOT NULL REFERENCES users (user_id),
    role TEXT NOT NULL,
    offices TEXT NOT NULL,
    agent_id {bytes},
    created_at {bigint} NOT NULL,
    expires_at {bigint} NOT NULL,
    revoked_at {bigint},
    name TEXT NOT NULL DEFAULT '',
    used_at {bigint}
) {strict};
CREATE INDEX access_tokens_of_user ON access_tokens (user_id);

-- The public halves of the keys that sign our tokens; each node keeps its private half in its data folder.
CREATE TABLE signing_keys (
    key_id TEXT PRIMARY KEY,
    public_jwk TEXT NOT NULL,
    created_at {bigint} NOT NULL
) {strict};
