-- Appeals.  `document` answers one, less the tasks that are linked to it; `phone` is the caller's number in E.164.
CREATE TABLE appeals (
    appeal_no {serial},
    organization_no {bigint} NOT NULL,
    status {bigint} NOT NULL,
    phone TEXT,
    searched TEXT NOT NULL,
    document TEXT NOT NULL
) {strict};
CREATE INDEX appeals_in_order ON appeals (organization_no, appeal_no, status);
CREATE INDEX appeals_by_phone ON appeals (organization_no, phone);

CREATE TABLE appeal_tasks (
    organization_no {bigint} NOT NULL,
    appeal_no {bigint} NOT NULL,
    task_no {bigint} NOT NULL,
    PRIMARY KEY (organization_no, appeal_no, task_no)
) {clustered};
