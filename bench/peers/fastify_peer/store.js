// The peer's rows: prepared statements on one better-sqlite3 connection.

import { randomUUID } from "node:crypto";
import Database from "better-sqlite3";

const SORT_COLUMNS = {
  "taskDueTime|asc": "tasks.task_due_time ASC",
  "taskDueTime|desc": "tasks.task_due_time DESC",
  "modificationTime|asc": "tasks.modification_time ASC",
  "modificationTime|desc": "tasks.modification_time DESC",
};
const STATEMENTS_MAX = 500;

// Opens the store.  `withDocuments` keeps each task's answer beside its columns and builds pages from that.
export function openStore(path, { withDocuments }) {
  const db = new Database(path, { fileMustExist: true });
  for (const pragma of [
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "cache_size = -65536",
    "mmap_size = 268435456",
    "temp_store = MEMORY",
  ]) {
    db.pragma(pragma);
  }

  const insertTask = db.prepare(
    `INSERT INTO tasks (task_id, organization_id, type_code, status_code, description, task_due_time, realty_id,
       assignment_id, agency_office_id, creation_time, modification_time, version, document)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`,
  );
  const insertParty = db.prepare("INSERT INTO task_parties (task_id, party_id, party_type_code, position) VALUES (?, ?, ?, ?)");
  const insertAgent = db.prepare("INSERT INTO task_agents (task_id, agent_id, position) VALUES (?, ?, ?)");
  const insertHistory = db.prepare(
    "INSERT INTO task_history (task_id, changed_by, changed_at, before_state, after_state) VALUES (?, ?, ?, NULL, ?)",
  );
  const partiesOf = db
    .prepare(
      `SELECT task_id, party_id, party_type_code FROM task_parties
        WHERE task_id IN (SELECT value FROM json_each(?)) ORDER BY task_id, position`,
    )
    .raw();
  const agentsOf = db
    .prepare("SELECT task_id, agent_id FROM task_agents WHERE task_id IN (SELECT value FROM json_each(?)) ORDER BY task_id, position")
    .raw();
  const one = db.prepare("SELECT 1").pluck();

  const insert = db.transaction((task, organizationId, userId) => {
    const json = JSON.stringify(task);
    const id = insertTask.run(
      task.taskId,
      organizationId,
      task.typeCode,
      task.statusCode,
      task.description ?? null,
      task.taskDueTime,
      task.realtyId ?? null,
      task.assignmentId ?? null,
      task.agencyOfficeId,
      task.creationTime,
      task.modificationTime,
      withDocuments ? json : null,
    ).lastInsertRowid;
    task.parties.forEach((party, position) => insertParty.run(id, party.partyId, party.partyTypeCode, position));
    task.agents.forEach((agent, position) => insertAgent.run(id, agent.agentId, position));
    insertHistory.run(id, userId, task.creationTime, json);
  });

  // Returns the new task's id, once its transaction is on the disk.
  function createTask(content, { organizationId, userId }) {
    const now = new Date().toISOString();
    const task = {
      taskId: randomUUID(),
      typeCode: content.typeCode,
      statusCode: content.statusCode,
      description: content.description,
      taskDueTime: new Date(content.taskDueTime).toISOString(),
      parties: onlyOnce(content.parties, (party) => party.partyId),
      realtyId: content.realtyId?.toLowerCase(),
      assignmentId: content.assignmentId?.toLowerCase(),
      agencyOfficeId: content.agencyOfficeId.toLowerCase(),
      agents: onlyOnce(content.agents, (agent) => agent.agentId),
      creationTime: now,
      modificationTime: now,
    };
    insert.immediate(task, organizationId, userId);
    return task.taskId;
  }

  const statements = new Map();

  function prepared(sql, shape) {
    let statement = statements.get(sql);
    if (statement === undefined) {
      if (statements.size >= STATEMENTS_MAX) statements.clear();
      statement = shape(db.prepare(sql));
      statements.set(sql, statement);
    }
    return statement;
  }

  function narrowed(query, organizationId) {
    const conditions = ["tasks.organization_id = ?"];
    const values = [organizationId];
    const among = (name, given) => {
      if (given === undefined || given.length === 0) return;
      conditions.push(given.length === 1 ? `${name} = ?` : `${name} IN (${given.map(() => "?").join(", ")})`);
      values.push(...given);
    };
    among("tasks.status_code", query.statusCode);
    among("tasks.type_code", query.typeCode);
    among("tasks.agency_office_id", lower(query.agencyOfficeId));
    among("tasks.realty_id", lower(query.realtyId));
    among("tasks.assignment_id", lower(query.assignmentId));
    for (const [table, column, given] of [
      ["task_parties", "party_id", query.partyId],
      ["task_agents", "agent_id", query.agentId],
    ]) {
      if (given === undefined || given.length === 0) continue;
      conditions.push(`tasks.id IN (SELECT task_id FROM ${table} WHERE ${column} IN (${given.map(() => "?").join(", ")}))`);
      values.push(...lower(given));
    }
    const compare = (name, operator, given) => {
      if (given === undefined) return;
      conditions.push(`${name} ${operator} ?`);
      values.push(new Date(given).toISOString());
    };
    compare("tasks.task_due_time", "<", query.taskTimeBefore);
    compare("tasks.task_due_time", ">", query.taskTimeAfter);
    compare("tasks.modification_time", ">", query.modifiedAfter);
    const words = (query.freeTextSearch ?? "").match(/[\p{L}\p{N}_]+/gu);
    if (words !== null) {
      conditions.push("tasks.id IN (SELECT rowid FROM tasks_fts WHERE tasks_fts MATCH ?)");
      values.push(words.map((word) => `"${word}"*`).join(" "));
    }
    return { where: conditions.join(" AND "), values };
  }

  function orderOf(query) {
    const sorts = query.sort === undefined || query.sort.length === 0 ? ["taskDueTime|asc"] : query.sort;
    // Ends in the id, in the last direction, so that an index can serve the whole order.
    return [...sorts.map((sort) => SORT_COLUMNS[sort]), `tasks.id ${sorts.at(-1).split("|")[1]}`].join(", ");
  }

  const search = db.transaction((query, organizationId) => {
    const { where, values } = narrowed(query, organizationId);
    const totalCount = prepared(`SELECT count(*) FROM tasks WHERE ${where}`, (made) => made.pluck()).get(...values);
    const rows = prepared(
      `SELECT id, task_id, type_code, status_code, description, task_due_time, realty_id, assignment_id,
              agency_office_id, creation_time, modification_time
         FROM tasks WHERE ${where} ORDER BY ${orderOf(query)} LIMIT ? OFFSET ?`,
      (made) => made.raw(),
    ).all(...values, query.size, query.startIndex);
    const byId = new Map();
    const tasks = rows.map((row) => {
      const task = {
        taskId: row[1],
        typeCode: row[2],
        statusCode: row[3],
        description: row[4] ?? undefined,
        taskDueTime: row[5],
        parties: [],
        realtyId: row[6] ?? undefined,
        assignmentId: row[7] ?? undefined,
        agencyOfficeId: row[8],
        agents: [],
        creationTime: row[9],
        modificationTime: row[10],
      };
      byId.set(row[0], task);
      return task;
    });
    const ids = JSON.stringify([...byId.keys()]);
    for (const [id, partyId, partyTypeCode] of partiesOf.iterate(ids)) byId.get(id).parties.push({ partyId, partyTypeCode });
    for (const [id, agentId] of agentsOf.iterate(ids)) byId.get(id).agents.push({ agentId });
    return { tasks, totalCount };
  });

  const searchDocuments = db.transaction((query, organizationId) => {
    const { where, values } = narrowed(query, organizationId);
    const totalCount = prepared(`SELECT count(*) FROM tasks WHERE ${where}`, (made) => made.pluck()).get(...values);
    const documents = prepared(
      `SELECT document FROM tasks WHERE ${where} ORDER BY ${orderOf(query)} LIMIT ? OFFSET ?`,
      (made) => made.pluck(),
    ).all(...values, query.size, query.startIndex);
    return `{"tasks":[${documents.join(",")}],"totalCount":${totalCount}}`;
  });

  return {
    createTask,
    // Answers an object to be serialised.
    searchTasks: (query, organizationId) => search(query, organizationId),
    // Answers finished JSON text.
    searchTaskDocuments: (query, organizationId) => searchDocuments(query, organizationId),
    isReady: () => one.get() === 1,
    sqliteVersion: () => db.prepare("SELECT sqlite_version()").pluck().get(),
    close: () => db.close(),
  };
}

function lower(values) {
  return values?.map((value) => value.toLowerCase());
}

function onlyOnce(items, key) {
  return items.length < 2 ? items : [...new Map(items.map((item) => [key(item), item])).values()];
}
