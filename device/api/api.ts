// The port of the API: everything over HTTP, built apart from listening.
import type { IncomingHttpHeaders } from "node:http";
import fastifyHelmet, { type FastifyHelmetOptions } from "@fastify/helmet";
import fastifyRateLimit from "@fastify/rate-limit";
import fastifySwagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { LogController } from "fastify";
import Type from "typebox";
import { FacelatchError } from "../errors/errors.ts";
import { guardAccess, refusalCounter, securityOf } from "./access-guard.ts";
import { type Api, type ApiDeps, type ApiLimits, defaultLimits } from "./api-deps.ts";
import { FreshPairings } from "./fresh-pairings.ts";
import { hostCheck } from "./host-check.ts";
import { limitByAddress } from "./limit-by-address.ts";
import { Metrics } from "./metrics.ts";
import { refuseForeignWrite } from "./origin-check.ts";
import { notFound, problemResponses, refuseBytes, sendProblem } from "./problem.ts";
import { RateLimitStore } from "./rate-limit-store.ts";
import { bundleRoutes } from "./routes/bundles.ts";
import { buttonPairingRoutes } from "./routes/button-pairing.ts";
import { doorRoutes } from "./routes/door.ts";
import { enrolmentRoutes } from "./routes/enrolment.ts";
import { eventStreamRoutes } from "./routes/event-stream.ts";
import { eventRoutes } from "./routes/events.ts";
import { feedbackRoutes } from "./routes/feedback.ts";
import { healthRoutes } from "./routes/health.ts";
import { liveRoutes } from "./routes/live.ts";
import { logLevelRoutes } from "./routes/log-level.ts";
import { logStreamRoutes } from "./routes/log-stream.ts";
import { logRoutes } from "./routes/logs.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { pageRoutes } from "./routes/page.ts";
import { passkeyRoutes } from "./routes/passkeys.ts";
import { peopleRoutes } from "./routes/people.ts";
import { scheduleRoutes } from "./routes/schedule.ts";
import { secondStepRoutes } from "./routes/second-step.ts";
import { sessionRoutes } from "./routes/session.ts";
import { snapshotRoutes } from "./routes/snapshots.ts";
import { statusRoutes } from "./routes/status.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { unlockRoutes } from "./routes/unlock.ts";
import { updateRoutes } from "./routes/updates.ts";
import { uploadRoutes } from "./routes/uploads.ts";
import { sessionCookie } from "./session-cookie.ts";
import { schemeOf, siteOf } from "./site.ts";
import { SseStreams } from "./sse.ts";

export type { Api, ApiDeps, ApiLimits, Transport } from "./api-deps.ts";
export type { LiveReport, LiveView } from "./live-report.ts";
export { secretBodies } from "./secret-bodies.ts";
export type { StatusReport } from "./status-report.ts";

/** How long answers in flight may take once the API closes. */
const closeGraceMs = 500;

/**
 * Builds the API; `listen` starts it, `inject` asks it without a network, `close` ends its streams
 * and stops it within a second.
 * It reads, and it takes feedback, which can only make the lock stricter, the PIN of the second step, which counts
 * for a decision, and signed bundles, which the engine behind the delivery judges. It enrols people, of whom the bundle's own
 * templates admit an owner's. It opens the door for whoever has the scope for that, and for nobody else.
 */
export function buildApi(deps: ApiDeps): Api {
  const limits: ApiLimits = { ...defaultLimits, ...deps.limits };
  const api = createServer(deps, limits);
  api.server.maxConnections = limits.connectionsMax;
  const streams = new SseStreams(limits);
  // Counts from here on, also before the routes are there.
  const metrics = new Metrics(deps);
  const checkHost = hostCheck(deps.allowedHosts);
  const scheme = schemeOf(deps.transport);
  api.addHook("onRequest", async ({ method, headers, socket }) => {
    checkHost(headers.host, socket.localAddress);
    refuseForeignWrite(method, headers, scheme);
  });
  const cookie = sessionCookie(deps.transport);
  const countRefusal = refusalCounter(limits.refusalsPerMinuteMax);
  guardAccess(api, deps, cookie, countRefusal);
  const endRefused = () => streams.endRefused();
  const pairings = new FreshPairings(deps.nowMs ?? (() => performance.now()));
  api.addHook("preClose", async () => {
    streams.end();
    // Browsers keep connections on which they have asked nothing yet; those would hold the close for requestTimeout.
    setTimeout(() => api.server.closeAllConnections(), closeGraceMs).unref();
  });
  api.setErrorHandler(sendProblem);
  api.register(fastifyHelmet, helmetOptions);
  registerRateLimit(api, limits.requestsPerMinuteMax);
  registerOpenApi(api, deps.version);
  api.register(async (routes: Api) => {
    healthRoutes(routes, deps);
    sessionRoutes(routes, { ...deps, cookie, countRefusal, pairings, endRefused });
    buttonPairingRoutes(routes, deps.buttonPairing, limits);
    tokenRoutes(routes, { ...deps, endRefused });
    statusRoutes(routes, deps);
    metricsRoutes(routes, metrics);
    eventRoutes(routes, deps);
    eventStreamRoutes(routes, deps, streams, limits);
    logRoutes(routes, deps);
    logStreamRoutes(routes, deps, streams, limits);
    if (deps.logLevel !== null) logLevelRoutes(routes, deps.logLevel);
    liveRoutes(routes, deps, streams, limits.liveIntervalMs);
    feedbackRoutes(routes, deps, limits.feedbackPerMinuteMax);
    if (deps.people !== null) {
      // One count for all of them.
      const allow = limitByAddress(limits.peoplePerMinuteMax, "changes and copies of people");
      peopleRoutes(routes, deps.people, deps.snapshots, allow);
      enrolmentRoutes(routes, deps.people, allow);
    }
    if (deps.snapshots !== null) {
      snapshotRoutes(routes, { ...deps, snapshots: deps.snapshots }, limits.erasuresPerMinuteMax);
    }
    secondStepRoutes(routes, deps, limits);
    const passkeyDeps =
      deps.passkeys === null
        ? null
        : {
            ...deps,
            passkeys: deps.passkeys,
            siteOf: (headers: IncomingHttpHeaders) => siteOf(headers, deps.transport),
          };
    if (passkeyDeps !== null) passkeyRoutes(routes, { ...passkeyDeps, pairings }, limits.passkeysPerMinuteMax);
    if (deps.door !== null) doorRoutes(routes, deps.door);
    if (deps.door !== null && passkeyDeps !== null) unlockRoutes(routes, { ...passkeyDeps, door: deps.door }, limits);
    if (deps.schedule !== null) scheduleRoutes(routes, deps.schedule);
    if (deps.delivery !== null) {
      bundleRoutes(routes, deps.delivery);
      updateRoutes(routes, deps.delivery);
      uploadRoutes(routes, deps.delivery);
    }
    await pageRoutes(routes);
  });
  return api;
}

function createServer({ logger, transport }: ApiDeps, { requestTimeoutMs }: ApiLimits): Api {
  // Whoever sends slowly holds one of few connections: looked for so often, not every 30 s as Node.js does by itself.
  const slow = {
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 10),
  };
  // Without a certificate yet: it is given before listening, and a handshake without one fails.
  const server =
    transport === "https"
      ? { https: { ...slow, minVersion: "TLSv1.2" as const, handshakeTimeout: requestTimeoutMs } }
      : { http: slow };
  return fastify({
    ...server,
    loggerInstance: logger,
    // Fastify's own logger keeps the level of its beginning: a request's lines go by the one of now.
    childLoggerFactory: (_parent, bindings, options) => logger.child(bindings, options),
    // A page asks five times a second: a line for each request would wear out the disk and hide the rest.
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: requestTimeoutMs,
    connectionTimeout: 60_000,
    keepAliveTimeout: 10_000,
    bodyLimit: 1_024,
    routerOptions: { maxParamLength: 100 },
    // Numbers of a query are read from text, which can say Infinity: with `strictNumbers` no limit would be held against it.
    // `secret` marks what is never logged.
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: "array", strictNumbers: false, keywords: ["secret"] },
    },
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply);
    },
    clientErrorHandler: refuseBytes,
  }).withTypeProvider<TypeBoxTypeProvider>();
}

const helmetOptions: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  // The device speaks HTTP in the home network, where browsers ignore these two and complain.
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false,
  xFrameOptions: { action: "deny" },
};

function registerRateLimit(api: Api, requestsPerMinuteMax: number): void {
  api.register(fastifyRateLimit, {
    max: requestsPerMinuteMax,
    timeWindow: 60_000,
    store: RateLimitStore,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new FacelatchError("TOO_MANY_REQUESTS", {
        expected: `at most ${max} requests a minute from one address`,
        found: "more",
        next: `Try again in ${Math.ceil(ttl / 1_000)} s.`,
      }),
  });
  api.after(() => {
    api.setNotFoundHandler({ preHandler: api.rateLimit() }, (request, reply) => {
      sendProblem(notFound(request), request, reply);
    });
  });
}

function registerOpenApi(api: Api, version: string): void {
  api.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Facelatch", version, description: "Status, events and logs of a face-recognition door lock." },
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer", description: "Made by `facelatch tokens make` on the device." },
          session: {
            type: "apiKey",
            in: "cookie",
            name: "__Host-facelatch",
            description: "Set by POST /v1/session, for the page; without TLS its name is facelatch.",
          },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: { ...schema, security: securityOf(route.config?.access) }, url }),
  });
  api.register(async (routes: Api) => {
    routes.route({
      method: "GET",
      url: "/openapi.json",
      schema: {
        summary: "This description",
        tags: ["description"],
        response: {
          200: Type.Object({}, { additionalProperties: true, description: "OpenAPI 3.1." }),
          ...problemResponses,
        },
      },
      handler: async (_request, reply) => {
        // It is another one after an update.
        reply.header("cache-control", "no-store");
        return { ...api.swagger() };
      },
    });
  });
}
