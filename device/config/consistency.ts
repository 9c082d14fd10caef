// What the schema cannot say: settings that must fit one another.
import { scheduleContradictions } from "./schedule.ts";
import type { Config } from "./schema.ts";

/** A pair of settings that contradict one another, told at `path`. */
export interface Contradiction {
  readonly path: string;
  readonly text: string;
}

/** All contradictions of a configuration that its schema accepts. */
export function contradictionsOf(config: Config): Contradiction[] {
  const { decision, relay, vision, updates } = config;
  const { lockout } = decision;
  return [
    ...atMost("decision.framesNeeded", decision.framesNeeded, "decision.framesWindow", decision.framesWindow),
    ...atMost("decision.frameAgeMaxMs", decision.frameAgeMaxMs, "decision.evidenceAgeMaxMs", decision.evidenceAgeMaxMs),
    ...atMost("decision.lockout.firstMs", lockout.firstMs, "decision.lockout.maxMs", lockout.maxMs),
    ...atMost("decision.lockout.attemptMs", lockout.attemptMs, "decision.lockout.windowMs", lockout.windowMs),
    ...atMost("relay.pulseMs", relay.pulseMs, "relay.pulseMaxMs", relay.pulseMaxMs),
    ...atMost("relay.gapMinMs", relay.gapMinMs, "decision.cooldownMs", decision.cooldownMs),
    ...atMost("vision.backoffFirstMs", vision.backoffFirstMs, "vision.backoffMaxMs", vision.backoffMaxMs),
    ...atMost("updates.trialMs", updates.trialMs, "updates.trialMaxMs", updates.trialMaxMs),
    ...guardContradictions(config),
    ...frameRateContradictions(config),
    ...lineContradictions(config),
    ...hostContradictions(config),
    ...brokerContradictions(config),
    ...imageContradictions(config),
    ...passkeyContradictions(config),
    ...addressContradictions(config),
    ...scheduleContradictions(decision.schedule, "decision.schedule"),
  ];
}

function atMost(path: string, value: number, limitPath: string, limit: number): Contradiction[] {
  return value <= limit ? [] : [{ path, text: `${path} (${value}) is more than ${limitPath} (${limit})` }];
}

/** Tokens and pictures of the door travel only encrypted; and behind a proxy everybody seems to be on this machine. */
function hostContradictions({ api }: Config): Contradiction[] {
  const found: Contradiction[] = [];
  if (!isLoopbackHost(api.host) && api.tls.kind === "none") {
    const text = `api.host (${api.host}) is not the loopback: set api.tls, so that nobody reads along`;
    found.push({ path: "api.host", text });
  }
  if (api.openOnLoopback && api.tls.kind === "proxy") {
    const text = "api.openOnLoopback would open the API to whomever the proxy of api.tls lets in";
    found.push({ path: "api.openOnLoopback", text });
  }
  return found;
}

/** A house cannot show a passkey: its way in would go around the one that is asked for. */
function passkeyContradictions({ api, mqtt }: Config): Contradiction[] {
  if (!api.unlockNeedsPasskey || mqtt.commands !== "unlock") return [];
  const text =
    "mqtt.commands (unlock) would open without the passkey that api.unlockNeedsPasskey asks for: use lockdown";
  return [{ path: "mqtt.commands", text }];
}

/** A picture that is not kept cannot be sent. */
function imageContradictions({ mqtt, snapshots }: Config): Contradiction[] {
  if (!mqtt.image || snapshots.for !== "none") return [];
  return [{ path: "mqtt.image", text: "mqtt.image has no pictures to send: set snapshots.for" }];
}

/** What goes in the clear is everybody's on the network: passwords to read, commands to send. */
function brokerContradictions({ mqtt: { url, username, passwordFile, commands, image } }: Config): Contradiction[] {
  const found: Contradiction[] = [];
  const tell = (path: string, text: string) => found.push({ path, text });
  const isInTheClear =
    url?.startsWith("mqtt://") === true && URL.canParse(url) && !isLoopbackHost(new URL(url).hostname);
  if (passwordFile !== null && username === null)
    tell("mqtt.passwordFile", "mqtt.passwordFile is set without mqtt.username");
  if (isInTheClear && passwordFile !== null)
    tell("mqtt.url", "mqtt.url (mqtt://) would send the password in the clear: use mqtts://");
  if (isInTheClear && commands !== "none")
    tell("mqtt.commands", "mqtt.commands would come in the clear, from anybody on the network: use mqtts://");
  if (isInTheClear && image) tell("mqtt.image", "mqtt.image would send pictures in the clear: use mqtts://");
  return found;
}

/** What looks like an address may be none: a port beyond 65535, numbers that are no IP address. It may hold a secret. */
function addressContradictions({ mqtt, webhooks }: Config): Contradiction[] {
  const given = [["mqtt.url", mqtt.url], ...webhooks.map(({ url }, index) => [`webhooks[${index}].url`, url])] as const;
  return given.flatMap(([path, url]) =>
    url === null || URL.canParse(url) ? [] : [{ path, text: `${path} is no address: look at its host and its port` }],
  );
}

/** Whether only this machine can reach what listens there. */
export function isLoopbackHost(host: string): boolean {
  return ["127.0.0.1", "::1", "localhost"].includes(host);
}

/** One line cannot be two things: the relay would be driven by its own button. */
function lineContradictions({ relay, secondStep, door, api }: Config): Contradiction[] {
  const { contact, exitButton, tamper, bolt, led, buzzer } = door;
  const sections = { relay, secondStep };
  const ofDoor = { contact, exitButton, tamper, bolt, led, buzzer };
  const users = [
    ...Object.entries(sections),
    ...Object.entries(ofDoor).map(([name, section]) => [`door.${name}`, section] as const),
    ["api.pairingButton", api.pairingButton] as const,
  ];
  const taken = new Map<string, string>();
  const found: Contradiction[] = [];
  for (const [path, section] of users) {
    if (!("line" in section)) continue;
    const { chipLabel, line } = section;
    const owner = taken.get(`${chipLabel}/${line}`);
    const text = `${path}.line (${line}) is the line of ${owner} on ${chipLabel} already`;
    if (owner === undefined) taken.set(`${chipLabel}/${line}`, path);
    else found.push({ path: `${path}.line`, text });
  }
  // Of an open door, a bolt that is not back says nothing.
  if (bolt.kind !== "none" && contact.kind === "none") {
    found.push({ path: "door.bolt", text: "door.bolt says something only of a closed door: set door.contact too" });
  }
  if (door.relockOnOpen && contact.kind === "none") {
    found.push({
      path: "door.relockOnOpen",
      text: "door.relockOnOpen needs to know when the door is open: set door.contact",
    });
  }
  return found;
}

/** Each frame that was decided on is a heartbeat: from a camera too slow for that, every pulse would be cut short. */
function guardContradictions({ camera, relay }: Config): Contradiction[] {
  if (relay.kind === "recorded") return [];
  const { heartbeatTimeoutMs, backoffFirstMs, backoffMaxMs } = relay.guard;
  const found = atMost("relay.guard.backoffFirstMs", backoffFirstMs, "relay.guard.backoffMaxMs", backoffMaxMs);
  const heartbeatMs = "framesPerSecond" in camera ? Math.ceil(2000 / camera.framesPerSecond) : 0;
  if (heartbeatMs <= heartbeatTimeoutMs) return found;
  const path = "relay.guard.heartbeatTimeoutMs";
  return [...found, { path, text: `${path} (${heartbeatTimeoutMs}) is less than two frames take (${heartbeatMs} ms)` }];
}

/** A camera too slow for the decision's deadlines would keep the door locked for ever, without a reason to be seen. */
function frameRateContradictions({ camera, decision }: Config): Contradiction[] {
  if (!("framesPerSecond" in camera)) return [];
  const { framesPerSecond, stallTimeoutMs } = camera;
  const intervalMs = Math.ceil(1000 / framesPerSecond);
  const neededMs = intervalMs * (decision.framesNeeded - 1);
  const path = "camera.framesPerSecond";
  const found: Contradiction[] = [];
  const tell = (text: string) => found.push({ path, text: `${path} (${framesPerSecond}) is too low: ${text}` });
  if (neededMs > decision.evidenceAgeMaxMs) {
    tell(
      `${decision.framesNeeded} frames take ${neededMs} ms, decision.evidenceAgeMaxMs is ${decision.evidenceAgeMaxMs}`,
    );
  }
  if (intervalMs > decision.presenceGapMaxMs) {
    tell(`a frame takes ${intervalMs} ms, decision.presenceGapMaxMs is ${decision.presenceGapMaxMs}`);
  }
  if (intervalMs > stallTimeoutMs) tell(`a frame takes ${intervalMs} ms, camera.stallTimeoutMs is ${stallTimeoutMs}`);
  return found;
}
