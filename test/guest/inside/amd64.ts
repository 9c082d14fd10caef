// Within the amd64 guest: the daemon under its unit, on gpio-sim and vivid, is started, killed, stopped and watched.
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { checkContract, closeDoor, doorYaml, injectEdges, type Pull, pullOf } from "./door-inputs.ts";
import { killCases, killInPulse, type Line } from "./kill-cases.ts";
import { say } from "./speak.ts";
import { type DoorStatus, doorProcesses, doorStatus, forgetEnds, property, run, unit, until } from "./system.ts";
import { crashLoop, hang } from "./unit-ends.ts";

const rounds = Number(process.env["ROUNDS"] ?? "1");
const line = 17;
const chipLabel = "pinctrl-bcm2835";
/** What the board, which runs no models, cannot show; all other cases are its own: each costs a start of the models, minutes here. */
const withModels = "kill -9 of the vision process";

interface Chip extends Line {
  readonly pull: Pull;
}

/** A chip that is labelled as a Raspberry Pi's, so that the defaults of the configuration lead to it. */
function makeChip(): Chip {
  run("modprobe", "gpio-sim");
  if (!existsSync("/sys/kernel/config/gpio-sim")) run("mount", "-t", "configfs", "none", "/sys/kernel/config");
  const chip = "/sys/kernel/config/gpio-sim/door";
  mkdirSync(`${chip}/bank0`, { recursive: true });
  writeFileSync(`${chip}/bank0/num_lines`, "54");
  writeFileSync(`${chip}/bank0/label`, chipLabel);
  writeFileSync(`${chip}/live`, "1");
  const read = (path: string) => readFileSync(path, "utf8").trim();
  const folder = `/sys/devices/platform/${read(`${chip}/dev_name`)}/${read(`${chip}/bank0/chip_name`)}`;
  return { isActive: () => read(`${folder}/sim_gpio${line}/value`) === "1", pull: pullOf(folder) };
}

function configure(camera: string, heartbeatTimeoutMs: number): void {
  writeFileSync(
    "/etc/facelatch/facelatch.yaml",
    `camera: ${camera}
decision: { framesNeeded: 3, framesWindow: 5, cooldownMs: 200, evidenceAgeMaxMs: 10000, frameAgeMaxMs: 5000 }
relay: { kind: gpio-cdev, line: ${line}, pulseMs: 8000, gapMinMs: 0, guard: { heartbeatTimeoutMs: ${heartbeatTimeoutMs} } }
vision: { startTimeoutMs: 120000, frameTimeoutMs: 10000 }
api: { openOnLoopback: true }
${doorYaml}`,
  );
  run("chown", "root:facelatch", "/etc/facelatch/facelatch.yaml");
  run("chmod", "640", "/etc/facelatch/facelatch.yaml");
}

/** An answer of the API costs the emulated processor more than a moment. */
const slowly = { pollMs: 2_000, deadlineMs: 180_000 };

/** With a line for whoever watches the console. */
async function tellingStatus(): Promise<DoorStatus | null> {
  const status = await doorStatus();
  const { vision, camera, counters, causes } = status ?? {};
  say("status", { vision, framesTotal: camera?.framesTotal, counters, causes });
  return status;
}

async function startUnit(): Promise<void> {
  forgetEnds();
  run("systemctl", "restart", unit);
  await until("the API", doorStatus, (status) => status !== null, slowly);
}

function findVivid(): void {
  run("modprobe", "vivid", "n_devs=1", "node_types=0x1");
  run("udevadm", "settle");
  configure(
    "{ kind: v4l2, device: /dev/video0, inputFormat: yuyv422, widthPx: 320, heightPx: 180, framesPerSecond: 1 }",
    2_500,
  );
}

/** The whole daemon: frames of a V4L2 camera, judged by the models. */
async function watchVivid(): Promise<void> {
  const startMs = performance.now();
  await startUnit();
  const status = await until(
    "frames of vivid, judged",
    tellingStatus,
    (seen) => (seen?.counters.framesAnalysed ?? 0) >= 3,
    slowly,
  );
  say("vivid", { status, tookMs: Math.round(performance.now() - startMs), owner: statSync("/dev/gpiochip0").gid });
}

async function measureKills(door: Line): Promise<void> {
  configure("{ kind: replay, path: /opt/door/frames.mjpeg, framesPerSecond: 4 }", 700);
  await startUnit();
  for (let round = 0; round < rounds; round++) {
    for (const each of killCases.filter(({ name }) => name === withModels)) {
      const tookMs = Math.round(await killInPulse(each, door, round));
      say("killed", { case: each.name, kernel: "gpio-sim", tookMs });
    }
  }
}

async function main(): Promise<void> {
  say("up");
  const door = makeChip();
  run("udevadm", "settle");
  cpSync("/opt/door/state", "/var/lib/facelatch", { recursive: true, verbatimSymlinks: true });
  run("chown", "-R", "facelatch:facelatch", "/var/lib/facelatch");
  say("chip", { active: door.isActive(), group: run("stat", "-c", "%G %a", "/dev/gpiochip0") });
  const [, exposure] =
    /exposure level for facelatch.service: ([\d.]+)/.exec(run("systemd-analyze", "security", unit)) ?? [];
  say("security", { exposure: Number(exposure) });
  say("fault", { ...(await checkContract(chipLabel, door.pull)) });
  closeDoor(door.pull);
  findVivid();
  say("fault", { ...(await crashLoop(door)) });
  await watchVivid();
  for (const row of await injectEdges(door.pull)) say("fault", { ...row });
  say("fault", { ...(await hang(door)) });
  await measureKills(door);
  say("state", { processes: doorProcesses(), restarts: property("NRestarts") });
}

main().then(
  () => say("done"),
  (error: unknown) => {
    say("failed", { message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    try {
      process.stdout.write(`${run("journalctl", "-u", unit, "-o", "cat", "-n", "40", "--no-pager")}\n`);
    } finally {
      process.exitCode = 1;
    }
  },
);
