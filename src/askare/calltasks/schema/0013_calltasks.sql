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
    call_id TEXT,
    appeal TEXT,
    has_error {bigint} NOT NULL,
    created_at {bigint} NOT NULL,
    updated_at {bigint} NOT NULL,
    due_at {bigint},
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
CREATE INDEX call_tasks_by_call ON call_tasks (organization_no, call_id) WHERE call_id IS NOT NULL;
CREATE INDEX call_tasks_by_appeal ON call_tasks (organization_no, appeal) WHERE appeal IS NOT NULL;
CREATE INDEX call_tasks_by_creation ON call_tasks (organization_no, created_at, task_no);
CREATE INDEX call_tasks_by_update ON call_tasks (organization_no, updated_at, task_no);
CREATE INDEX call_tasks_by_due ON call_tasks (organization_no, due_at, task_no);
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

-- All else that is searched in where a search is not for titles alone: texts, call id and digits of the phone, folded;
-- of tasks that have any.  Its words are posted likewise.  Words of texts that were replaced stay: the text decides.
CREATE TABLE call_contents (
    organization_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (organization_no, task_no)
) {clustered};
CREATE TABLE call_content_words (
    organization_no {bigint} NOT NULL,
    word_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    PRIMARY KEY (organization_no, word_no, task_no)
) {clustered};
CREATE TABLE call_content_unposted (
    organization_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
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

-- Whom events are sent to, and how far in history each has come: `mark` is what was committed then, `overdue_after` the
-- moment up to which due tasks were told of.
CREATE TABLE call_hooks (
    hook_no {serial},
    organization_no {bigint} NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    events TEXT NOT NULL,
    with_texts {bigint} NOT NULL,
    created_at {bigint} NOT NULL,
    mark TEXT NOT NULL,
    overdue_after {bigint} NOT NULL
) {strict};
CREATE INDEX call_hooks_of_organization ON call_hooks (organization_no, hook_no);

-- Each event for each of them: what is to be sent, and what became of it.
CREATE TABLE call_deliveries (
    delivery_no {serial},
    organization_no {bigint} NOT NULL,
    hook_no {bigint} NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    task_no {bigint} NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts {bigint} NOT NULL DEFAULT 0,
    status {bigint},
    trouble TEXT NOT NULL DEFAULT '',
    created_at {bigint} NOT NULL,
    next_at {bigint},
    ended_at {bigint}
) {strict};
CREATE INDEX call_deliveries_of_hook ON call_deliveries (organization_no, hook_no, delivery_no);
CREATE INDEX call_deliveries_of_task ON call_deliveries (organization_no, task_no);
CREATE INDEX call_deliveries_by_age ON call_deliveries (created_at);
