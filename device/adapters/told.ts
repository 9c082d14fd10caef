// From the configuration to the adapters of those who are told: the house and other programs.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Config } from "../config/config.ts";
import { type Home, NoHome } from "../home/home.ts";
import { MqttHome, type MqttHomeOptions } from "../home/mqtt-home.ts";
import { version } from "../installation/installation.ts";
import { Receiver, receiverLimits } from "../webhooks/receiver.ts";
import { SignedWebhooks } from "../webhooks/signed-webhooks.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";

/**
 * Where the house is told of the door.
 *
 * @param onRefused told of commands that counted for nothing
 */
export function openHome(
  { mqtt, api, door }: Config,
  parts: Pick<MqttHomeOptions, "state" | "commands" | "picture">,
  onRefused: (text: string) => void,
): Home {
  if (mqtt.url === null) return new NoHome();
  const { url, username, passwordFile, caFile, discoveryPrefix } = mqtt;
  return new MqttHome({
    ...{ url, username, discoveryPrefix, ...parts, onRefused },
    password: () => (passwordFile === null ? null : readFileSync(passwordFile, "utf8").replace(/\r?\n$/, "")),
    ca: () => (caFile === null ? null : readFileSync(caFile)),
    names: {
      ...{ deviceId: deviceId(), name: mqtt.name, version, baseTopic: mqtt.baseTopic },
      pageUrl: pageUrlOf(api),
      takesUnlock: parts.commands.unlock !== null,
      takesLockdown: parts.commands.setLockdown !== null,
      sendsImage: mqtt.image,
      ...{ hasContact: door.contact.kind !== "none", hasTamper: door.tamper.kind !== "none" },
    },
  });
}

export function openWebhooks({ webhooks }: Config): Webhooks {
  const receivers = webhooks.map(
    ({ url, secretFile, caFile, events }) =>
      new Receiver({
        url,
        secret: () => readFileSync(secretFile, "utf8"),
        ca: () => (caFile === null ? null : readFileSync(caFile)),
        events: new Set(events),
        wallClock: () => new Date(),
        limits: receiverLimits,
      }),
  );
  return new SignedWebhooks(receivers);
}

/** The same for as long as the system is not installed anew; it does not tell the machine's own id. */
function deviceId(): string {
  const id = existsSync("/etc/machine-id") ? readFileSync("/etc/machine-id", "utf8").trim() : hostname();
  return createHash("sha256").update(`facelatch ${id}`).digest("hex").slice(0, 12);
}

/** Null where only this machine reaches the page, or by a name that is not known here. */
function pageUrlOf({ allowedHosts: [name], port, tls }: Config["api"]): string | null {
  if (name === undefined || tls.kind === "none") return null;
  return tls.kind === "proxy" ? `https://${name}/` : `https://${name}:${port}/`;
}
