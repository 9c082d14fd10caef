// What Home Assistant takes: the keys and types of its documentation of MQTT, for the platforms that are used here
// (https://www.home-assistant.io/integrations/mqtt/ and the page of each platform, as of 2026.10).
import assert from "node:assert/strict";
import Type, { type TObject, type TProperties } from "typebox";
import { Errors } from "typebox/value";

const text = Type.String({ minLength: 1 });
/** No wildcards, no empty levels. */
const topic = Type.String({ pattern: "^[^+#\\u0000/]+(/[^+#\\u0000/]+)*$", maxLength: 250 });
const template = text;
const qos = Type.Integer({ minimum: 0, maximum: 2 });
const url = Type.String({ pattern: "^(https?|homeassistant)://[^/]+" });

function closed(properties: TProperties): TObject {
  return Type.Object(properties, { additionalProperties: false });
}

function optional(properties: TProperties): TProperties {
  return Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, Type.Optional(schema)]));
}

const common = {
  platform: text,
  unique_id: text,
  ...optional({
    name: Type.Union([text, Type.Null()]),
    availability_topic: topic,
    default_entity_id: text,
    enabled_by_default: Type.Boolean(),
    encoding: text,
    entity_category: Type.Enum(["config", "diagnostic"]),
    entity_picture: url,
    icon: Type.String({ pattern: "^mdi:" }),
    json_attributes_topic: topic,
    json_attributes_template: template,
    qos,
  }),
};

const commanded = {
  command_topic: topic,
  ...optional({ command_template: template, optimistic: Type.Boolean(), retain: Type.Boolean() }),
};
const payloads = (...names: readonly string[]) => optional(Object.fromEntries(names.map((name) => [name, text])));

const platforms: Readonly<Record<string, TObject>> = {
  lock: closed({
    ...common,
    ...commanded,
    ...optional({ state_topic: topic, value_template: template, code_format: text }),
    ...payloads("payload_lock", "payload_unlock", "payload_open", "payload_reset"),
    ...payloads(
      "state_jammed",
      "state_locked",
      "state_locking",
      "state_open",
      "state_opening",
      "state_unlocked",
      "state_unlocking",
    ),
  }),
  switch: closed({
    ...common,
    ...commanded,
    ...optional({ state_topic: topic, value_template: template, device_class: Type.Enum(["outlet", "switch"]) }),
    ...payloads("payload_on", "payload_off", "state_on", "state_off"),
  }),
  event: closed({
    ...common,
    state_topic: topic,
    event_types: Type.Array(text, { minItems: 1 }),
    ...optional({ value_template: template, device_class: Type.Enum(["button", "doorbell", "motion"]) }),
  }),
  binary_sensor: closed({
    ...common,
    state_topic: topic,
    ...optional({
      value_template: template,
      device_class: Type.Enum(["problem", "door", "lock", "motion", "occupancy", "tamper"]),
    }),
    ...optional({ expire_after: Type.Integer(), force_update: Type.Boolean(), off_delay: Type.Integer() }),
    ...payloads("payload_on", "payload_off"),
  }),
  image: closed({
    ...common,
    ...optional({ image_topic: topic, url_topic: topic, content_type: text, image_encoding: Type.Literal("b64") }),
  }),
  update: closed({
    ...common,
    ...optional({ state_topic: topic, command_topic: topic, value_template: template, retain: Type.Boolean() }),
    ...optional({
      latest_version_topic: topic,
      latest_version_template: template,
      device_class: Type.Literal("firmware"),
    }),
    ...optional({ display_precision: Type.Integer(), release_url: url }),
    ...payloads("payload_install", "release_summary", "title"),
  }),
  sensor: closed({
    ...common,
    state_topic: topic,
    ...optional({ value_template: template, expire_after: Type.Integer(), force_update: Type.Boolean() }),
    ...payloads("unit_of_measurement", "state_class"),
  }),
};

const deviceSchema = closed({
  device: closed({
    identifiers: Type.Array(text, { minItems: 1 }),
    ...payloads(
      "name",
      "manufacturer",
      "model",
      "model_id",
      "sw_version",
      "hw_version",
      "serial_number",
      "suggested_area",
      "via_device",
    ),
    configuration_url: Type.Optional(url),
  }),
  origin: closed({ name: text, ...payloads("sw_version"), support_url: Type.Optional(url) }),
  components: Type.Record(Type.String({ pattern: "^[A-Za-z0-9_-]+$" }), Type.Object({})),
  ...optional({ availability_topic: topic, state_topic: topic, command_topic: topic, qos, encoding: text }),
  ...payloads("payload_available", "payload_not_available"),
});

/** Short names that discovery may use, by where they stand. */
const shortNames = {
  top: { dev: "device", o: "origin", cmps: "components", avty_t: "availability_topic" },
  device: { ids: "identifiers", mf: "manufacturer", mdl: "model", sw: "sw_version", cu: "configuration_url" },
  origin: { sw: "sw_version", url: "support_url" },
  component: { p: "platform" },
} as const;

type Tree = Readonly<Record<string, unknown>>;

function spelt(value: unknown, names: Readonly<Record<string, string>>): Tree {
  return Object.fromEntries(Object.entries(value as Tree).map(([key, entry]) => [names[key] ?? key, entry]));
}

/** Asserts that Home Assistant would take a device's discovery payload; returns its components, spelt out. */
export function assertDiscovery(payload: string): Readonly<Record<string, Tree>> {
  const top = spelt(JSON.parse(payload), shortNames.top);
  const whole = {
    ...top,
    device: spelt(top["device"], shortNames.device),
    origin: spelt(top["origin"], shortNames.origin),
  };
  assert.deepEqual(Errors(deviceSchema, whole), []);
  const components = Object.fromEntries(
    Object.entries(top["components"] as Tree).map(([key, component]) => [key, spelt(component, shortNames.component)]),
  );
  const uniqueIds = new Set<unknown>();
  for (const [key, component] of Object.entries(components)) {
    const schema = platforms[String(component["platform"])];
    assert.ok(schema, `${key} has an unknown platform`);
    assert.deepEqual(Errors(schema, component), [], key);
    assert.ok(!uniqueIds.has(component["unique_id"]), `${key} repeats a unique_id`);
    uniqueIds.add(component["unique_id"]);
  }
  return components;
}
