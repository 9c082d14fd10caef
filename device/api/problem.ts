// Errors as RFC 9457 problems: the one shape of every answer that is not the one asked for.

import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import { type ErrorCode, errorCodes, FacelatchError } from "../errors/errors.ts";
import { faultWords } from "./schema-fault.ts";

const problemMediaType = "application/problem+json";

export const problemSchema = Type.Object(
  {
    type: Type.String({ description: "urn:facelatch:error: and the code." }),
    title: Type.String({ description: "The code in words; never varies." }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: "What was expected, what was found, and the next step." }),
    code: Type.Enum(Object.keys(errorCodes) as ErrorCode[], { description: "A stable code." }),
  },
  { additionalProperties: false, description: "A problem, after RFC 9457." },
);

export type Problem = Static<typeof problemSchema>;

const problemResponse = { description: "A problem.", content: { [problemMediaType]: { schema: problemSchema } } };

/** The error half of every route's response schemas. */
export const problemResponses = { "4xx": problemResponse, "5xx": problemResponse } as const;

/** Codes whose detail is about the request and the caller's own doing; any other detail stays in the log. */
const tellable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "REQUEST_INVALID",
  "NOT_FOUND",
  "FEEDBACK_LIMIT",
  "FEEDBACK_CONFLICT",
  "FEEDBACK_PRESENCE_UNKNOWN",
  "SNAPSHOT_MISSING",
  "PEOPLE_LIMIT",
  "PERSON_EXISTS",
  "PERSON_UNKNOWN",
  "ENROLMENT_BUSY",
  "ENROLMENT_MISSING",
  "ENROLMENT_STEP",
  "ENROLMENT_INCOMPLETE",
  "ENROLMENT_REFUSED",
  "HOST_REFUSED",
  "ORIGIN_REFUSED",
  "TOO_MANY_REQUESTS",
  "NOT_READY",
  "NOBODY_IN_VIEW",
  "LOCKED_DOWN",
  "DOOR_BUSY",
  "PIN_WRONG",
  "PIN_WAIT",
  "TOKEN_MISSING",
  "TOKEN_INVALID",
  "SCOPE_MISSING",
  "CSRF_REFUSED",
  "PAIRING_REFUSED",
  "PAIRING_CLOSED",
  "PAIRING_CONTESTED",
  "PAIRING_NEEDED",
  "PASSKEY_NEEDED",
  "PASSKEY_REFUSED",
  "PASSKEY_STALE",
  "PASSKEY_MISSING",
  "PASSKEY_UNKNOWN",
  "PASSKEY_LIMIT",
  "PASSKEY_HOST_UNFIT",
  "UPLOAD_UNKNOWN",
  "UPLOAD_BUSY",
  "UPDATE_BUSY",
  "UPLOAD_OFFSET_MISMATCH",
  "UPLOAD_INCOMPLETE",
  "UPLOAD_DIGEST_MISMATCH",
  "NOTHING_TO_ROLL_BACK_TO",
  "BUNDLE_TOO_LARGE",
]);

/** The problem that tells a client of an error, without a path, a stack or anything else of the inside. */
function problemOf(error: unknown): Problem {
  const known = facelatchErrorOf(error);
  const { status, title } = errorCodes[known.code];
  const { expected, found, next } = known.detail;
  const detail = tellable.has(known.code) ? `Expected ${expected}; found ${found}. ${next}` : "The log says more.";
  return { type: `urn:facelatch:error:${known.code}`, title, status, detail, code: known.code };
}

/** Fastify's own errors as ours; whatever nobody foresaw is INTERNAL. */
function facelatchErrorOf(error: unknown): FacelatchError {
  if (error instanceof FacelatchError) return error;
  const { statusCode = 500, validation, message = "", code } = error as Partial<FastifyError>;
  const first = validation?.[0];
  const isRequestFault = validation !== undefined || code?.startsWith("FST_ERR_") === true;
  if (isRequestFault && statusCode >= 400 && statusCode < 500) {
    return new FacelatchError("REQUEST_INVALID", {
      expected: "a request as in /openapi.json",
      found: first?.message === undefined ? message : message.replace(first.message, () => faultWords(first)),
      next: "Correct the request.",
    });
  }
  return new FacelatchError("INTERNAL", { expected: "no error", found: message, next: "Report it.", cause: error });
}

/** Answers with the problem of an error, and logs what is the device's own fault. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500 && problem.code !== "NOT_READY") {
    request.log.error({ err: error, code: problem.code, route: request.routeOptions.url }, problem.title);
  } else request.log.debug(`${request.method} ${request.routeOptions.url ?? "elsewhere"}: ${problem.code}`);
  return reply
    .code(problem.status)
    .type(problemMediaType)
    .header("cache-control", "no-store")
    .serializer(JSON.stringify)
    .send(problem);
}

/** The error of an address, or of a method at it, that does not exist. */
export function notFound(request: FastifyRequest): FacelatchError {
  return new FacelatchError("NOT_FOUND", {
    expected: "an address of this API, and a method that it has",
    found: `${request.method} ${request.url.slice(0, 200)}`,
    next: "See /openapi.json.",
  });
}

/** An answer on a bare socket that was not taken within this time is dropped with it. */
const refusalGraceMs = 1_000;

/** Answers, on the bare socket, bytes that are no HTTP request. */
export function refuseBytes(error: Error & { readonly code?: string }, socket: Socket): void {
  // Without a handshake there is no way to say anything, and an end that waits for it would wait for ever.
  const isUnheard = socket instanceof TLSSocket && socket.getProtocol() === null;
  if (error.code === "ECONNRESET" || error.code === "ERR_TLS_HANDSHAKE_TIMEOUT" || isUnheard || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(
    new FacelatchError("REQUEST_INVALID", {
      expected: "an HTTP/1.1 request with headers of at most 16 KiB, whole within the time limit",
      found: error.code ?? "other bytes",
      next: "Correct the request.",
    }),
  );
  const body = JSON.stringify(problem);
  const timer = setTimeout(() => socket.destroy(), refusalGraceMs);
  socket.once("close", () => clearTimeout(timer));
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nContent-Type: ${problemMediaType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
