// How a browser knocks, which is to ask to be paired by the board's button: before it is let in, so that nobody is asked who it is.
import type { RateLimitOptions } from "@fastify/rate-limit";
import Type from "typebox";
import type { ButtonPairing } from "../../access/access.ts";
import { FacelatchError } from "../../errors/errors.ts";
import type { Api, ApiLimits } from "../api-deps.ts";
import { exactBody, requireJson } from "../json-body.ts";
import { limitByAddress } from "../limit-by-address.ts";
import { problemResponses } from "../problem.ts";

const url = "/v1/session/button";
const closed = { additionalProperties: false } as const;

const wayInSchema = Type.Object(
  { available: Type.Boolean({ description: "Whether a button of the board pairs browsers." }) },
  { ...closed, description: "The way in by the button." },
);

export type WayInReport = Type.Static<typeof wayInSchema>;

const newKnockSchema = Type.Object({}, closed);

export const knockSecretSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  description: `As POST ${url} told it.`,
  secret: true,
});

export const knockSchema = Type.Object(
  { button: Type.String({ description: "The knock's secret, to ask with at POST /v1/session.", secret: true }) },
  { ...closed, description: "A knock, which lasts for two minutes after it was last asked about." },
);

export type KnockReport = Type.Static<typeof knockSchema>;

const withdrawalSchema = Type.Object({ button: knockSecretSchema }, closed);

/** @param pairing null where there is no button */
export function buttonPairingRoutes(
  api: Api,
  pairing: ButtonPairing | null,
  { knocksPerMinuteMax }: Pick<ApiLimits, "knocksPerMinuteMax">,
): void {
  wayInRoute(api, pairing);
  knockRoute(api, pairing, knocksPerMinuteMax);
  withdrawRoute(api, pairing);
}

function wayInRoute(api: Api, pairing: ButtonPairing | null): void {
  api.route({
    method: "GET",
    url,
    config: { access: "public" },
    schema: {
      summary: "Whether a browser can be paired by a button",
      tags: ["access"],
      response: { 200: wayInSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return { available: pairing !== null };
    },
  });
}

function knockRoute(api: Api, pairing: ButtonPairing | null, perMinuteMax: number): void {
  const allow = limitByAddress(perMinuteMax, "requests to be paired by the button");
  const noteRefused = (): void => pairing?.refuseKnock();
  const rateLimit: RateLimitOptions = { onExceeded: noteRefused };
  api.route({
    method: "POST",
    url,
    config: { access: "public", rateLimit },
    schema: {
      summary: "Asks to be paired by the button of the board",
      description:
        "Then somebody holds the button for 3 to 10 s and lets it go, which lets in the one browser that asked before that; " +
        "meanwhile POST /v1/session tells what came of it. Where several ask, or asked a moment ago, none is let in: " +
        "409 PAIRING_CONTESTED. 404 NOT_FOUND where there is no button, 503 PAIRING_BUTTON_UNAVAILABLE where it cannot be " +
        "read, 429 TOO_MANY_REQUESTS.",
      tags: ["access"],
      body: newKnockSchema,
      response: { 201: knockSchema, ...problemResponses },
    },
    onRequest: requireJson,
    validatorCompiler: exactBody(newKnockSchema),
    handler: async (request, reply) => {
      reply.code(201).header("cache-control", "no-store");
      if (pairing === null) throw noButtonHere();
      await allow(request, reply).catch((error: unknown) => {
        noteRefused();
        throw error;
      });
      const fault = pairing.fault();
      if (fault !== null) {
        // Whoever is told that the button fails may go and try it: that must let in nobody who asked before.
        noteRefused();
        throw fault;
      }
      const secret = pairing.knock();
      if (secret === null) throw pairingContested();
      return { button: secret };
    },
  });
}

function withdrawRoute(api: Api, pairing: ButtonPairing | null): void {
  api.route({
    method: "POST",
    url: `${url}/withdraw`,
    config: { access: "public" },
    schema: {
      summary: "Takes back what was asked of the button",
      description: "Tells nothing of whether there was such a request.",
      tags: ["access"],
      body: withdrawalSchema,
      response: { 204: Type.Null({ description: "There is none with this secret now." }), ...problemResponses },
    },
    onRequest: requireJson,
    validatorCompiler: exactBody(withdrawalSchema),
    handler: async ({ body }, reply) => {
      pairing?.withdraw(body.button);
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}

export function pairingContested(): FacelatchError {
  return new FacelatchError("PAIRING_CONTESTED", {
    expected: "one browser that wants to be paired by the button",
    found: "another one too, or a moment ago: the button lets in neither",
    next: "Use the code of `facelatch pair`, or wait for five minutes and ask again.",
  });
}

function noButtonHere(): FacelatchError {
  return new FacelatchError("NOT_FOUND", {
    expected: "a board with a button that pairs browsers",
    found: "none",
    next: "Set api.pairingButton in the configuration, or use the code of `facelatch pair`.",
  });
}
