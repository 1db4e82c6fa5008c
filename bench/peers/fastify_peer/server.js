// Fastify + better-sqlite3 in one node process.
//
// Settings come from the environment: PEER_DATABASE (path of the SQLite file), PEER_SECRET (HS256 key), PEER_PORT,
// and PEER_DOCUMENTS=1 to answer pages from stored documents instead of columns.

import jwt from "@fastify/jwt";
import Fastify, { LogController } from "fastify";
import { openStore } from "./store.js";
import { createSchema, searchSchema } from "./wire.js";

const withDocuments = process.env.PEER_DOCUMENTS === "1";
const store = openStore(process.env.PEER_DATABASE, { withDocuments });
const app = Fastify({
  logger: { level: "info" },
  // One line a request, written below, instead of Fastify's two.
  logController: new LogController({ disableRequestLogging: true }),
  bodyLimit: 1024 * 1024,
});

await app.register(jwt, {
  secret: process.env.PEER_SECRET,
  verify: {
    algorithms: ["HS256"],
    allowedIss: "bench",
    allowedAud: "askare-bench",
    requiredClaims: ["exp", "iat", "sub", "aud", "iss"],
    cache: 1000, // fast-jwt remembers tokens it has checked, until they expire
  },
});

app.addHook("onRequest", async (request, reply) => {
  request.began = performance.now();
  if (request.url === "/health/ready") return;
  await request.jwtVerify();
  reply.header("Request-ID", request.headers["request-id"]);
});

app.addHook("onResponse", (request, reply, done) => {
  app.log.info({
    event: "request",
    method: request.method,
    path: request.routeOptions.url,
    status: reply.statusCode,
    requestId: request.headers["request-id"],
    milliseconds: Math.round((performance.now() - request.began) * 1000) / 1000,
  });
  done();
});

app.get("/health/ready", () => ({ status: store.isReady() ? "ready" : "starting" }));

app.post("/task-management/v1/tasks", { schema: createSchema }, (request, reply) => {
  const { organization: organizationId, sub: userId } = request.user;
  const taskId = store.createTask(request.body, { organizationId, userId });
  reply.code(201).send({ taskId });
});

if (withDocuments) {
  app.get("/task-management/v1/tasks", { schema: searchSchema }, (request, reply) => {
    reply.type("application/json; charset=utf-8");
    reply.serializer((text) => text); // already JSON
    reply.send(store.searchTaskDocuments(request.query, request.user.organization));
  });
} else {
  app.get("/task-management/v1/tasks", { schema: searchSchema }, (request, reply) => {
    reply.send(store.searchTasks(request.query, request.user.organization));
  });
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, async () => {
    await app.close();
    store.close();
    process.exit(0);
  });
}

await app.listen({ host: "127.0.0.1", port: Number(process.env.PEER_PORT) });
