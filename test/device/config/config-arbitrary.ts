// Random valid configurations, made from the schema itself.
import fc from "fast-check";
import Type from "typebox";
import { Check } from "typebox/value";
import { type Config, configSchema } from "../../../device/config/config.ts";
import { contradictionsOf } from "../../../device/config/consistency.ts";

/** Texts that the schema's patterns may accept; what one does not is filtered out. */
const texts = fc.oneof(
  fc.constantFrom(
    "07:00",
    "23:59",
    "24:00",
    "00:00",
    "/dev/video1",
    "rtsp://u:p@host/1?x=#y",
    "host.local",
    "::1",
    "gpio-sim.0",
    "mqtt://127.0.0.1",
    "mqtts://broker.local:8883",
    "https://[::1]:8443/hook?key=x",
  ),
  fc.constantFrom(
    "null",
    "true",
    "1e3",
    "- a",
    "a: b",
    "# x",
    " padded ",
    "&a",
    "*a",
    "!x",
    "Zoë 🚪",
    "'",
    '"',
    "a\nb",
    "~",
    "07:00 ",
  ),
  fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }),
);

function valuesOf(schema: Type.TSchema): fc.Arbitrary<unknown> {
  const { default: preset } = schema as { readonly default?: unknown };
  return preset === undefined || Type.IsUnion(schema) ? free(schema) : fc.oneof(fc.constant(preset), free(schema));
}

function free(schema: Type.TSchema): fc.Arbitrary<unknown> {
  if (Type.IsObject(schema)) {
    const fields = Object.entries(schema.properties as Record<string, Type.TSchema>);
    return fc.record(Object.fromEntries(fields.map(([key, field]) => [key, valuesOf(field)])), {
      noNullPrototype: true,
    });
  }
  if (Type.IsUnion(schema)) return fc.oneof(...schema.anyOf.map(free));
  if (Type.IsEnum(schema)) return fc.constantFrom(...schema.enum);
  if (Type.IsLiteral(schema)) return fc.constant(schema.const);
  if (Type.IsBoolean(schema)) return fc.boolean();
  if (Type.IsNull(schema)) return fc.constant(null);
  const { minimum, maximum } = schema as { readonly minimum: number; readonly maximum: number };
  if (Type.IsInteger(schema)) return fc.integer({ min: minimum, max: maximum });
  if (Type.IsNumber(schema)) return fc.double({ min: minimum, max: maximum, noNaN: true }).map((value) => value + 0);
  if (Type.IsArray(schema))
    return fc
      .uniqueArray(valuesOf(schema.items), { maxLength: 4, comparator: sameJson })
      .filter((list) => Check(schema, list));
  return texts.filter((text) => Check(schema, text));
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export const validConfigs = (valuesOf(configSchema) as fc.Arbitrary<Config>)
  .map(repaired)
  .filter((config) => contradictionsOf(config).length === 0);

/** Most random numbers contradict one another; these are brought in order, so that enough configurations remain. */
function repaired(config: Config): Config {
  const { decision, relay, vision, camera, mqtt } = config;
  const { lockout } = decision;
  return {
    ...config,
    camera: { ...camera, stallTimeoutMs: Math.max(camera.stallTimeoutMs, 1000) },
    vision: { ...vision, backoffMaxMs: Math.max(vision.backoffFirstMs, vision.backoffMaxMs) },
    relay: repairedRelay(relay),
    door:
      config.door.contact.kind === "none"
        ? { ...config.door, bolt: { kind: "none" }, relockOnOpen: false }
        : config.door,
    mqtt: { ...mqtt, passwordFile: mqtt.username === null ? null : mqtt.passwordFile },
    decision: {
      ...decision,
      framesWindow: Math.max(decision.framesNeeded, decision.framesWindow),
      evidenceAgeMaxMs: 30_000,
      presenceGapMaxMs: Math.max(decision.presenceGapMaxMs, 1000),
      lockout: {
        ...lockout,
        maxMs: Math.max(lockout.firstMs, lockout.maxMs),
        windowMs: Math.max(lockout.attemptMs, lockout.windowMs),
      },
    },
  };
}

function repairedRelay(relay: Config["relay"]): Config["relay"] {
  const pulseMaxMs = Math.max(relay.pulseMs, relay.pulseMaxMs);
  if (relay.kind === "recorded") return { ...relay, pulseMaxMs };
  const { guard } = relay;
  const heartbeatTimeoutMs = Math.max(guard.heartbeatTimeoutMs, 2000);
  const backoffMaxMs = Math.max(guard.backoffFirstMs, guard.backoffMaxMs);
  return { ...relay, pulseMaxMs, guard: { ...guard, heartbeatTimeoutMs, backoffMaxMs } };
}
