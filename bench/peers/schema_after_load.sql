-- What is quicker to make once the rows are in: the text index, its triggers, the other indexes, statistics.

INSERT INTO tasks_fts (tasks_fts) VALUES ('rebuild');

CREATE TRIGGER tasks_fts_insert AFTER INSERT ON tasks BEGIN
    INSERT INTO tasks_fts (rowid, description) VALUES (new.id, new.description);
END;
CREATE TRIGGER tasks_fts_delete AFTER DELETE ON tasks BEGIN
    INSERT INTO tasks_fts (tasks_fts, rowid, description) VALUES ('delete', old.id, old.description);
END;
CREATE TRIGGER tasks_fts_update AFTER UPDATE OF description ON tasks BEGIN
    INSERT INTO tasks_fts (tasks_fts, rowid, description) VALUES ('delete', old.id, old.description);
    INSERT INTO tasks_fts (rowid, description) VALUES (new.id, new.description);
END;

CREATE UNIQUE INDEX tasks_by_task_id ON tasks (task_id);
CREATE INDEX tasks_by_due ON tasks (organization_id, task_due_time);
CREATE INDEX tasks_by_modified ON tasks (organization_id, modification_time);
CREATE INDEX tasks_by_office_due ON tasks (organization_id, agency_office_id, status_code, task_due_time);
CREATE INDEX tasks_by_office_modified
    ON tasks (organization_id, agency_office_id, status_code, modification_time);
CREATE INDEX tasks_by_status_due ON tasks (organization_id, status_code, task_due_time);
CREATE INDEX tasks_by_status_modified ON tasks (organization_id, status_code, modification_time);
CREATE INDEX tasks_by_type_due ON tasks (organization_id, type_code, task_due_time);
CREATE INDEX tasks_by_type_modified ON tasks (organization_id, type_code, modification_time);
CREATE INDEX tasks_by_realty ON tasks (realty_id, task_due_time) WHERE realty_id IS NOT NULL;
CREATE INDEX tasks_by_assignment ON tasks (assignment_id, task_due_time) WHERE assignment_id IS NOT NULL;
CREATE INDEX task_parties_by_party ON task_parties (party_id, task_id);
CREATE INDEX task_agents_by_agent ON task_agents (agent_id, task_id);
CREATE INDEX task_history_by_task ON task_history (task_id);

ANALYZE;
