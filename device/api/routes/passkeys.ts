// Passkeys: made by a browser that was paired a moment ago, listed, removed.
import Type from "typebox";
import type { AccessToken } from "../../access/access.ts";
import { FacelatchError } from "../../errors/errors.ts";
import { newCredentialSchema } from "../../passkeys/passkeys.ts";
import type { Api, PasskeyDeps } from "../api-deps.ts";
import { callerOf } from "../caller.ts";
import { type FreshPairings, pairedMaxMs } from "../fresh-pairings.ts";
import { exactBody, requireJson } from "../json-body.ts";
import { type Allow, limitByAddress } from "../limit-by-address.ts";
import { problemResponses } from "../problem.ts";

const closed = { additionalProperties: false } as const;
const access = ["admin"] as const;
const time = Type.String({ format: "date-time" });
/** A credential of a large key is longer than other bodies. */
const credentialBytesMax = 16_384;

const passkeySchema = Type.Object(
  {
    id: Type.String({ description: "No secret." }),
    name: Type.String(),
    host: Type.String({ description: "The host name at which alone it counts." }),
    createdAt: time,
    lastUsedAt: Type.Union([time, Type.Null()]),
  },
  closed,
);

const listSchema = Type.Object(
  {
    passkeys: Type.Array(passkeySchema),
    unlockNeedsPasskey: Type.Boolean({ description: "Whether POST /v1/unlock asks for one." }),
  },
  { ...closed, description: "The oldest first." },
);

export type PasskeyList = Type.Static<typeof listSchema>;

const registrationSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64, description: "What the list calls it." }),
    credential: newCredentialSchema,
  },
  closed,
);

export const optionsSchema = Type.Object(
  {},
  { additionalProperties: true, description: "Options for navigator.credentials, in the JSON of WebAuthn Level 3." },
);

interface RegistrationDeps extends PasskeyDeps {
  readonly pairings: FreshPairings;
}

export function passkeyRoutes(api: Api, deps: RegistrationDeps, perMinuteMax: number): void {
  const allow = limitByAddress(perMinuteMax, "changes of passkeys");
  listRoute(api, deps);
  offerRoute(api, deps, allow);
  registerRoute(api, deps, allow);
  removeRoute(api, deps, allow);
}

/** The id of whoever asks, to which a challenge is bound; whoever needs no token is one of them too. */
export function askerOf(token: AccessToken | null): string {
  return token?.id ?? "this machine";
}

function listRoute(api: Api, { passkeys, unlockNeedsPasskey }: PasskeyDeps): void {
  api.route({
    method: "GET",
    url: "/v1/passkeys",
    config: { access },
    schema: {
      summary: "The passkeys with which the door can be opened by hand",
      tags: ["passkeys"],
      response: { 200: listSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return { passkeys: await passkeys.list(), unlockNeedsPasskey };
    },
  });
}

function offerRoute(api: Api, { passkeys, siteOf, pairings }: RegistrationDeps, allow: Allow): void {
  api.route({
    method: "POST",
    url: "/v1/passkeys/challenge",
    config: { access },
    schema: {
      summary: "Options to make a passkey with, good for a minute and for one",
      description: "403 PAIRING_NEEDED; 409 PASSKEY_HOST_UNFIT at an address, PASSKEY_LIMIT.",
      tags: ["passkeys"],
      response: { 200: optionsSchema, ...problemResponses },
    },
    onRequest: allow,
    handler: async ({ headers, accessToken }, reply) => {
      reply.header("cache-control", "no-store");
      requirePairing(accessToken, pairings);
      return { ...(await passkeys.offer({ asker: askerOf(accessToken), site: siteOf(headers) })) };
    },
  });
}

function registerRoute(api: Api, { passkeys, siteOf, pairings }: RegistrationDeps, allow: Allow): void {
  api.route({
    method: "POST",
    url: "/v1/passkeys",
    bodyLimit: credentialBytesMax,
    config: { access },
    schema: {
      summary: "Registers a passkey that was made with such options",
      description:
        "Only its public half is kept. The event that tells of it comes first. 403 PAIRING_NEEDED, PASSKEY_REFUSED; 409 " +
        "PASSKEY_STALE, PASSKEY_HOST_UNFIT, PASSKEY_LIMIT.",
      tags: ["passkeys"],
      body: registrationSchema,
      response: { 201: { ...passkeySchema, description: "It counts." }, ...problemResponses },
    },
    onRequest: [requireJson, allow],
    validatorCompiler: exactBody(registrationSchema),
    handler: async ({ headers, body, accessToken, log }, reply) => {
      reply.header("cache-control", "no-store");
      requirePairing(accessToken, pairings);
      const by = callerOf(accessToken);
      const ask = { asker: askerOf(accessToken), site: siteOf(headers) };
      const passkey = await passkeys.register(ask, { ...body, by });
      log.info(`${by} registered the passkey ${passkey.id}`);
      reply.code(201);
      return passkey;
    },
  });
}

function removeRoute(api: Api, { passkeys }: PasskeyDeps, allow: Allow): void {
  api.route({
    method: "DELETE",
    url: "/v1/passkeys/:id",
    config: { access },
    schema: {
      summary: "Removes a passkey, which counts no more from the answer on",
      description: "404 PASSKEY_UNKNOWN. Without any, nobody opens by hand where a passkey is asked for.",
      tags: ["passkeys"],
      params: Type.Object({ id: Type.String({ pattern: "^[0-9a-f]{12}$" }) }, closed),
      response: { 204: Type.Null({ description: "It counts no more." }), ...problemResponses },
    },
    onRequest: allow,
    handler: async ({ params, accessToken, log }, reply) => {
      const by = callerOf(accessToken);
      await passkeys.remove(params.id, by);
      log.info(`${by} removed the passkey ${params.id}`);
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}

/** A session that somebody stole, or a token, must not vouch for a key of its own. */
function requirePairing(token: AccessToken | null, pairings: FreshPairings): void {
  if (token === null || pairings.has(token.id)) return;
  throw new FacelatchError("PAIRING_NEEDED", {
    expected: `a browser that was paired by the board's code at most ${pairedMaxMs / 60_000} minutes ago`,
    found:
      token.kind === "session" && token.parentId === null
        ? "one that was paired earlier"
        : "a token, or a session of one",
    next: "Run `facelatch pair` on the board, sign out, and let this browser in by the code.",
  });
}
