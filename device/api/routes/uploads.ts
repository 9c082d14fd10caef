// Uploads that go on where they broke off, by the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload):
// its core, and its extensions creation, expiration and termination.
import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { Delivery, Upload } from "../../delivery/delivery.ts";
import { FacelatchError } from "../../errors/errors.ts";
import type { Api } from "../api-deps.ts";
import { problemResponses } from "../problem.ts";
import { senderOf, uploadIdPattern } from "./updates.ts";

const tusVersion = "1.0.0";
const bytesType = "application/offset+octet-stream";
const folderUrl = "/v1/updates/uploads";

const tusHeader = { "tus-resumable": Type.Literal(tusVersion, { description: "The version of the protocol." }) };
const byteCount = (minimum: number, description: string) =>
  Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER, description });
const paramsSchema = Type.Object({ id: Type.String({ pattern: uploadIdPattern }) }, { additionalProperties: false });
const done = (description: string) => Type.Null({ description });

/** Registers the routes in a scope of their own, where a body is the archive's bytes or refused. */
export function uploadRoutes(api: Api, delivery: Delivery): void {
  api.register(async (routes: Api) => {
    routes.removeAllContentTypeParsers();
    // The bytes go on as they come: nothing here holds more than one piece of them.
    routes.addContentTypeParser(bytesType, (_request, bytes, ready) => ready(null, bytes));
    routes.addHook("onRequest", async (_request, reply) => {
      reply.headers({ "tus-resumable": tusVersion, "tus-version": tusVersion, "cache-control": "no-store" });
    });
    createRoute(routes, delivery);
    offsetRoute(routes, delivery);
    appendRoute(routes, delivery);
    cancelRoute(routes, delivery);
  });
}

function createRoute(routes: Api, delivery: Delivery): void {
  routes.route({
    method: "POST",
    url: folderUrl,
    config: { access: ["update"] },
    schema: {
      summary: "Begins the upload of a bundle's archive, or finds the one of the same content that broke off",
      description:
        `tus ${tusVersion}: Upload-Length in bytes, and in Upload-Metadata \`sha256\`, the digest of all of it in ` +
        "hexadecimal (its value in base64, as all metadata). There is one upload at a time: another sender's is " +
        "answered with 409 UPLOAD_BUSY, one's own of other content is replaced. 413 BUNDLE_TOO_LARGE, 507 DISK_FULL.",
      tags: ["updates"],
      headers: Type.Object({
        ...tusHeader,
        "upload-length": byteCount(1, "The size of the archive."),
        "upload-metadata": Type.String({ maxLength: 1_000, description: "Holds `sha256`." }),
      }),
      response: { 201: done("Begun; Location says where to go on, Upload-Offset from where."), ...problemResponses },
    },
    handler: async (request, reply) => {
      const { "upload-length": lengthBytes, "upload-metadata": metadata } = request.headers;
      const sender = senderOf(request.accessToken);
      const upload = await delivery.begin(sender, { lengthBytes, sha256: digestIn(metadata) });
      request.log.info(`${sender} sends an archive of ${lengthBytes} bytes as upload ${upload.id}`);
      tellUpload(reply, upload).code(201).header("location", `${folderUrl}/${upload.id}`);
      return null;
    },
  });
}

function offsetRoute(routes: Api, delivery: Delivery): void {
  routes.route({
    method: "HEAD",
    url: `${folderUrl}/:id`,
    config: { access: ["update"] },
    schema: {
      summary: "How much of an upload has arrived",
      description: "Upload-Offset says from where to go on. 404 UPLOAD_UNKNOWN, also for another sender's.",
      tags: ["updates"],
      headers: Type.Object(tusHeader),
      params: paramsSchema,
      response: { 200: done("See the headers."), ...problemResponses },
    },
    handler: async (request, reply) => {
      tellUpload(reply, await delivery.upload(senderOf(request.accessToken), request.params.id));
      return null;
    },
  });
}

function appendRoute(routes: Api, delivery: Delivery): void {
  routes.route({
    method: "PATCH",
    url: `${folderUrl}/:id`,
    config: { access: ["update"] },
    schema: {
      summary: "Adds bytes to an upload",
      description:
        `Content-Type ${bytesType}, and as many bytes as one likes; what arrived is kept when the connection breaks. ` +
        "409 UPLOAD_OFFSET_MISMATCH, UPLOAD_BUSY; 413 BUNDLE_TOO_LARGE beyond the announced length; 422 " +
        "UPLOAD_DIGEST_MISMATCH at the end, when the upload is gone.",
      tags: ["updates"],
      headers: Type.Object({ ...tusHeader, "upload-offset": byteCount(0, "What has arrived so far.") }),
      params: paramsSchema,
      consumes: [bytesType],
      response: { 204: done("Upload-Offset says how much has arrived."), ...problemResponses },
    },
    onRequest: requireBytes,
    handler: async (request, reply) => {
      const { id } = request.params;
      const bytes = request.body as Readable;
      const offset = request.headers["upload-offset"];
      tellUpload(reply, await delivery.append(senderOf(request.accessToken), id, offset, bytes)).code(204);
      return null;
    },
  });
}

function cancelRoute(routes: Api, delivery: Delivery): void {
  routes.route({
    method: "DELETE",
    url: `${folderUrl}/:id`,
    config: { access: ["update"] },
    schema: {
      summary: "Gives an upload up",
      tags: ["updates"],
      headers: Type.Object(tusHeader),
      params: paramsSchema,
      response: { 204: done("It is gone."), ...problemResponses },
    },
    handler: async (request, reply) => {
      await delivery.cancel(senderOf(request.accessToken), request.params.id);
      reply.code(204);
      return null;
    },
  });
}

/** Without a body the framework would read no content type, and nothing would arrive. */
async function requireBytes({ headers }: FastifyRequest): Promise<void> {
  const type = headers["content-type"];
  if (type?.toLowerCase() === bytesType) return;
  throw invalid(`bytes with Content-Type: ${bytesType}`, type === undefined ? "no Content-Type" : type.slice(0, 100));
}

function tellUpload(reply: FastifyReply, { lengthBytes, offsetBytes, idleRemainingMs }: Upload): FastifyReply {
  return reply.headers({
    "upload-length": String(lengthBytes),
    "upload-offset": String(offsetBytes),
    "upload-expires": new Date(Date.now() + idleRemainingMs).toUTCString(),
  });
}

/** The digest in the metadata: pairs of a key and a value in base64, separated by commas. */
function digestIn(metadata: string): string {
  for (const pair of metadata.split(",")) {
    const [key, value = ""] = pair.trim().split(" ");
    const text = Buffer.from(value, "base64").toString("latin1").toLowerCase();
    if (key === "sha256" && /^[0-9a-f]{64}$/.test(text)) return text;
  }
  throw invalid("Upload-Metadata with `sha256` and the digest in hexadecimal, in base64", "none");
}

function invalid(expected: string, found: string): FacelatchError {
  return new FacelatchError("REQUEST_INVALID", { expected, found, next: "See /openapi.json." });
}
