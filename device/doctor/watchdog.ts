// The board's own watchdog, which restarts it when the kernel hangs: it is there, and systemd feeds it.
import { type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

const settings = "/etc/systemd/system.conf.d/watchdog.conf";

export function checkWatchdog({ names, text }: Place): Finding[] {
  const [name] = names("/sys/class/watchdog").filter((each) => /^watchdog\d+$/.test(each));
  if (name === undefined) {
    const next = "On a Raspberry Pi add dtparam=watchdog=on to /boot/firmware/config.txt; elsewhere load its driver.";
    return [warning("There is no hardware watchdog: a kernel that hangs stays so.", next)];
  }
  const folder = `/sys/class/watchdog/${name}`;
  const identity = text(`${folder}/identity`) ?? name;
  const state = text(`${folder}/state`);
  if (state === "active") return [ok(`The watchdog ${identity} runs, with ${text(`${folder}/timeout`) ?? "?"} s.`)];
  const next = `Write [Manager] and RuntimeWatchdogSec=15s to ${settings}, then sudo systemctl daemon-reexec.`;
  return [warning(`The watchdog ${identity} is ${state ?? "in an unknown state"}: nobody feeds it.`, next)];
}
