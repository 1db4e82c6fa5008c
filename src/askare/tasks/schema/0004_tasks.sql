CREATE TABLE tasks (
    task_no {serial},
    organization_no {bigint} NOT NULL,
    task_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    type {bigint} NOT NULL,
    status {bigint} NOT NULL,
    office_id {bytes} NOT NULL,
    due {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, task_id)
) {strict};
-- The small columns ride in the indexes, so that a search reads a document only to answer it.
CREATE INDEX tasks_by_due ON tasks (organization_no, due, task_id, type, status, office_id, modified);
CREATE INDEX tasks_by_modified ON tasks (organization_no, modified, task_id, type, status, office_id, due);
CREATE INDEX tasks_by_office ON tasks (organization_no, office_id, due, task_id, type, status, modified);
CREATE INDEX tasks_by_office_modified ON tasks (organization_no, office_id, modified, task_id, type, status, due);

-- The parties (1), agents (2), realty (3) and assignment (4) of a task.
CREATE TABLE task_links (
    organization_no {bigint} NOT NULL,
    kind {bigint} NOT NULL,
    target {bytes} NOT NULL,
    due {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    task_id {bytes} NOT NULL,
    PRIMARY KEY (organization_no, kind, target, due, task_no)
) {clustered};

-- A task's text as it is searched, in the order of the tasks' due times.
CREATE TABLE task_texts (
    organization_no {bigint} NOT NULL,
    due {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    words_line TEXT NOT NULL,
    stems_line TEXT NOT NULL,
    PRIMARY KEY (organization_no, due, task_no)
) {clustered};

-- Which words a task's text holds, with what a search sorts by, except for the tasks below.
CREATE TABLE task_words (
    organization_no {bigint} NOT NULL,
    word_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    due {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    PRIMARY KEY (organization_no, word_no, task_no)
) {clustered};

-- Tasks whose words are not posted yet, and the words that are still posted for them.  A write only notes the task
-- here; the night shift posts the words of many tasks at once, in the order of the table above.
CREATE TABLE tasks_unposted (
    organization_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    posted_words TEXT NOT NULL,
    PRIMARY KEY (organization_no, task_no)
) {clustered};
