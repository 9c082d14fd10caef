// A board without a fault, as files below a folder, of which a test spoils one at a time.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { type Diagnosis, examine } from "../../../device/doctor/doctor.ts";
import { trustedKeysFolder } from "../../../device/slots/trusted-keys.ts";
import { openSqliteStore } from "../../../device/store/sqlite-store.ts";
import { installUnasked, makeSmallBundle, type SmallBundle } from "../../fixtures/small-bundle.ts";
import { trustTestKey } from "../../fixtures/test-keys.ts";
import { FakeChips } from "../relay/fake-chips.ts";

const configPath = "/etc/facelatch/facelatch.yaml";
const gid = process.getgid?.() ?? 0;

const texts: Readonly<Record<string, string>> = {
  "/proc/sys/kernel/osrelease": "6.12.47+rpt-rpi-v8",
  "/proc/meminfo": "MemTotal:         948280 kB\nMemAvailable:     600000 kB",
  "/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs": "N",
  "/etc/passwd": "root:x:0:0::/root:/bin/bash\nfacelatch:x:990:990::/var/lib/facelatch:/usr/sbin/nologin",
  "/etc/group": `gpio:x:${gid}:facelatch\nvideo:x:${gid}:anna,facelatch`,
  "/dev/gpiochip0": "",
  "/usr/bin/rpicam-vid": "",
  "/sys/class/rtc/rtc0/name": "rpi-rtc",
  "/run/systemd/timesync/synchronized": "",
  "/sys/block/mmcblk0/device/life_time": "0x02 0x01",
  "/sys/block/mmcblk0/device/pre_eol_info": "0x01",
  "/sys/class/watchdog/watchdog0/identity": "Broadcom BCM2835 Watchdog timer",
  "/sys/class/watchdog/watchdog0/state": "active",
  "/sys/class/watchdog/watchdog0/timeout": "15",
  "/sys/class/thermal/thermal_zone0/type": "cpu-thermal",
  "/sys/class/thermal/thermal_zone0/temp": "48312",
  "/sys/devices/platform/soc/soc:firmware/get_throttled": "0",
  "/etc/systemd/system/facelatch.service": "[Unit]",
  "/etc/systemd/system/multi-user.target.wants/facelatch.service": "[Unit]",
};

let bundle: Promise<SmallBundle> | undefined;

export class SoundBoard {
  readonly root = mkdtempSync(join(tmpdir(), "facelatch-doctor-"));
  readonly chips = new FakeChips(["pinctrl-bcm2835", "other"]);
  readonly stateDir = this.at("/var/lib/facelatch");

  static async make(t: { after(end: () => void): void }): Promise<SoundBoard> {
    const board = new SoundBoard();
    t.after(() => board.close());
    for (const [path, text] of Object.entries(texts)) board.write(path, text);
    board.configure({});
    for (const device of ["/dev/gpiochip0"]) board.mode(device, 0o660);
    mkdirSync(board.stateDir, { recursive: true, mode: 0o700 });
    bundle ??= makeSmallBundle();
    await installUnasked(board.stateDir, await bundle);
    await trustTestKey(trustedKeysFolder(board.stateDir));
    const retention = { ageMaxDays: 1, eventsMax: 10, logLinesMax: 10 };
    const path = join(board.stateDir, "facelatch.sqlite");
    openSqliteStore({ path, bootId: "boot-1", retention, wallClock: () => new Date() }).close();
    return board;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), `${text}\n`);
  }

  mode(path: string, mode: number): void {
    chmodSync(this.at(path), mode);
  }

  remove(path: string): void {
    rmSync(this.at(path), { recursive: true });
  }

  configure(changes: Readonly<Record<string, unknown>>): void {
    this.write(configPath, stringify({ camera: { kind: "rpicam" }, relay: { kind: "gpio-cdev" }, ...changes }));
    this.mode(configPath, 0o640);
  }

  examine(): Promise<Diagnosis> {
    return examine({ configPath, root: this.root, cdev: { devRoot: this.chips.root, addon: this.chips } });
  }

  close(): void {
    this.chips.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
