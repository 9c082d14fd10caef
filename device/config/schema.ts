// The schema of the configuration: the one source of its types, defaults, limits and explanations.
import Type, { type Static } from "typebox";
import { cameraSchema } from "./camera-schema.ts";
import { decisionSchema } from "./decision-schema.ts";
import { doorSchema } from "./door-io-schema.ts";
import { relaySchema, secondStepSchema } from "./door-schema.ts";
import { feedbackSchema, peopleSchema, snapshotsSchema, storeSchema, updatesSchema } from "./kept-schema.ts";
import { apiSchema, mqttSchema, webhooksSchema } from "./network-schema.ts";
import { pathOptions, type ReadonlyDeep, section, toggle, wholeNumber } from "./schema-kit.ts";

const boardSchema = section("When the board is spared: it then takes fewer frames, by the same rules.", {
  temperatureMaxC: wholeNumber("From this temperature on.", 30, 120, 75),
  memoryMinBytes: wholeNumber("With less memory left than this.", 0, 64 * 1024 ** 3, 48 * 1024 ** 2),
  thermalDir: Type.String({
    description: "The folder of the thermal zones.",
    ...pathOptions,
    default: "/sys/class/thermal",
  }),
  memInfoPath: Type.String({
    description: "Where the kernel tells of its memory.",
    ...pathOptions,
    default: "/proc/meminfo",
  }),
});

export const configSchema = section("The configuration of Facelatch.", {
  owner: section("Whose door it is.", {
    label: Type.String({
      description: "The owner's name; bundles made for anybody else open nothing.",
      minLength: 1,
      maxLength: 40,
      default: "Markus",
    }),
  }),
  stateDir: Type.String({
    description: "The folder of bundles, events, logs and feedback.",
    ...pathOptions,
    default: "/var/lib/facelatch",
  }),
  camera: cameraSchema,
  board: boardSchema,
  vision: section("The process that runs the models.", {
    frameTimeoutMs: wholeNumber("It is killed when a frame takes longer.", 100, 60_000, 2000),
    startTimeoutMs: wholeNumber("It is killed when its start takes longer.", 1000, 300_000, 20_000),
    threads: wholeNumber("Threads of the inference; one is fastest on most boards.", 1, 16, 1),
    backoffFirstMs: wholeNumber("The first wait before it is started again.", 10, 60_000, 250),
    backoffMaxMs: wholeNumber("The longest wait before it is started again.", 10, 600_000, 30_000),
  }),
  decision: decisionSchema,
  relay: relaySchema,
  secondStep: secondStepSchema,
  door: doorSchema,
  store: storeSchema,
  feedback: feedbackSchema,
  snapshots: snapshotsSchema,
  people: peopleSchema,
  updates: updatesSchema,
  audit: section("The record of openings.", {
    required: toggle("The door stays locked when an opening cannot be recorded first.", true),
  }),
  api: apiSchema,
  mqtt: mqttSchema,
  webhooks: webhooksSchema,
  log: section("What is logged.", {
    level: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal"], {
      description: "This level and graver ones.",
      default: "info",
    }),
  }),
});

/** The settings as a file holds them, with every default filled in. */
export type Config = ReadonlyDeep<Static<typeof configSchema>>;
