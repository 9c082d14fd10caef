// The PIN of the second step, from a keypad's program on this board: the one request that may help to open the door.
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { Check } from "typebox/value";
import { FacelatchError } from "../../errors/errors.ts";
import { type PinAnswer, pinExpectation, pinPatternText } from "../../second-step/second-step.ts";
import type { Api, ApiDeps, ApiLimits } from "../api-deps.ts";
import { problemResponses } from "../problem.ts";
import { RateLimitStore } from "../rate-limit-store.ts";

const bodyBytesMax = 256;

export const bodySchema = Type.Object(
  { pin: Type.String({ pattern: pinPatternText, description: "The PIN, 4 to 12 digits.", secret: true }) },
  { additionalProperties: false },
);

const confirmedSchema = Type.Object(
  { confirmed: Type.Literal(true, { description: "It counts for whoever is in view, for a short time." }) },
  { additionalProperties: false, description: "The PIN was right, and somebody is in view." },
);

type Deps = Pick<ApiDeps, "enterPin">;

/** Registers the route in a scope of its own, where a body is JSON or refused. Nothing here shows or logs what was sent. */
export function secondStepRoutes(api: Api, deps: Deps, limits: ApiLimits): void {
  api.register(async (routes: Api) => {
    readOnlyJson(routes);
    pinRoute(routes, deps, limits.pinsPerMinuteMax);
  });
}

/** The framework's own parser and validator may quote what they refuse; these don't. */
function readOnlyJson(routes: Api): void {
  routes.removeAllContentTypeParsers();
  routes.addContentTypeParser(
    "application/json",
    { parseAs: "string", bodyLimit: bodyBytesMax },
    (_request, body, done) => {
      let value: unknown;
      try {
        value = JSON.parse(String(body));
      } catch {
        done(bodyInvalid());
        return;
      }
      done(null, value);
    },
  );
  routes.setValidatorCompiler(
    () => (body: unknown) => (Check(bodySchema, body) ? { value: body } : { error: bodyInvalid() }),
  );
}

function bodyInvalid(): FacelatchError {
  return new FacelatchError("REQUEST_INVALID", {
    expected: `the JSON object {"pin": "..."} with ${pinExpectation}`,
    found: "something else",
    next: "Correct the request.",
  });
}

function pinRoute(routes: Api, { enterPin }: Deps, perMinuteMax: number): void {
  const allow = perMinute(perMinuteMax);
  routes.route({
    method: "POST",
    url: "/v1/second-step",
    config: { access: ["unlock"] },
    schema: {
      summary: "Enters the PIN of the second step",
      description:
        "For a keypad's program on the board itself. 403 PIN_WRONG; 409 NOBODY_IN_VIEW, when the PIN was right; " +
        "429 PIN_WAIT after wrong ones and TOO_MANY_REQUESTS, both with Retry-After; 404 NOT_FOUND where no PIN is asked for; " +
        "503 SECOND_STEP_UNAVAILABLE, see /v1/status.",
      tags: ["second step"],
      body: bodySchema,
      response: { 200: confirmedSchema, ...problemResponses },
    },
    handler: async ({ body }, reply) => {
      reply.header("cache-control", "no-store");
      if (enterPin === null) throw noPinHere();
      allow(reply);
      refuse(await enterPin(body.pin), reply);
      return { confirmed: true as const };
    },
  });
}

/** All addresses together: there is one keypad. */
function perMinute(max: number): (reply: FastifyReply) => void {
  const requests = new RateLimitStore();
  return (reply) => {
    requests.incr(
      "pin",
      (_error, result) => {
        if (result === undefined || result.current > max)
          throw tooMany(reply, result?.ttl ?? 60_000, `${max} a minute`);
      },
      60_000,
    );
  };
}

/** Throws the problem of every answer but a confirmation. */
function refuse(answer: PinAnswer, reply: FastifyReply): void {
  switch (answer.kind) {
    case "confirmed":
      return;
    case "busy":
      throw tooMany(reply, 1_000, "one at a time");
    case "nobody_in_view":
      throw new FacelatchError("NOBODY_IN_VIEW", {
        expected: "somebody before the camera",
        found: "the right PIN, and nobody",
        next: "Step before the camera and enter it again.",
      });
    case "wrong":
      throw new FacelatchError("PIN_WRONG", {
        expected: "the PIN that was set",
        found: "another one",
        next: answer.waitMs > 0 ? `Try again in ${secondsText(reply, answer.waitMs)}.` : "Try again.",
      });
    case "wait":
      throw new FacelatchError("PIN_WAIT", {
        expected: "no PIN within the wait after wrong ones",
        found: "one, which was not looked at",
        next: `Try again in ${secondsText(reply, answer.waitMs)}.`,
      });
  }
}

function tooMany(reply: FastifyReply, waitMs: number, most: string): FacelatchError {
  return new FacelatchError("TOO_MANY_REQUESTS", {
    expected: `PINs, at most ${most}`,
    found: "more",
    next: `Try again in ${secondsText(reply, waitMs)}.`,
  });
}

function secondsText(reply: FastifyReply, waitMs: number): string {
  const seconds = Math.ceil(waitMs / 1_000);
  reply.header("retry-after", String(seconds));
  return `${seconds} s`;
}

function noPinHere(): FacelatchError {
  return new FacelatchError("NOT_FOUND", {
    expected: "a door whose second step is a PIN",
    found: "another one",
    next: "Set secondStep.kind to pin in the configuration.",
  });
}
