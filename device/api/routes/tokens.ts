// Tokens and sessions: listed, made and revoked by whoever looks after the device.
import Type from "typebox";
import { type AccessToken, allows, type Scope, scopes } from "../../access/access.ts";
import { FacelatchError } from "../../errors/errors.ts";
import type { Api, ApiDeps } from "../api-deps.ts";
import { exactBody, requireJson } from "../json-body.ts";
import { problemResponses } from "../problem.ts";

const closed = { additionalProperties: false } as const;
const time = Type.String({ format: "date-time" });
const scopesSchema = Type.Array(Type.Enum([...scopes]), { minItems: 1, maxItems: scopes.length, uniqueItems: true });

const tokenProperties = {
  id: Type.String({ description: "No secret." }),
  kind: Type.Enum(["token", "session"], { description: "session: of a browser." }),
  name: Type.String(),
  scopes: scopesSchema,
  createdAt: time,
  expiresAt: Type.Union([time, Type.Null()]),
};

const listSchema = Type.Object(
  {
    tokens: Type.Array(
      Type.Object(
        {
          ...tokenProperties,
          state: Type.Enum(["valid", "expired", "revoked"]),
          lastUsedAt: Type.Union([time, Type.Null()], { description: "To a minute." }),
        },
        closed,
      ),
    ),
  },
  { ...closed, description: "All that were made, the oldest first." },
);

const newTokenSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64, description: "What it is called, such as who will use it." }),
    scopes: scopesSchema,
    expiresDays: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3_650, description: "It counts for so many days." }),
    ),
  },
  closed,
);

export const madeSchema = Type.Object(
  {
    ...tokenProperties,
    text: Type.String({ description: "The token itself, told here and never again.", secret: true }),
  },
  { ...closed, description: "It was made." },
);

const msPerDay = 86_400_000;

interface TokenDeps extends Pick<ApiDeps, "access"> {
  /** Ends the streams of tokens and sessions that count no more. */
  readonly endRefused: () => Promise<void>;
}

export function tokenRoutes(api: Api, deps: TokenDeps): void {
  listRoute(api, deps);
  makeRoute(api, deps);
  revokeRoute(api, deps);
}

function listRoute(api: Api, { access }: TokenDeps): void {
  api.route({
    method: "GET",
    url: "/v1/tokens",
    config: { access: ["admin"] },
    schema: {
      summary: "Every token that was made, and the sessions; never a secret",
      tags: ["access"],
      response: { 200: listSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      const tokens = await access.list();
      return { tokens: tokens.map((token) => ({ ...token, scopes: [...token.scopes] })) };
    },
  });
}

function makeRoute(api: Api, { access }: TokenDeps): void {
  api.route({
    method: "POST",
    url: "/v1/tokens",
    config: { access: ["admin"] },
    schema: {
      summary: "Makes a token of scopes that whoever asks has as well",
      description: "403 SCOPE_MISSING: who looks after the device is not let in by that.",
      tags: ["access"],
      body: newTokenSchema,
      response: { 201: madeSchema, ...problemResponses },
    },
    onRequest: requireJson,
    validatorCompiler: exactBody(newTokenSchema),
    handler: async ({ body, accessToken, log }, reply) => {
      refuseMore(accessToken, body.scopes);
      const expiresAt = body.expiresDays === undefined ? null : new Date(Date.now() + body.expiresDays * msPerDay);
      const made = await access.make({ name: body.name, scopes: body.scopes, expiresAt });
      log.info(`token ${made.id} was made by ${accessToken === null ? "this machine" : accessToken.id}`);
      reply.code(201).header("cache-control", "no-store");
      return { ...made, scopes: [...made.scopes] };
    },
  });
}

function revokeRoute(api: Api, { access, endRefused }: TokenDeps): void {
  api.route({
    method: "DELETE",
    url: "/v1/tokens/:id",
    config: { access: ["admin"] },
    schema: {
      summary: "Revokes a token or a session, which counts no more from the answer on",
      description: "404 NOT_FOUND where there is none that was not revoked.",
      tags: ["access"],
      params: Type.Object({ id: Type.String({ pattern: "^[0-9a-f]{12}$" }) }, closed),
      response: { 204: Type.Null({ description: "It counts no more." }), ...problemResponses },
    },
    handler: async ({ params, accessToken, log }, reply) => {
      await access.revoke(params.id).catch((error: unknown) => {
        if (!(error instanceof FacelatchError) || error.code !== "INPUT_MISSING") throw error;
        const { expected, found } = error.detail;
        throw new FacelatchError("NOT_FOUND", { expected, found, next: "See /v1/tokens." });
      });
      await endRefused();
      log.info(`token ${params.id} was revoked by ${accessToken === null ? "this machine" : accessToken.id}`);
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}

/** Nobody gives what they have not got. */
function refuseMore(maker: AccessToken | null, asked: readonly Scope[]): void {
  const more = maker === null ? undefined : asked.find((scope) => !allows(maker, [scope]));
  if (more === undefined) return;
  throw new FacelatchError("SCOPE_MISSING", {
    expected: "scopes that whoever asks has as well",
    found: more,
    next: "Make it on the board: `facelatch tokens make`.",
  });
}
