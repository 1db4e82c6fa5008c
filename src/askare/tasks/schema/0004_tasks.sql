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

-- Links: 1 party, 2 agent, 3 realty, 4 assignment.
{shelf task due}
