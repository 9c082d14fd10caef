// Home Assistant through an MQTT broker: what it is told is published while there is a connection, and dropped while not.
import type { MqttClient } from "mqtt";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import type { StoredEvent } from "../events/events.ts";
import { type DeviceNames, discoveryPayload } from "./discovery.ts";
import type { Home, HomeCommands, HomeState, HomeStatus } from "./home.ts";
import { eventMessages, type Message, stateMessages } from "./messages.ts";
import { type Topics, topicsOf } from "./topics.ts";

export interface MqttHomeOptions {
  /** mqtt:// or mqtts://, without credentials. */
  readonly url: string;
  readonly username: string | null;
  /** Read anew at each connection, as is `ca`; what it throws is the fault. */
  readonly password: () => string | null;
  /** PEM of the authorities that the broker's certificate may come from; null for the system's. */
  readonly ca: () => Buffer | null;
  readonly discoveryPrefix: string;
  readonly names: DeviceNames;
  readonly state: () => HomeState;
  readonly commands: HomeCommands;
  /** The picture of an event that happened a moment ago; null where there is none, or none is to be sent. */
  readonly picture: (event: StoredEvent) => Uint8Array | null;
  /** Told of each command that was refused or not understood. */
  readonly onRefused: (text: string) => void;
}

const publishMs = 250;
const reconnectMs = 5_000;
const connectTimeoutMs = 10_000;
const keepaliveS = 20;
const stopMaxMs = 1_000;
/** A broker that takes nothing is left, rather than its messages kept. */
const unsentBytesMax = 1024 * 1024;
/** A larger picture is not sent. */
const pictureBytesMax = 512 * 1024;
const commandBytesMax = 32;
const online = "online";
const offline = "offline";

export class MqttHome implements Home {
  readonly #options: MqttHomeOptions;
  readonly #topics: Topics;
  /** What the broker was told, by topic. */
  readonly #told = new Map<string, string>();
  #client: MqttClient | null = null;
  #timer: NodeJS.Timeout | undefined;
  #connectAtMs = 0;
  #hasStopped = false;
  #fault: string | null = null;

  constructor(options: MqttHomeOptions) {
    this.#options = options;
    this.#topics = topicsOf(options.names);
  }

  start(): void {
    void this.#connect();
    this.#timer = setInterval(() => {
      if (this.#client === null && performance.now() >= this.#connectAtMs) void this.#connect();
      this.#publishStates();
    }, publishMs);
  }

  tell(event: StoredEvent): void {
    // Before the bell, so that whoever hears that finds it.
    if (event.type === "doorbell.rang") this.#sendPicture(this.#options.picture(event));
    for (const message of eventMessages(event, this.#topics)) this.#publish(message, { retain: false });
    if (/^(unlock\.granted|lockdown\..*|face_unlock\..*)$/.test(event.type)) this.#publishStates();
  }

  /** Not kept by the broker: it is for whoever listens now. */
  #sendPicture(jpeg: Uint8Array | null): void {
    if (jpeg === null || jpeg.length > pictureBytesMax) return;
    this.#publish([this.#topics.image, Buffer.from(jpeg)], { retain: false });
  }

  status(): HomeStatus {
    return { state: this.#client?.connected === true ? "connected" : "connecting", fault: this.#fault };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#hasStopped = true;
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    // A broker that does not answer is not waited for.
    const bound = setTimeout(() => client.end(true), stopMaxMs);
    try {
      if (client.connected) await client.publishAsync(this.#topics.availability, offline, { qos: 1, retain: true });
      await client.endAsync();
    } catch {
      client.end(true);
    } finally {
      clearTimeout(bound);
    }
  }

  /** Its own reconnection would keep the secrets of the first time. */
  async #connect(): Promise<void> {
    const { url, username, names } = this.#options;
    this.#connectAtMs = performance.now() + reconnectMs;
    let client: MqttClient;
    try {
      // Loaded here: without a broker no daemon pays for it.
      const { connect } = await import("mqtt");
      if (this.#hasStopped) return;
      const [password, ca] = [this.#options.password(), this.#options.ca()];
      client = connect(url, {
        protocolVersion: 5,
        clientId: `facelatch-${names.deviceId}`,
        clean: true,
        keepalive: keepaliveS,
        connectTimeout: connectTimeoutMs,
        reconnectPeriod: 0,
        queueQoSZero: false,
        rejectUnauthorized: true,
        will: { topic: this.#topics.availability, payload: Buffer.from(offline), qos: 1, retain: true },
        ...(username === null ? {} : { username }),
        ...(password === null ? {} : { password }),
        ...(ca === null ? {} : { ca }),
      });
    } catch (error) {
      this.#fault = messageOf(error);
      return;
    }
    this.#client = client;
    client.on("connect", () => void this.#greet(client));
    client.on("error", (error) => {
      this.#fault = messageOf(error);
    });
    client.on("close", () => {
      if (this.#client !== client) return;
      this.#client = null;
      this.#fault ??= "the broker ended the connection, or does not answer";
      client.end(true);
    });
    client.on("message", (topic, payload, { retain }) => this.#take(topic, payload, retain));
  }

  /** After each connection: whatever the broker or Home Assistant forgot meanwhile is told again. */
  async #greet(client: MqttClient): Promise<void> {
    const { commands, discoveryPrefix } = this.#options;
    const { lockCommand, lockdownCommand, faceUnlockCommand } = this.#topics;
    const topics = [
      lockCommand,
      ...(commands.setLockdown === null ? [] : [lockdownCommand]),
      ...(commands.setFaceUnlock === null ? [] : [faceUnlockCommand]),
      `${discoveryPrefix}/status`,
    ];
    try {
      // Kept commands are not asked for, and told apart where a broker sends them nevertheless.
      await client.subscribeAsync(topics, { qos: 1, rh: 2, rap: true });
      this.#fault = null;
      this.#introduce();
    } catch (error) {
      this.#fault = messageOf(error);
    }
  }

  #introduce(): void {
    const { discoveryPrefix, names } = this.#options;
    this.#told.clear();
    const config = `${discoveryPrefix}/device/${names.deviceId}/config`;
    this.#publish([config, JSON.stringify(discoveryPayload(names))], { retain: true });
    this.#publishStates();
    this.#publish([this.#topics.availability, online], { retain: true });
  }

  #publishStates(): void {
    if (this.#client?.connected !== true) return;
    for (const [topic, payload] of stateMessages(this.#options.state(), this.#topics)) {
      if (this.#told.get(topic) === payload) continue;
      if (this.#publish([topic, payload], { retain: true })) this.#told.set(topic, payload);
    }
  }

  /** Whether it is on its way. */
  #publish(
    [topic, payload]: Message | readonly [topic: string, payload: Buffer],
    { retain }: { readonly retain: boolean },
  ): boolean {
    const client = this.#client;
    if (client?.connected !== true) return false;
    if (client.stream.writableLength > unsentBytesMax) {
      this.#fault = "the broker takes no messages";
      client.stream.destroy();
      return false;
    }
    client.publish(topic, payload, { qos: 0, retain }, (error) => {
      if (error != null) this.#told.delete(topic);
    });
    return true;
  }

  #take(topic: string, payload: Buffer, isKept: boolean): void {
    const text = payload.byteLength > commandBytesMax ? "too much" : payload.toString("utf8");
    if (topic === `${this.#options.discoveryPrefix}/status`) {
      if (text === online) this.#introduce();
      return;
    }
    this.#obey(topic, text, isKept).catch((error: unknown) => {
      const why = error instanceof FacelatchError ? `${error.message} (${error.code})` : messageOf(error);
      this.#options.onRefused(`${topic}: ${why}`);
      // Home Assistant waits for a state: the one that did not change.
      for (const name of ["lock", "lockdown", "faceUnlock"] as const) this.#told.delete(this.#topics[name]);
    });
  }

  async #obey(topic: string, text: string, isKept: boolean): Promise<void> {
    const { unlock, setLockdown, setFaceUnlock } = this.#options.commands;
    const { lock, lockCommand, lockdownCommand, faceUnlockCommand } = this.#topics;
    // It would come again at every start, long after anybody wanted it.
    if (isKept) throw refused("a command for now", "one that the broker keeps", "Send it without retain.");
    if (topic === lockCommand && text === "UNLOCK" && unlock !== null) return unlock();
    // A pulse ends by itself, and the door is locked in every other moment: the state is told again.
    if (topic === lockCommand && text === "LOCK") return void this.#told.delete(lock);
    const isSwitch = text === "ON" || text === "OFF";
    if (topic === lockdownCommand && setLockdown !== null && isSwitch) return setLockdown(text === "ON");
    if (topic === faceUnlockCommand && setFaceUnlock !== null && isSwitch) return setFaceUnlock(text === "ON");
    throw refused("a command that is allowed here", JSON.stringify(text), "See docs/home.md.");
  }
}

function refused(expected: string, found: string, next: string): FacelatchError {
  return new FacelatchError("REQUEST_INVALID", { expected, found, next });
}
