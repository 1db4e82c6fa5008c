-- Letters.  `content` is what a letter says (the cards of alerts stand below), `document` what is answered about it.
-- `gathering` is 1 while a digest may still be joined.
CREATE TABLE letters (
    letter_no {serial},
    organization_no {bigint} NOT NULL,
    letter_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    gathering {bigint} NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient_id {bytes} NOT NULL,
    watch_id {bytes},
    once TEXT,
    due {bigint} NOT NULL,
    next_attempt {bigint},
    expires {bigint} NOT NULL,
    attempts {bigint} NOT NULL,
    rounds {bigint} NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    answer TEXT NOT NULL,
    reason TEXT NOT NULL,
    sent {bigint},
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    content TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, letter_id),
    UNIQUE (organization_no, once)
) {strict};
CREATE UNIQUE INDEX letters_gathering ON letters (organization_no, watch_id, recipient_kind, recipient_id)
    WHERE gathering = 1;
CREATE INDEX letters_by_created ON letters (organization_no, created, letter_id);
CREATE INDEX letters_by_modified ON letters (organization_no, modified, letter_id);
CREATE INDEX letters_by_state ON letters (organization_no, state, created, letter_id);
CREATE INDEX letters_by_recipient ON letters (organization_no, recipient_id, created, letter_id);
CREATE INDEX letters_by_watch ON letters (organization_no, watch_id, created, letter_id);

-- Which realty a recipient of a watch was written about, and in which letter: once, whatever happens.
CREATE TABLE letter_realties (
    organization_no {bigint} NOT NULL,
    watch_id {bytes} NOT NULL,
    realty_id {bytes} NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient_id {bytes} NOT NULL,
    letter_id {bytes} NOT NULL,
    card TEXT NOT NULL,
    PRIMARY KEY (organization_no, watch_id, realty_id, recipient_kind, recipient_id)
) {clustered};
-- With the realty in it: else both databases would rather go through all realties than sort the few of a letter.
CREATE INDEX letter_realties_of_letter ON letter_realties (organization_no, letter_id, realty_id);
CREATE INDEX letter_realties_of_realty ON letter_realties (organization_no, realty_id, letter_id);

-- When a backup was last restored whose letters are held: what was due up to then may have left already.
CREATE TABLE letter_holds (
    restored {bigint} NOT NULL PRIMARY KEY
) {clustered};

-- By which token a recipient ends the letters of a watch, and since when they are ended (NULL: they are not).
CREATE TABLE letter_subscriptions (
    token {bytes} PRIMARY KEY,
    organization_no {bigint} NOT NULL,
    watch_id {bytes} NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient_id {bytes} NOT NULL,
    ended {bigint},
    UNIQUE (organization_no, watch_id, recipient_kind, recipient_id)
) {clustered};
