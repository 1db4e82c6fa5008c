-- What happened to every thing: who, when, before and after.
CREATE TABLE history (
    seq {serial},
    {commit_columns}
    organization_no {bigint} NOT NULL,
    kind TEXT NOT NULL,
    thing_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('created', 'updated', 'deleted')),
    at {bigint} NOT NULL,
    user_id {bytes} NOT NULL,
    before TEXT,
    after TEXT
) {strict};
CREATE INDEX history_of_thing ON history (organization_no, kind, thing_id, version);
CREATE INDEX history_of_organization ON history (organization_no, seq);
{commit_index}

-- What is left of a deleted thing.
CREATE TABLE tombstones (
    organization_no {bigint} NOT NULL,
    kind TEXT NOT NULL,
    thing_id {bytes} NOT NULL,
    at {bigint} NOT NULL,
    user_id {bytes} NOT NULL,
    PRIMARY KEY (organization_no, kind, thing_id)
) {clustered};

-- Requests that were carried out under a key of the client's, with what they were answered.
CREATE TABLE idempotency_keys (
    organization_no {bigint} NOT NULL,
    user_id {bytes} NOT NULL,
    key TEXT NOT NULL,
    operation TEXT NOT NULL,
    fingerprint {bytes} NOT NULL,
    result TEXT NOT NULL,
    at {bigint} NOT NULL,
    PRIMARY KEY (organization_no, user_id, key)
) {clustered};
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);

-- Every distinct word an organization's texts hold, once.
CREATE TABLE words (
    word_no {serial},
    organization_no {bigint} NOT NULL,
    word TEXT NOT NULL,
    UNIQUE (organization_no, word)
) {strict};

-- How a word is found: kind 0 the word itself, 1 its ends, 2 its stems other than itself (kernel/words.py).
CREATE TABLE word_forms (
    organization_no {bigint} NOT NULL,
    form TEXT {collate} NOT NULL,
    kind {bigint} NOT NULL,
    word_no {bigint} NOT NULL,
    PRIMARY KEY (organization_no, form, kind, word_no)
) {clustered};

-- Small facts the house remembers about itself: which demo data stands, when upkeep last ran.
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) {strict};
