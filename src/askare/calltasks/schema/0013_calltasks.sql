-- Calls as tasks of operators.  `document` answers a task, less the operator's name; `kept` is what no answer shows.
-- Statuses and the like are numbered in `store.py`.  `user_id` is the operator's, `phone` the caller's number in E.164.
CREATE TABLE call_tasks (
    task_no {serial},
    organization_no {bigint} NOT NULL,
    assigned_no {bigint},
    user_id {bytes},
    status {bigint} NOT NULL,
    processing {bigint} NOT NULL,
    priority {bigint} NOT NULL,
    type TEXT NOT NULL,
    phone TEXT,
    recording_at {bigint},
    document TEXT NOT NULL,
    kept TEXT NOT NULL
) {strict};
CREATE INDEX call_tasks_in_order ON call_tasks (organization_no, task_no, status, processing, priority, type, assigned_no);
CREATE INDEX call_tasks_of_operator
    ON call_tasks (organization_no, assigned_no, task_no, status, processing, priority, type);
CREATE INDEX call_tasks_by_status ON call_tasks (organization_no, status, task_no);
CREATE INDEX call_tasks_by_processing ON call_tasks (organization_no, processing, task_no, status);
CREATE INDEX call_tasks_by_phone ON call_tasks (organization_no, phone);
CREATE INDEX call_tasks_by_recording ON call_tasks (recording_at);

-- A task's title as it is searched: folded.
CREATE TABLE call_titles (
    organization_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (organization_no, task_no)
) {clustered};

-- Which words a title holds, except for the tasks below, whose words the night shift posts many at a time.
CREATE TABLE call_words (
    organization_no {bigint} NOT NULL,
    word_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    PRIMARY KEY (organization_no, word_no, task_no)
) {clustered};
CREATE TABLE call_unposted (
    organization_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    words_line TEXT NOT NULL,
    PRIMARY KEY (organization_no, task_no)
) {clustered};

-- What an exchange handed in lately, by a digest of what makes two requests the same call.
CREATE TABLE call_arrivals (
    organization_no {bigint} NOT NULL,
    digest {bytes} NOT NULL,
    task_no {bigint} NOT NULL,
    at {bigint} NOT NULL,
    PRIMARY KEY (organization_no, digest)
) {clustered};
CREATE INDEX call_arrivals_by_age ON call_arrivals (at);

-- Texts that were replaced.
CREATE TABLE call_texts (
    organization_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    field TEXT NOT NULL,
    version {bigint} NOT NULL,
    text TEXT NOT NULL,
    source TEXT,
    replaced_at {bigint} NOT NULL,
    PRIMARY KEY (organization_no, task_no, field, version)
) {clustered};

-- Runs of the pipeline that users asked for within the last hour.
CREATE TABLE call_reprocesses (
    organization_no {bigint} NOT NULL,
    user_id {bytes} NOT NULL,
    at {bigint} NOT NULL,
    task_no {bigint} NOT NULL
) {strict};
CREATE INDEX call_reprocesses_by_user ON call_reprocesses (organization_no, user_id, at);

-- That callers were erased, and when.  Remembered counts of searches made before know nothing of it.
CREATE TABLE call_erasures (
    organization_no {bigint} NOT NULL,
    at {bigint} NOT NULL,
    tasks {bigint} NOT NULL
) {strict};
CREATE INDEX call_erasures_of_organization ON call_erasures (organization_no);
