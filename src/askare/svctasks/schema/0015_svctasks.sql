-- Service tasks: the document, and what the timetable needs beside it.  `windowed`: its schedule looks at hours;
-- `onstart`: a single start that is set anew when a site comes up; `spread`: 0 starts once a domain, 1 on every site, 2 on every listed one.
CREATE TABLE svctasks (
    task_no {serial},
    organization_no {bigint} NOT NULL,
    thing_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    enabled {bigint} NOT NULL,
    armed_at {bigint} NOT NULL,
    windowed {bigint} NOT NULL,
    spread {bigint} NOT NULL,
    onstart {bigint} NOT NULL,
    failures {bigint} NOT NULL DEFAULT 0,
    paused {bigint} NOT NULL DEFAULT 0,
    -- What lists are filtered and sorted by; the words as the client wrote them, `sites` as JSON.
    regular {bigint} NOT NULL,
    may_overlap {bigint} NOT NULL,
    interval_sec {bigint} NOT NULL,
    start_at {bigint} NOT NULL,
    stop_at {bigint} NOT NULL,
    site_mode TEXT {collate} NOT NULL,
    schedule TEXT {collate} NOT NULL,
    script_code TEXT {collate} NOT NULL,
    name TEXT {collate} NOT NULL,
    title TEXT {collate} NOT NULL,
    comment TEXT {collate} NOT NULL,
    sites TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organization_no, thing_id)
) {strict};
-- With whatever is small, so that a list is filtered without looking at its documents.
CREATE INDEX svctasks_by_creation ON svctasks (organization_no, created, thing_id, modified, enabled, regular,
    may_overlap, interval_sec, start_at, stop_at, site_mode, schedule);
CREATE INDEX svctasks_by_name ON svctasks (organization_no, substr(name, 1, 200), created, thing_id);
CREATE INDEX svctasks_by_script ON svctasks (organization_no, substr(script_code, 1, 200), created, thing_id);
CREATE INDEX svctasks_by_start ON svctasks (organization_no, start_at, created, thing_id);
CREATE INDEX svctasks_by_change ON svctasks (organization_no, modified, created, thing_id);
CREATE INDEX svctasks_failing ON svctasks (task_no) WHERE failures > 0;

-- One clock for each task and scope (a site, or '' for the whole domain): the last planned start that was thought of
-- and the next moment to look.  `tail` names the ledger row that a further start dropped for the same reason goes on.
CREATE TABLE svctask_clocks (
    task_no {bigint} NOT NULL,
    scope TEXT NOT NULL,
    organization_no {bigint} NOT NULL,
    cursor_at {bigint} NOT NULL,
    next_start {bigint},
    tail_slot {bigint},
    tail_reason TEXT,
    PRIMARY KEY (task_no, scope)
) {clustered};
CREATE INDEX svctask_clocks_due ON svctask_clocks (scope, next_start) WHERE next_start IS NOT NULL;

-- The ledger: one row for each planned start, or for consecutive ones that did not start for one reason; and the runs
-- themselves while they wait (state 0), run (2) and when they are over (3).
-- `due_at` is when it was to start, `look_at` when a run that waits is looked at again; `holds`: it waits until no
-- other run of the task is under way in its scope.
CREATE TABLE svctask_runs (
    task_no {bigint} NOT NULL,
    slot {bigint} NOT NULL,
    scope TEXT NOT NULL,
    origin TEXT NOT NULL,
    arm {bigint} NOT NULL,
    attempt {bigint} NOT NULL,
    run_id {bytes} NOT NULL UNIQUE,
    organization_no {bigint} NOT NULL,
    last_slot {bigint} NOT NULL,
    slots {bigint} NOT NULL,
    state {bigint} NOT NULL,
    code TEXT NOT NULL,
    parameters TEXT NOT NULL,
    site TEXT NOT NULL,
    node_no {bigint},
    fence {bigint} NOT NULL,
    due_at {bigint} NOT NULL,
    look_at {bigint} NOT NULL,
    holds {bigint} NOT NULL,
    started_at {bigint},
    ended_at {bigint},
    stop_asked {bigint} NOT NULL,
    outcome TEXT,
    reason TEXT NOT NULL,
    end_reason TEXT,
    output TEXT NOT NULL,
    PRIMARY KEY (task_no, slot, scope, origin, arm, attempt)
) {clustered};
CREATE INDEX svctask_runs_waiting ON svctask_runs (look_at) WHERE state = 0;
CREATE INDEX svctask_runs_held ON svctask_runs (node_no, run_id) WHERE state = 2;
CREATE INDEX svctask_runs_unfinished ON svctask_runs (task_no, scope) WHERE state < 3;
CREATE INDEX svctask_runs_to_stop ON svctask_runs (node_no) WHERE stop_asked = 1 AND state = 2;
CREATE INDEX svctask_runs_by_time ON svctask_runs (organization_no, slot, run_id);

-- Service scripts.
CREATE TABLE svcscripts (
    organization_no {bigint} NOT NULL,
    thing_id {bytes} NOT NULL,
    version {bigint} NOT NULL,
    created {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    code TEXT {collate} NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (organization_no, thing_id),
    UNIQUE (organization_no, code)
) {clustered};
CREATE INDEX svcscripts_by_creation ON svcscripts (organization_no, created, thing_id);

-- Sites in the order of their first announcement, and the processes (nodes) that start scripts there.  A node is alive
-- as long as its beat goes on; one that is declared dead stays so, and whatever it still writes is refused.
-- `domains`: the names of those that the site serves with all below them, as JSON; none: all that no site names.
CREATE TABLE svc_sites (
    site_no {serial},
    name TEXT NOT NULL UNIQUE,
    domains TEXT NOT NULL DEFAULT '[]'
) {strict};
CREATE TABLE svc_nodes (
    node_no {serial},
    site TEXT NOT NULL,
    name TEXT NOT NULL,
    alive {bigint} NOT NULL,
    beat {bigint} NOT NULL,
    started_at {bigint} NOT NULL,
    ended_at {bigint}
) {strict};
CREATE INDEX svc_nodes_alive ON svc_nodes (site) WHERE alive = 1;

-- What scripts do once only, by their own keys.
CREATE TABLE script_marks (
    organization_no {bigint} NOT NULL,
    mark TEXT NOT NULL,
    at {bigint} NOT NULL,
    PRIMARY KEY (organization_no, mark)
) {clustered};
