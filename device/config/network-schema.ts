// How others reach the daemon, and it them: the API, a house, webhooks.
import Type from "typebox";
import { gpioInput, oneOfKinds, orNull, path, pathOptions, section, toggle, wholeNumber } from "./schema-kit.ts";

/** One level of an MQTT topic, or several, without wildcards. */
function topicPart(description: string, value: string) {
  const pattern = "^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,4}$";
  return Type.String({ description, pattern, expected: `a topic such as "${value}"`, default: value });
}

const hostOptions = {
  pattern: "^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$|^[0-9A-Fa-f:.]{2,45}$",
  expected: "a host name or an address",
};

const tlsSchema = oneOfKinds("Who encrypts the way to the API.", "auto", [
  section("Nobody where the API listens to this machine alone; else as `device`.", { kind: Type.Literal("auto") }),
  section("Nobody: the API listens to this machine alone.", { kind: Type.Literal("none") }),
  section("The API itself, with a certificate that it makes at its first start.", { kind: Type.Literal("device") }),
  section("The API itself, with a certificate of yours.", {
    kind: Type.Literal("files"),
    certificatePath: path("The certificate, PEM.", "/etc/facelatch/door.crt"),
    keyPath: path("Its private key, PEM.", "/etc/facelatch/door.key"),
  }),
  section("A proxy before it, which alone may reach the port.", { kind: Type.Literal("proxy") }),
]);

export const apiSchema = section("The HTTP API and its page.", {
  host: Type.String({ description: "The address to listen on.", ...hostOptions, default: "127.0.0.1" }),
  port: wholeNumber("The port to listen on; 0 takes any that is free.", 0, 65_535, 8780),
  allowedHosts: Type.Array(Type.String(hostOptions), {
    description: "Further names that the device answers to.",
    maxItems: 32,
    uniqueItems: true,
    default: [],
    examples: [["door.local"]],
  }),
  tls: tlsSchema,
  sessionDays: wholeNumber("So long a browser that was paired, or showed a token, need not do it again.", 1, 365, 30),
  unlockNeedsPasskey: toggle("Open the door by hand with a passkey alone.", false),
  pairingButton: gpioInput(
    "The button of the board that pairs a browser; inside, where nobody outside reaches it",
    26,
    {
      says: "Pressed is the low level: the button connects the line to ground.",
      value: true,
    },
  ),
  openOnLoopback: toggle("Ask whoever is on this machine for no access token, as the demo does.", false),
});

export const mqttSchema = section("The way into Home Assistant, through an MQTT broker; off until one is named.", {
  url: orNull(
    Type.String({ pattern: "^mqtts?://(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?$" }),
    "The broker.",
    'an address such as "mqtts://broker.local:8883", without a user',
    // It is refused with a password in it, which must not be told on.
    { secret: true },
  ),
  username: orNull(Type.String({ minLength: 1, maxLength: 128 }), "Who the door is there.", "a name"),
  passwordFile: orNull(Type.String(pathOptions), "A file whose one line is the password.", pathOptions.expected),
  caFile: orNull(
    Type.String(pathOptions),
    "Certificates (PEM) by which the broker's own is checked; null takes the system's.",
    pathOptions.expected,
  ),
  name: Type.String({
    description: "What the door is called there.",
    minLength: 1,
    maxLength: 64,
    default: "Front door",
  }),
  baseTopic: topicPart("What its topics begin with.", "facelatch"),
  commands: Type.Enum(["none", "lockdown", "unlock"], {
    description:
      "What the house may ask for: a lockdown, faces switched off, and the end of either; or also to open the door.",
    default: "none",
  }),
  image: toggle("Send the picture of somebody unknown who rings; needs `snapshots.for`.", false),
  discoveryPrefix: topicPart("Where Home Assistant looks for devices.", "homeassistant"),
});

const webhookEvents = [
  "presence.started",
  "unlock.granted",
  "unlock.refused",
  "lockdown.set",
  "lockdown.cleared",
  "face_unlock.off",
  "face_unlock.on",
  "schedule.changed",
  "lockout.started",
  "relay.fault",
  "camera.fault",
  "camera.recovered",
  "doorbell.rang",
  "door.forced",
  "door.held_open",
  "door.closed",
  "door.jammed",
  "door.tampered",
  "door.tamper_ended",
  "door.line_fault",
  "access.paired",
  "access.contested",
  "passkey.registered",
] as const;

export const webhooksSchema = Type.Array(
  section("Where to send what happens at the door, signed.", {
    url: Type.String({
      description: "It gets a POST for each event.",
      pattern: "^https?://(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?(/[!-~]{0,1000})?$",
      expected: "an address that begins with https:// or http://, without a user",
      secret: true,
    }),
    secretFile: Type.String({
      description: "A file whose one line is the secret: 24 to 64 bytes in base64.",
      ...pathOptions,
    }),
    caFile: orNull(
      Type.String(pathOptions),
      "Certificates (PEM) by which the receiver's own is checked; null takes the system's.",
      pathOptions.expected,
    ),
    events: Type.Array(Type.Enum([...webhookEvents]), {
      description: "Which events it gets.",
      minItems: 1,
      uniqueItems: true,
      default: [...webhookEvents],
    }),
  }),
  {
    description: "Who is told of what happens at the door.",
    maxItems: 8,
    default: [],
    examples: [[{ url: "https://example.org/door", secretFile: "/etc/facelatch/webhook.secret" }]],
  },
);
