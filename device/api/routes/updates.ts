// Updates of the bundle: where they stand, what was uploaded put on trial, and the way back.
import Type from "typebox";
import { type Delivery, deliveryStatusSchema } from "../../delivery/delivery.ts";
import type { Api } from "../api-deps.ts";
import { problemResponses } from "../problem.ts";

export const uploadIdPattern = "^[0-9a-f]{32}$";

const installSchema = Type.Object(
  { upload: Type.String({ pattern: uploadIdPattern, description: "A complete upload." }) },
  { additionalProperties: false },
);

export function updateRoutes(api: Api, delivery: Delivery): void {
  statusRoute(api, delivery);
  installRoute(api, delivery);
  rollbackRoute(api, delivery);
}

function statusRoute(api: Api, delivery: Delivery): void {
  api.route({
    method: "GET",
    url: "/v1/updates",
    config: { access: ["read", "update"] },
    schema: {
      summary: "Where updates of the bundle stand",
      tags: ["updates"],
      response: { 200: deliveryStatusSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return delivery.status();
    },
  });
}

function installRoute(api: Api, delivery: Delivery): void {
  api.route({
    method: "POST",
    url: "/v1/updates/install",
    config: { access: ["update"] },
    schema: {
      summary: "Verifies an uploaded archive and puts it on trial; the status tells what becomes of it",
      description:
        "404 UPLOAD_UNKNOWN; 409 UPLOAD_INCOMPLETE, and UPDATE_BUSY while another one is verified. An archive that a " +
        "check refuses is named in the status under `refused`; then the bundle in use stays.",
      tags: ["updates"],
      body: installSchema,
      response: { 202: deliveryStatusSchema, ...problemResponses },
    },
    handler: async ({ body, accessToken, log }, reply) => {
      await delivery.install(senderOf(accessToken), body.upload);
      log.info(`${senderOf(accessToken)} asked for the upload ${body.upload} to be installed`);
      reply.code(202).header("cache-control", "no-store");
      return delivery.status();
    },
  });
}

function rollbackRoute(api: Api, delivery: Delivery): void {
  api.route({
    method: "POST",
    url: "/v1/updates/rollback",
    config: { access: ["update"] },
    schema: {
      summary: "Goes back to the bundle before, without a trial",
      description: "409 NOTHING_TO_ROLL_BACK_TO, and UPDATE_BUSY while another one is verified.",
      tags: ["updates"],
      response: { 200: deliveryStatusSchema, ...problemResponses },
    },
    handler: async ({ accessToken, log }, reply) => {
      const status = await delivery.rollback();
      log.info(`${senderOf(accessToken)} rolled back`);
      reply.header("cache-control", "no-store");
      return status;
    },
  });
}

/** Whom an upload belongs to. */
export function senderOf(token: { readonly id: string } | null): string {
  return token === null ? "this machine" : `token ${token.id}`;
}
