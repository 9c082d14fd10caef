// The page's session: begun with the code that the board's console shows, by the board's button or with a token, told of, and ended.
import type { FastifyBaseLogger } from "fastify";
import Type from "typebox";
import {
  type Access,
  type AccessToken,
  type ButtonPairing,
  type Pairing,
  type PairingAnswer,
  scopes,
} from "../../access/access.ts";
import { FacelatchError } from "../../errors/errors.ts";
import type { CountRefusal } from "../access-guard.ts";
import type { Api, ApiDeps } from "../api-deps.ts";
import type { FreshPairings } from "../fresh-pairings.ts";
import { exactBody, requireJson } from "../json-body.ts";
import { problemResponses } from "../problem.ts";
import type { SessionCookie } from "../session-cookie.ts";
import { knockSecretSchema, pairingContested } from "./button-pairing.ts";

const closed = { additionalProperties: false } as const;
const name = Type.Optional(
  Type.String({ minLength: 1, maxLength: 64, description: "What the list of tokens calls this browser." }),
);

const code = Type.String({ minLength: 1, maxLength: 32, description: "As on the console.", secret: true });
const token = Type.String({ minLength: 1, maxLength: 128, description: "An access token.", secret: true });

export const newSessionSchema = Type.Union([
  Type.Object({ code, name }, closed),
  Type.Object({ button: knockSecretSchema, name }, closed),
  Type.Object({ token, name }, closed),
]);

export const sessionReportSchema = Type.Object(
  {
    kind: Type.Enum(["session", "token", "open"], { description: "open: this machine is asked for nothing." }),
    name: Type.Union([Type.String(), Type.Null()]),
    scopes: Type.Array(Type.Enum([...scopes]), { description: "What whoever asks may do." }),
    expiresAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
    unlockNeedsPasskey: Type.Boolean({ description: "Whether a passkey is asked for to open the door by hand." }),
    csrfToken: Type.Union([Type.String(), Type.Null()], {
      description: "What a session sends as X-Csrf-Token with every request that changes something.",
      secret: true,
    }),
  },
  { ...closed, description: "Who asks." },
);

export type SessionReport = Type.Static<typeof sessionReportSchema>;

const waitingSchema = Type.Object(
  { kind: Type.Literal("waiting") },
  { ...closed, description: "Nobody has held the button yet: ask again in a moment." },
);

export type WaitingReport = Type.Static<typeof waitingSchema>;

interface SessionDeps extends Pick<ApiDeps, "store" | "unlockNeedsPasskey"> {
  readonly access: Access;
  readonly pairing: Pairing | null;
  readonly buttonPairing: ButtonPairing | null;
  readonly cookie: SessionCookie;
  readonly countRefusal: CountRefusal;
  readonly pairings: FreshPairings;
  /** Ends the streams of tokens and sessions that count no more. */
  readonly endRefused: () => Promise<void>;
}

export function sessionRoutes(api: Api, deps: SessionDeps): void {
  beginRoute(api, deps);
  reportRoute(api, deps);
  endRoute(api, deps);
}

function beginRoute(api: Api, deps: SessionDeps): void {
  const { cookie, countRefusal } = deps;
  api.route({
    method: "POST",
    url: "/v1/session",
    config: { access: "public" },
    schema: {
      summary: "Begins a session of the page, with the pairing code, by the board's button or with a token",
      description:
        "The answer sets a cookie, which scripts cannot read. A code may do everything, is good for one session and " +
        "within two minutes; so may whoever asked for the button, with 202 until it was held and 409 PAIRING_CONTESTED " +
        "where several asked; a session of a token may do what the token may, and ends with it. 403 PAIRING_REFUSED; " +
        "409 PAIRING_CLOSED after that time and after five wrong codes, until the board opens another pairing; 401 " +
        "TOKEN_INVALID; 429 TOO_MANY_REQUESTS.",
      tags: ["access"],
      body: newSessionSchema,
      response: { 201: sessionReportSchema, 202: waitingSchema, ...problemResponses },
    },
    onRequest: requireJson,
    validatorCompiler: exactBody(newSessionSchema),
    handler: async (request, reply) => {
      reply.header("cache-control", "no-store");
      try {
        const begun = await begin(request.body, deps);
        if (begun === null) {
          reply.code(202);
          return { kind: "waiting" as const };
        }
        const { text, ...session } = begun;
        request.log.info(`${session.name} began the session ${session.id}`);
        if (!("token" in request.body))
          notePairing(deps, session, "code" in request.body ? "code" : "button", request.log);
        const lastsMs = Date.parse(session.expiresAt ?? "") - Date.now();
        reply.code(201).header("set-cookie", cookie.header(text, lastsMs));
        return reportOf(session, cookie.csrfTokenOf(text), deps);
      } catch (error) {
        if (error instanceof FacelatchError && error.code !== "ACCESS_UNAVAILABLE") countRefusal(request, reply);
        throw error;
      }
    },
  });
}

/** Null while the button is waited for. */
async function begin(body: Type.Static<typeof newSessionSchema>, { access, pairing, buttonPairing }: SessionDeps) {
  const paired = () => access.openSession({ name: body.name ?? "a paired browser", scopes, parent: null });
  if ("code" in body) {
    const answer = (await pairing?.enter(body.code)) ?? { kind: "closed" as const };
    if (answer.kind !== "paired") throw pairingRefused(answer);
    return paired();
  }
  if ("button" in body) {
    const answer = buttonPairing?.poll(body.button) ?? "closed";
    if (answer === "contested") throw pairingContested();
    if (answer === "closed") throw knockClosed();
    return answer === "waiting" ? null : paired();
  }
  const token = await access.tokenOf(body.token);
  if (token?.kind !== "token") {
    throw new FacelatchError("TOKEN_INVALID", {
      expected: "a token that counts",
      found: "one that is unknown, revoked or expired",
      next: "Make another one.",
    });
  }
  return access.openSession({ name: body.name ?? token.name, scopes: token.scopes, parent: token });
}

/** Whoever is let in for everything is on record. The pairing stands where that fails: code or knock was used up. */
function notePairing(
  { store, pairings }: SessionDeps,
  { id, name: called }: AccessToken,
  way: "code" | "button",
  log: FastifyBaseLogger,
): void {
  pairings.note(id);
  const message = `"${called}" was paired by the ${way === "code" ? "code on the console" : "button on the board"}.`;
  try {
    const data = { session: id, way };
    store.append({ type: "access.paired", monotonicMs: performance.now(), reason: null, message, data });
  } catch (error) {
    log.error({ err: error }, "a pairing could not be recorded");
  }
}

function reportRoute(api: Api, deps: SessionDeps): void {
  const { cookie, unlockNeedsPasskey } = deps;
  api.route({
    method: "GET",
    url: "/v1/session",
    config: { access: scopes },
    schema: {
      summary: "Who asks, and what they may do",
      tags: ["access"],
      response: { 200: sessionReportSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      reply.header("cache-control", "no-store");
      const { accessToken, headers } = request;
      if (accessToken !== null) {
        const isSession = accessToken.kind === "session";
        return reportOf(accessToken, isSession ? cookie.csrfTokenOf(cookie.textIn(headers.cookie) ?? "") : null, deps);
      }
      const open = { kind: "open" as const, name: null, scopes: [...scopes], expiresAt: null };
      return { ...open, unlockNeedsPasskey, csrfToken: null };
    },
  });
}

function endRoute(api: Api, { access, cookie, endRefused }: SessionDeps): void {
  api.route({
    method: "DELETE",
    url: "/v1/session",
    config: { access: scopes },
    schema: {
      summary: "Ends the session, and takes its cookie away",
      tags: ["access"],
      response: { 204: Type.Null({ description: "It counts no more." }), ...problemResponses },
    },
    handler: async ({ accessToken, log }, reply) => {
      if (accessToken?.kind === "session") {
        await access.revoke(accessToken.id);
        await endRefused();
        log.info(`the session ${accessToken.id} was ended`);
      }
      reply.code(204).header("cache-control", "no-store").header("set-cookie", cookie.header("", 0));
      return null;
    },
  });
}

function reportOf(
  { kind, name: called, scopes: held, expiresAt }: AccessToken,
  csrfToken: string | null,
  { unlockNeedsPasskey }: Pick<SessionDeps, "unlockNeedsPasskey">,
): SessionReport {
  return { kind, name: called, scopes: [...held], expiresAt, unlockNeedsPasskey, csrfToken };
}

function pairingRefused(answer: Exclude<PairingAnswer, { kind: "paired" }>): FacelatchError {
  if (answer.kind === "wrong" && answer.triesLeft > 0) {
    return new FacelatchError("PAIRING_REFUSED", {
      expected: "the code that the board's console shows",
      found: "another one",
      next: `Try again; ${answer.triesLeft === 1 ? "one try is" : `${answer.triesLeft} tries are`} left.`,
    });
  }
  if (answer.kind === "busy") {
    return new FacelatchError("TOO_MANY_REQUESTS", {
      expected: "one code at a time",
      found: "another one that is being judged",
      next: "Try again.",
    });
  }
  return new FacelatchError("PAIRING_CLOSED", {
    expected: "a pairing that is under way",
    found: "none, or one that is over",
    next: "Run `facelatch pair` on the board.",
  });
}

function knockClosed(): FacelatchError {
  return new FacelatchError("PAIRING_CLOSED", {
    expected: "a request to be paired by the button that still counts",
    found: "none: it was too long ago, it let in a browser before, or the daemon was started again",
    next: "Ask for the button again, or run `facelatch pair` on the board.",
  });
}
