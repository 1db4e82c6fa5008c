// JSON schemas of what the peer reads and answers, in the contract's spelling.

const uuid = { type: "string", format: "uuid" };
const instant = { type: "string", format: "date-time" };
const typeCode = {
  type: "string",
  enum: ["CALL", "NOTIFICATION", "EMAIL", "TRAINING", "MEETING", "FOLLOW_UP", "REPORT_MEETING", "OTHER"],
};
const statusCode = { type: "string", enum: ["WAITING", "DONE", "REJECTED"] };
const party = {
  type: "object",
  required: ["partyId", "partyTypeCode"],
  properties: {
    partyId: uuid,
    partyTypeCode: { type: "string", enum: ["PERSON_PARTY", "ESTATE_PARTY", "ORGANIZATION_PARTY"] },
  },
};
const agent = { type: "object", required: ["agentId"], properties: { agentId: uuid } };

const content = {
  typeCode,
  statusCode,
  description: { type: "string", maxLength: 10000 },
  taskDueTime: instant,
  parties: { type: "array", maxItems: 1000, items: party },
  realtyId: uuid,
  assignmentId: uuid,
  agencyOfficeId: uuid,
  agents: { type: "array", minItems: 1, maxItems: 1000, items: agent },
};
const required = ["typeCode", "statusCode", "taskDueTime", "parties", "agencyOfficeId", "agents"];

// Plain strings in answers: the serialiser has nothing to check or convert, which is its quickest way.
const text = { type: "string" };
const details = {
  type: "object",
  properties: {
    taskId: text,
    typeCode: text,
    statusCode: text,
    description: text,
    taskDueTime: text,
    parties: {
      type: "array",
      items: { type: "object", properties: { partyId: text, partyTypeCode: text } },
    },
    realtyId: text,
    assignmentId: text,
    agencyOfficeId: text,
    agents: { type: "array", items: { type: "object", properties: { agentId: text } } },
    creationTime: text,
    modificationTime: text,
  },
};

const listOf = (items) => ({ type: "array", items });
const headers = { type: "object", required: ["request-id"], properties: { "request-id": uuid } };

export const createSchema = {
  headers,
  body: { type: "object", required, properties: content },
  response: { 201: { type: "object", properties: { taskId: text } } },
};

export const searchSchema = {
  headers,
  querystring: {
    type: "object",
    properties: {
      statusCode: listOf(statusCode),
      typeCode: listOf(typeCode),
      agencyOfficeId: listOf(uuid),
      realtyId: listOf(uuid),
      partyId: listOf(uuid),
      agentId: listOf(uuid),
      assignmentId: listOf(uuid),
      freeTextSearch: { type: "string", maxLength: 200 },
      taskTimeBefore: instant,
      taskTimeAfter: instant,
      modifiedAfter: instant,
      startIndex: { type: "integer", minimum: 0, maximum: 2147483647, default: 0 },
      size: { type: "integer", minimum: 1, maximum: 100, default: 50 },
      sort: listOf({
        type: "string",
        enum: ["taskDueTime|asc", "taskDueTime|desc", "modificationTime|asc", "modificationTime|desc"],
      }),
    },
  },
  response: {
    200: {
      type: "object",
      properties: { tasks: { type: "array", items: details }, totalCount: { type: "integer" } },
    },
  },
};
