// What the doctor finds on a board without a fault, on one with each fault, and on this machine.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { describeDiagnosis, type Level } from "../../../device/doctor/doctor.ts";
import { facelatchProgram } from "../../fixtures/facelatch-command.ts";
import { makeWorkingSite, RealDaemon, writeConfig } from "../../fixtures/real-daemon.ts";
import { SoundBoard } from "./sound-board.ts";

const groups = [
  ...["configuration", "kernel", "gpio", "camera", "permissions", "clock", "disk", "watchdog", "heat", "memory"],
  ...["service", "keys", "bundle", "store"],
];

test("a board without a fault is well in every group, and nothing on it is changed", async (t) => {
  const board = await SoundBoard.make(t);
  // SQLite makes files of its own beside a database that it reads, which belong to the database's owner.
  const files = () =>
    readdirSync(board.root, { recursive: true, encoding: "utf8" })
      .filter((path) => !/\.sqlite-(shm|wal)$/.test(path))
      .sort();
  const before = files();
  const { level, findings } = await board.examine();
  assert.deepEqual(
    findings.filter((finding) => finding.level !== "ok"),
    [],
  );
  assert.equal(level, "ok");
  assert.deepEqual([...new Set(findings.map(({ group }) => group))], groups);
  assert.deepEqual(files(), before);
  assert.equal(board.chips.ownedLines, 0);
});

test("the lines of a door at which everything is wired, and the LED of pulses that the kernel ends, are well", async (t) => {
  const board = await SoundBoard.make(t);
  board.write("/sys/class/leds/facelatch/trigger", "none heartbeat [oneshot]");
  board.write("/sys/class/leds/facelatch/invert", "0");
  const door = Object.fromEntries(
    ["contact", "exitButton", "tamper", "bolt", "led", "buzzer"].map((name) => [name, { kind: "gpio" }]),
  );
  board.configure({ relay: { kind: "kernel-pulse" }, door, api: { pairingButton: { kind: "gpio" } } });
  const { level, findings } = await board.examine();
  assert.equal(level, "ok", JSON.stringify(findings.filter((finding) => finding.level !== "ok")));
  const told = findings.filter(({ group }) => group === "gpio").map(({ found }) => found);
  assert.match(told[0]!, /ended by the kernel, through the LED facelatch/);
  assert.deepEqual(
    [told.length, told[3], told[7]],
    [
      8,
      `The line of door.tamper 24 is on ${board.chips.root}/gpiochip0 (pinctrl-bcm2835).`,
      `The line of api.pairingButton 26 is on ${board.chips.root}/gpiochip0 (pinctrl-bcm2835).`,
    ],
  );
  assert.equal(board.chips.ownedLines, 0);
});

interface Fault {
  readonly what: string;
  readonly spoil: (board: SoundBoard) => void;
  readonly group: string;
  readonly level: Level;
  readonly found: RegExp;
  readonly next: RegExp;
}

const faults: readonly Fault[] = [
  {
    what: "a configuration that is missing",
    spoil: (board) => board.remove("/etc/facelatch/facelatch.yaml"),
    ...{ group: "configuration", level: "error", found: /found nothing/, next: /facelatch config/ },
  },
  {
    what: "a configuration with a mistake",
    spoil: (board) => board.configure({ relais: {} }),
    ...{ group: "configuration", level: "error", found: /relais/, next: /Mend/ },
  },
  {
    what: "a configuration that everybody may change",
    spoil: (board) => board.mode("/etc/facelatch/facelatch.yaml", 0o666),
    ...{ group: "configuration", level: "error", found: /mode 0666/, next: /chmod 640/ },
  },
  {
    what: "a configuration that everybody may read",
    spoil: (board) => board.mode("/etc/facelatch/facelatch.yaml", 0o644),
    ...{ group: "configuration", level: "warning", found: /mode 0644/, next: /chmod 640/ },
  },
  {
    what: "a kernel that keeps outputs driven",
    spoil: (board) => board.write("/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs", "Y"),
    ...{ group: "kernel", level: "warning", found: /keeps an output/, next: /persist_gpio_outputs=0 .*cmdline\.txt/ },
  },
  {
    what: "the same of a Pi 5",
    spoil: (board) => board.write("/sys/module/pinctrl_rp1/parameters/persist_gpio_outputs", "1"),
    ...{ group: "kernel", level: "warning", found: /pinctrl_rp1/, next: /pinctrl_rp1\.persist_gpio_outputs=0/ },
  },
  {
    what: "an old kernel",
    spoil: (board) => board.write("/proc/sys/kernel/osrelease", "5.4.83-v7"),
    ...{ group: "kernel", level: "error", found: /5\.4\.83/, next: /onoff/ },
  },
  {
    what: "a chip's label that is not there",
    spoil: (board) => board.configure({ relay: { kind: "gpio-cdev", chipLabel: "pinctrl-rp1" } }),
    ...{ group: "gpio", level: "error", found: /pinctrl-rp1.*pinctrl-bcm2835/, next: /gpiodetect/ },
  },
  {
    what: "a line that the chip does not have",
    spoil: (board) => board.configure({ relay: { kind: "gpio-cdev", line: 54 } }),
    ...{ group: "gpio", level: "error", found: /line 54/, next: /gpiodetect/ },
  },
  {
    what: "a line in sysfs, where there is none",
    spoil: (board) => board.configure({ relay: { kind: "onoff" } }),
    ...{ group: "gpio", level: "error", found: /GPIO files/, next: /gpiodetect/ },
  },
  {
    what: "an LED for the relay that is not there",
    spoil: (board) => board.configure({ relay: { kind: "kernel-pulse", led: "strike" } }),
    ...{ group: "gpio", level: "error", found: /no LED .*leds\/strike/, next: /dtoverlay=gpio-led,.*label=strike/ },
  },
  {
    what: "one with another trigger",
    spoil: (board) => {
      board.write("/sys/class/leds/facelatch/trigger", "none [heartbeat] oneshot");
      board.configure({ relay: { kind: "kernel-pulse" } });
    },
    ...{ group: "gpio", level: "error", found: /another trigger/, next: /trigger=oneshot/ },
  },
  {
    what: "one that is on at rest",
    spoil: (board) => {
      board.write("/sys/class/leds/facelatch/trigger", "none heartbeat [oneshot]");
      board.write("/sys/class/leds/facelatch/invert", "1");
      board.configure({ relay: { kind: "kernel-pulse" } });
    },
    ...{ group: "gpio", level: "error", found: /inverts/, next: /invert/ },
  },
  {
    what: "a line at the door that the chip does not have",
    spoil: (board) => board.configure({ door: { tamper: { kind: "gpio", line: 60 } } }),
    ...{ group: "gpio", level: "error", found: /at the door cannot be used.*line 60/, next: /gpiodetect/ },
  },
  {
    what: "a line of the pairing button that the chip does not have",
    spoil: (board) => board.configure({ api: { pairingButton: { kind: "gpio", line: 60 } } }),
    ...{ group: "gpio", level: "error", found: /pairing button cannot be used.*line 60/, next: /gpiodetect/ },
  },
  {
    what: "a device that the group may not use, where only a line at the door needs it",
    spoil: (board) => {
      board.mode("/dev/gpiochip0", 0o600);
      board.configure({ relay: { kind: "recorded" }, door: { led: { kind: "gpio" } } });
    },
    ...{ group: "permissions", level: "error", found: /gpiochip0 has mode 0600/, next: /udevadm/ },
  },
  {
    what: "a relay that is only recorded",
    spoil: (board) => board.configure({ relay: { kind: "recorded" } }),
    ...{ group: "gpio", level: "warning", found: /never opens/, next: /gpio-cdev/ },
  },
  {
    what: "a camera's program that is missing",
    spoil: (board) => board.remove("/usr/bin/rpicam-vid"),
    ...{ group: "camera", level: "error", found: /rpicam-vid or libcamera-vid/, next: /apt install rpicam-apps/ },
  },
  {
    what: "a USB camera that is not plugged in",
    spoil: (board) => {
      board.write("/usr/bin/ffmpeg", "");
      board.configure({ camera: { kind: "v4l2" } });
    },
    ...{ group: "camera", level: "error", found: /no \/dev\/video0/, next: /by-id/ },
  },
  {
    what: "a recording as a camera",
    spoil: (board) => board.configure({ camera: { kind: "replay", path: "frames.mjpeg" } }),
    ...{ group: "camera", level: "warning", found: /recording/, next: /camera\.kind/ },
  },
  {
    what: "a user who is missing",
    spoil: (board) => board.write("/etc/passwd", "root:x:0:0::/root:/bin/bash"),
    ...{ group: "permissions", level: "error", found: /no user "facelatch"/, next: /Install/ },
  },
  {
    what: "a user who is not in a group",
    spoil: (board) => board.write("/etc/group", `gpio:x:${process.getgid?.()}:facelatch\nvideo:x:44:anna`),
    ...{ group: "permissions", level: "error", found: /not in the group "video"/, next: /usermod -aG video/ },
  },
  {
    what: "a GPIO device that its group may not use",
    spoil: (board) => board.mode("/dev/gpiochip0", 0o600),
    ...{ group: "permissions", level: "error", found: /gpiochip0 has mode 0600/, next: /udevadm/ },
  },
  {
    what: "a clock that nobody sets",
    spoil: (board) => board.remove("/run/systemd/timesync/synchronized"),
    ...{ group: "clock", level: "warning", found: /cannot be told/, next: /set-ntp/ },
  },
  {
    what: "a schedule that was set and cannot be read",
    spoil: (board) => board.write("/var/lib/facelatch/door/schedule.json", "{}"),
    ...{ group: "clock", level: "error", found: /schedule in door\/schedule\.json/, next: /set the schedule anew/ },
  },
  {
    what: "a state folder that is missing",
    spoil: (board) => board.remove("/var/lib/facelatch"),
    ...{ group: "disk", level: "error", found: /no state folder/, next: /Start the daemon/ },
  },
  {
    what: "eMMC that is worn",
    spoil: (board) => board.write("/sys/block/mmcblk0/device/life_time", "0x09 0x03"),
    ...{ group: "disk", level: "warning", found: /up to 90 %/, next: /Plan/ },
  },
  {
    what: "eMMC at its end",
    spoil: (board) => board.write("/sys/block/mmcblk0/device/life_time", "0x0b 0x0b"),
    ...{ group: "disk", level: "error", found: /used all/, next: /Replace/ },
  },
  {
    what: "eMMC that has used its spare blocks up",
    spoil: (board) => board.write("/sys/block/mmcblk0/device/pre_eol_info", "0x03"),
    ...{ group: "disk", level: "error", found: /spare blocks/, next: /Replace/ },
  },
  {
    what: "a watchdog that nobody feeds",
    spoil: (board) => board.write("/sys/class/watchdog/watchdog0/state", "inactive"),
    ...{ group: "watchdog", level: "warning", found: /nobody feeds/, next: /RuntimeWatchdogSec/ },
  },
  {
    what: "no watchdog",
    spoil: (board) => board.remove("/sys/class/watchdog"),
    ...{ group: "watchdog", level: "warning", found: /no hardware watchdog/, next: /watchdog=on/ },
  },
  {
    what: "a hot board",
    spoil: (board) => board.write("/sys/class/thermal/thermal_zone0/temp", "81000"),
    ...{ group: "heat", level: "warning", found: /81 °C \(cpu-thermal\)/, next: /heat sink/ },
  },
  {
    what: "a supply that is too weak now",
    spoil: (board) => board.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005"),
    ...{ group: "heat", level: "error", found: /too low at this moment/, next: /power supply/ },
  },
  {
    what: "a supply that was too weak",
    spoil: (board) => board.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "50000"),
    ...{ group: "heat", level: "warning", found: /too low since/, next: /power supply/ },
  },
  {
    what: "little memory left",
    spoil: (board) => board.write("/proc/meminfo", "MemTotal: 948280 kB\nMemAvailable: 20000 kB"),
    ...{ group: "memory", level: "warning", found: /19 MiB of 926/, next: /what else runs/ },
  },
  {
    what: "a board with too little memory",
    spoil: (board) => board.write("/proc/meminfo", "MemTotal: 240000 kB\nMemAvailable: 200000 kB"),
    ...{ group: "memory", level: "error", found: /need 400/, next: /Use a board/ },
  },
  {
    what: "a service that does not start with the board",
    spoil: (board) => board.remove("/etc/systemd/system/multi-user.target.wants/facelatch.service"),
    ...{ group: "service", level: "warning", found: /does not start/, next: /systemctl enable/ },
  },
  {
    what: "no service",
    spoil: (board) => board.remove("/etc/systemd"),
    ...{ group: "service", level: "warning", found: /no facelatch\.service/, next: /install\.sh/ },
  },
  {
    what: "no trusted key",
    spoil: (board) => board.remove("/var/lib/facelatch/trusted-keys"),
    ...{
      group: "keys",
      level: "warning",
      found: /No key is trusted/,
      next: /keys trust KEY\.pem --state \/var\/lib\/facelatch$/,
    },
  },
  {
    what: "a trusted key that is none",
    spoil: (board) => board.write("/var/lib/facelatch/trusted-keys/bad.pem", "no key"),
    ...{ group: "keys", level: "error", found: /not valid/, next: /keys trust/ },
  },
  {
    what: "a secret that others may read",
    spoil: (board) => {
      board.write("/var/lib/facelatch/keys/feedback.key", "secret");
      board.mode("/var/lib/facelatch/keys/feedback.key", 0o640);
    },
    ...{ group: "keys", level: "error", found: /feedback\.key has mode 0640/, next: /chmod 600/ },
  },
  {
    what: "a password's file that is missing",
    spoil: (board) =>
      board.configure({
        mqtt: { url: "mqtts://broker.local", username: "door", passwordFile: "/etc/facelatch/mqtt.password" },
      }),
    ...{ group: "keys", level: "error", found: /mqtt\.password is missing/, next: /Put it there/ },
  },
  {
    what: "a state folder that others may look into",
    spoil: (board) => chmodSync(board.stateDir, 0o755),
    ...{ group: "keys", level: "warning", found: /mode 0755/, next: /chmod 700/ },
  },
  {
    what: "no bundle",
    spoil: (board) => board.remove("/var/lib/facelatch/current"),
    ...{ group: "bundle", level: "error", found: /BUNDLE_MISSING/, next: /facelatch flash/ },
  },
  {
    what: "a bundle with a damaged file",
    spoil: (board) => {
      const path = join(board.stateDir, "current/classifier.tflite");
      const bytes = readFileSync(path);
      bytes[100]! ^= 1;
      writeFileSync(path, bytes);
    },
    ...{ group: "bundle", level: "error", found: /BUNDLE_CHECKSUM_MISMATCH/, next: /facelatch flash/ },
  },
  {
    what: "a bundle for somebody else",
    spoil: (board) => board.configure({ owner: { label: "Erik" } }),
    ...{ group: "bundle", level: "error", found: /made for "Markus"/, next: /owner\.label/ },
  },
  {
    what: "a store that is no database",
    spoil: (board) => board.write("/var/lib/facelatch/facelatch.sqlite", "no database at all"),
    ...{ group: "store", level: "error", found: /does not open/, next: /Check the disk/ },
  },
];

describe("the doctor finds", () => {
  for (const { what, spoil, group, level, found, next } of faults) {
    it(what, async (t) => {
      const board = await SoundBoard.make(t);
      spoil(board);
      const { level: worst, findings } = await board.examine();
      const told = findings.filter((finding) => finding.group === group && finding.level !== "ok");
      const named = told.find((finding) => finding.level === level && found.test(finding.found));
      assert.ok(named !== undefined, JSON.stringify(told));
      assert.match(named.next ?? "", next);
      if (level === "error") assert.equal(worst, "error");
    });
  }
});

test("people read the finding and below it the way to mend it", () => {
  const findings = [
    { group: "kernel", level: "ok", found: "Linux 6.12.", next: null },
    { group: "clock", level: "warning", found: "Not set.", next: "Set it." },
  ] as const;
  assert.equal(
    describeDiagnosis({ level: "warning", findings }),
    [
      "ok       kernel: Linux 6.12.",
      "WARNING  clock: Not set.",
      "         -> Set it.",
      "",
      "0 errors, 1 warnings, 1 ok.",
    ].join("\n"),
  );
});

describe("facelatch doctor on this machine", () => {
  interface Answer {
    readonly level: Level;
    readonly findings: readonly { readonly group: string; readonly level: Level; readonly found: string }[];
  }

  function doctor(configPath: string): { readonly status: number | null; readonly answer: Answer } {
    const args = [facelatchProgram, "doctor", "--config", configPath, "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 120_000 });
    assert.equal(stderr, "");
    return { status, answer: JSON.parse(stdout) as Answer };
  }

  const textsOf = ({ findings }: Answer, group: string) =>
    findings.filter((finding) => finding.group === group).map(({ found }) => found);

  it("says that no card is mounted where there is no folder, instead of what is missing on it", () => {
    const args = [facelatchProgram, "doctor", "--root", "/dev/null/card"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 120_000 });
    assert.deepEqual([status, stdout], [66, ""]);
    assert.match(stderr, /mounted card at \/dev\/null\/card; found .*\[INPUT_MISSING\]/);
  });

  it("takes frames of the camera, asks the models, and ends with 1 for an error", async (t) => {
    const site = await makeWorkingSite(t);
    const { status, answer } = doctor(site.configPath);
    // It is no board: at least the user of the service is missing.
    assert.deepEqual([status, answer.level], [1, "error"]);
    assert.ok(textsOf(answer, "camera").some((found) => /pictures of 320 x 240 px/.test(found)));
    assert.ok(textsOf(answer, "bundle").some((found) => /answer on this board/.test(found)));
    const release = execFileSync("uname", ["-r"], { encoding: "utf8" }).trim();
    assert.ok(textsOf(answer, "kernel").some((found) => found.includes(release)));
    assert.deepEqual(
      answer.findings.filter(({ found }) => /could not be checked|No answer/.test(found)),
      [],
    );
  });

  it("leaves the camera to a daemon that runs", async (t) => {
    const site = await makeWorkingSite(t);
    const daemon = RealDaemon.start(t, site);
    const { port } = new URL(await daemon.url);
    await writeConfig(site, { api: { port: Number(port) } });
    const { answer } = doctor(site.configPath);
    assert.ok(textsOf(answer, "camera").some((found) => /running daemon has the camera/.test(found)));
    assert.ok(textsOf(answer, "store").some((found) => /It opens/.test(found)));
  });
});
