// A real mosquitto on the loopback, and somebody who listens there as Home Assistant would.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import type { Ending } from "../fixtures/real-daemon.ts";

export interface Kept {
  readonly payload: string;
  readonly retain: boolean;
}

/** What a listener heard, oldest first, by topic. */
export class Listener {
  readonly client: MqttClient;
  readonly heard: (readonly [topic: string, message: Kept])[] = [];

  constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload, { retain }) =>
      this.heard.push([topic, { payload: payload.toString("utf8"), retain }]),
    );
  }

  /** The newest payload of the first topic that ends so; undefined where there was none. */
  newest(end: string): string | undefined {
    return this.heard.findLast(([topic]) => topic.endsWith(end))?.[1].payload;
  }

  all(end: string): string[] {
    return this.heard.filter(([topic]) => topic.endsWith(end)).map(([, { payload }]) => payload);
  }
}

export class Broker {
  readonly port: number;
  readonly folder: string;
  readonly #program: string;
  #process: ChildProcess | null = null;

  private constructor(folder: string, port: number, program: string) {
    this.folder = folder;
    this.port = port;
    this.#program = program;
  }

  /** Starts one that ends with the test; with TLS it asks for a name and a password. */
  static async start(t: Ending, { tls = false }: { readonly tls?: boolean } = {}): Promise<Broker> {
    const folder = await mkdtemp(join(tmpdir(), "facelatch-broker-"));
    const broker = new Broker(folder, await freePort(), "/usr/sbin/mosquitto");
    t.after(async () => {
      await broker.kill();
      await rm(folder, { recursive: true, force: true });
    });
    if (tls) makeSecrets(folder);
    const secrets = ["password_file passwords", "cafile ca.crt", "certfile broker.crt", "keyfile broker.key"];
    const lines = [
      `listener ${broker.port} 127.0.0.1`,
      ...(tls
        ? ["allow_anonymous false", ...secrets.map((line) => line.replace(" ", ` ${folder}/`))]
        : ["allow_anonymous true"]),
      "persistence false",
      "user root",
    ];
    await writeFile(join(folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
    await broker.run();
    return broker;
  }

  async run(): Promise<void> {
    const child = spawn(this.#program, ["-c", join(this.folder, "mosquitto.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stderr!.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (/ running/.test(said)) resolve();
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`mosquitto ended: ${said}`)));
    });
  }

  /** As when its machine loses power. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  pause(): void {
    this.#process!.kill("SIGSTOP");
  }

  go(): void {
    this.#process!.kill("SIGCONT");
  }

  /** Listens to everything, from what is kept on. */
  async listen(t: Ending): Promise<Listener> {
    const client = await connectAsync(`mqtt://127.0.0.1:${this.port}`, { protocolVersion: 5, reconnectPeriod: 0 });
    t.after(() => void client.end(true));
    const listener = new Listener(client);
    await client.subscribeAsync("#", { qos: 1 });
    return listener;
  }

  /** Over TLS, as a user. */
  async listenSecurely(t: Ending): Promise<Listener> {
    const ca = await readFile(join(this.folder, "ca.crt"));
    const client = await connectAsync(`mqtts://localhost:${this.port}`, {
      ...{ protocolVersion: 5, reconnectPeriod: 0, ca, username: "door", password: "let me in" },
    });
    t.after(() => void client.end(true));
    const listener = new Listener(client);
    await client.subscribeAsync("#", { qos: 1 });
    return listener;
  }
}

function makeSecrets(folder: string): void {
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: folder, stdio: "ignore" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  run("openssl", "req", "-x509", ...key, "-days", "2", "-subj", "/CN=house", "-keyout", "ca.key", "-out", "ca.crt");
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  run("openssl", "req", ...key, ...name, "-keyout", "broker.key", "-out", "broker.csr");
  const signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-copy_extensions", "copy"];
  run("openssl", "x509", "-req", "-in", "broker.csr", ...signed, "-out", "broker.crt");
  run("mosquitto_passwd", "-b", "-c", "passwords", "door", "let me in");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return (address as { port: number }).port;
}
