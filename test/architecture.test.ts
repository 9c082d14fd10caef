// The import rules, checked on every run. A folder without a row in the table fails.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../device/installation/installation.ts";

/** Rooms that every other may use: errors are thrown everywhere, and programs know where they are installed. */
const common = ["device/errors", "device/installation"] as const;

/** Of these the page, which runs in a browser, may import types. */
const typesForPage = [
  ...["device/api", "device/api/routes", "device/decision", "device/delivery", "device/door", "device/enrolment"],
  ...["device/events", "device/feedback", "device/passkeys", "device/people", "device/second-step"],
];
/** Two folders of one room: what answers requests, and what all of that shares. */
const isOfApi = (room: string): boolean => room === "device/api" || room === "device/api/routes";
const usedByApi = [
  ...["device/access", "device/bundle", "device/delivery", "device/door", "device/enrolment", "device/events"],
  ...["device/feedback", "device/log", "device/passkeys", "device/people", "device/second-step"],
  ...["device/snapshots", "device/store"],
];
const isOfPage = (room: string): boolean => room === "device/api/page" || room.startsWith("device/api/page/");

/** What a room may import besides itself and the common ones. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  device: [
    ...["device/bundle", "device/camera", "device/config", "device/decision", "device/events", "device/relay"],
    ...["device/store", "device/vision"],
  ],
  "device/daemon/run": [
    ...["device/access", "device/api", "device/config", "device/events", "device/relay", "device/store", "device/tls"],
  ],
  "device/daemon/door": [
    ...["device", "device/config", "device/daemon/record", "device/decision", "device/door", "device/door-io"],
    ...["device/events", "device/relay", "device/store"],
  ],
  "device/daemon/people": [
    ...["device", "device/adapters", "device/bundle", "device/config", "device/decision", "device/enrolment"],
    ...["device/events", "device/feedback", "device/people", "device/snapshots", "device/vision"],
  ],
  "device/daemon/record": [
    ...["device", "device/board", "device/camera", "device/events", "device/relay", "device/second-step"],
    ...["device/vision"],
  ],
  "device/daemon/view": [
    ...["device", "device/access", "device/api", "device/board", "device/camera", "device/config"],
    ...["device/daemon/door", "device/decision", "device/delivery", "device/door", "device/door-io"],
    ...["device/enrolment", "device/feedback", "device/home", "device/log", "device/people", "device/relay"],
    ...["device/second-step", "device/snapshots", "device/store", "device/vision", "device/webhooks"],
  ],
  "device/daemon/updates": ["device", "device/events", "device/slots", "device/vision"],
  "device/log": ["device/events"],
  "device/errors": [],
  "device/installation": [],
  "device/terminal": [],
  "device/files": [],
  "device/bundle": [],
  "device/events": [],
  "device/decision": ["device/bundle"],
  "device/board": [],
  "device/camera": ["device/bundle"],
  "device/vision": ["device/bundle", "device/slots"],
  "device/slots": ["device/bundle"],
  "device/clock": [],
  "device/gpio": ["device/clock"],
  "device/relay": ["device/clock", "device/gpio"],
  "device/door-io": ["device/clock", "device/events", "device/gpio"],
  "device/second-step": ["device/clock", "device/files", "device/gpio"],
  "device/access": ["device/clock", "device/events", "device/files", "device/gpio"],
  "device/tls": ["device/files"],
  "device/door": ["device/config", "device/files"],
  "device/delivery": ["device/bundle", "device/files", "device/slots"],
  "device/store": ["device/events"],
  "device/sealed": [],
  "device/feedback": ["device/events", "device/sealed"],
  "device/snapshots": ["device/bundle", "device/events", "device/sealed"],
  "device/passkeys": ["device/events", "device/files"],
  "device/people": ["device/events", "device/feedback", "device/sealed"],
  "device/enrolment": ["device/bundle", "device/events", "device/people"],
  "device/api": usedByApi,
  "device/api/routes": usedByApi,
  "device/api/page": ["device/api/page/texts", "device/api/page/views", ...typesForPage],
  "device/api/page/texts": typesForPage,
  "device/api/page/views": ["device/api/page", ...typesForPage],
  "device/config": [],
  "device/home": ["device/events"],
  "device/webhooks": ["device/events"],
  "device/watchdog": [],
};

/** Rooms whose every file is meant for others; of all other rooms only the port is. */
const open: ReadonlySet<string> = new Set([
  ...["device", "device/adapters", "device/bundle", "device/files", "device/sealed", "device/slots"],
  ...["device/daemon/door", "device/daemon/record"],
  ...common,
]);

/** What the workstation and deployment may import from the device. */
const forWorkstation = ["device/bundle", "device/slots", "device/terminal", "device/events", ...common];
const visionForWorkstation = [
  "vision.ts",
  "engine.ts",
  "tflite-engine.ts",
  "face-detector.ts",
  "covering-detector.ts",
  "presentation-detector.ts",
  "face-embedder.ts",
  "refine-face.ts",
  "float-tensor.ts",
  "decode-jpeg.ts",
  "frame-analyser.ts",
  "check-golden.ts",
  "check-in-child.ts",
];

/** The evaluation plays photos to the device's own decision, so that what it counts is what the door would do. */
const decisionForEvaluation = [
  "device/decision/decision.ts",
  "device/observe.ts",
  "device/policy-of.ts",
  "device/config/config.ts",
];

/** No I/O, no clock, no randomness: the same input gives the same output. */
const pure: ReadonlySet<string> = new Set(["device/bundle", "device/decision", "device/events"]);
const purePackages: ReadonlySet<string> = new Set(["node:assert/strict", "typebox", "typebox/value"]);
const impure =
  /\b(Date\.now|new Date\(\)|performance\.|Math\.random|randomBytes|randomUUID|process\.|console\.|setTimeout|setInterval|fetch\()/;

/** These choose and join adapters, or look at all of them, so they may import any file of the device. */
const wiring = (file: string): boolean =>
  [
    ...["main", "commands", "daemon/run/config-fault", "daemon/run/note-relay-line", "daemon/run/parts"],
    "daemon/updates/door-updates",
  ].some((name) => file === `device/${name}.ts`) ||
  ["device/adapters", "device/bench", "device/commands", "device/doctor", "device/photos"].includes(dirname(file));

const files = ["device", "training", "deploy"].flatMap((top) =>
  readdirSync(join(packageRoot, top), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .map((path) => join(top, path)),
);

interface Import {
  readonly specifier: string;
  readonly typesOnly: boolean;
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(packageRoot, file), "utf8");
  const joined = source.matchAll(/^(?:import|export)(\s+type\b)?[^;"=]*?\bfrom\s+"([^"]+)"/gm);
  const bare = source.matchAll(/(?<!-)\bimport\s*\(?\s*"([^"]+)"/g);
  return [
    ...[...joined].map((match) => ({ specifier: match[2]!, typesOnly: match[1] !== undefined })),
    ...[...bare].map((match) => ({ specifier: match[1]!, typesOnly: false })),
  ];
}

const isLocal = ({ specifier }: Import): boolean => specifier.startsWith(".");
const targetOf = (file: string, { specifier }: Import): string =>
  relative(packageRoot, join(packageRoot, dirname(file), specifier));

function checkDeviceImport(file: string, target: string, typesOnly: boolean): void {
  const room = dirname(file);
  const targetRoom = dirname(target);
  if (targetRoom === room || (isOfApi(room) && isOfApi(targetRoom))) return;
  if (isOfPage(room) && targetRoom === "device/api/page/vendor") return;
  const allowed = mayImport[room];
  assert.ok(allowed, `${room} has no row in the table of import rules`);
  assert.ok([...common, ...allowed].includes(targetRoom), `${file} may not import ${target}`);
  if (isOfPage(room)) {
    if (isOfPage(targetRoom)) return;
    assert.ok(typesOnly, `${file} runs in a browser: it may import only types of ${target}`);
    return;
  }
  const isPort = basename(target) === `${basename(targetRoom)}.ts`;
  assert.ok(isPort || open.has(targetRoom), `${file} may import only the port of ${targetRoom}, not ${target}`);
}

function checkWorkstationImport(file: string, target: string): void {
  if (!target.startsWith("device/")) return;
  const targetRoom = dirname(target);
  const allowed =
    forWorkstation.includes(targetRoom) ||
    (targetRoom === "device/vision" && visionForWorkstation.includes(basename(target))) ||
    target === "device/bench/percentiles.ts" ||
    (file.startsWith("deploy/") &&
      ["device/config/config.ts", "device/daemon/updates/door-updates.ts"].includes(target)) ||
    // The board's command line: the device's commands and those of deployment, without training.
    (file === "deploy/board.ts" && target === "device/commands.ts") ||
    (file.startsWith("deploy/") && targetRoom === "device/delivery") ||
    (file.startsWith("training/evaluation/") && decisionForEvaluation.includes(target));
  assert.ok(allowed, `${file} may not import ${target}`);
}

test("there are source files to check", () => {
  assert.ok(files.length > 50, `found ${files.length}`);
});

test("no rule allows more than is used", () => {
  const targetsOf = (importers: readonly string[]): string[] =>
    importers.flatMap((file) =>
      importsOf(file)
        .filter(isLocal)
        .map((each) => targetOf(file, each)),
    );
  const bound = files.filter((file) => file.startsWith("device/") && !wiring(file));
  for (const [room, allowed] of Object.entries(mayImport)) {
    // The page's rooms share what they may take types from.
    const importers = bound.filter((file) => dirname(file) === room || (isOfPage(room) && isOfPage(dirname(file))));
    const used = new Set(targetsOf(importers).map(dirname));
    const spare = allowed.filter((target) => !used.has(target));
    assert.deepEqual(spare, [], `${room} does not import all that it may`);
  }
  const workstation = targetsOf(files.filter((file) => !file.startsWith("device/")));
  const named = [...visionForWorkstation.map((name) => `device/vision/${name}`), ...decisionForEvaluation];
  const spare = named.filter((file) => !workstation.includes(file));
  assert.deepEqual(spare, [], "the workstation does not import all that it may");
});

for (const file of files) {
  test(`${file} imports what its room may`, () => {
    for (const each of importsOf(file)) {
      if (!isLocal(each)) {
        if (pure.has(dirname(file)))
          assert.ok(purePackages.has(each.specifier), `${file} is pure and may not import ${each.specifier}`);
        continue;
      }
      const target = targetOf(file, each);
      assert.ok(!target.startsWith(".."), `${file} imports ${each.specifier}, outside the project`);
      if (!file.startsWith("device/")) checkWorkstationImport(file, target);
      else if (!wiring(file)) checkDeviceImport(file, target, each.typesOnly);
      else assert.ok(target.startsWith("device/"), `${file} may not import ${target}: the board has no training`);
    }
    if (pure.has(dirname(file)))
      assert.doesNotMatch(readFileSync(join(packageRoot, file), "utf8"), impure, `${file} is pure`);
  });

  test(`${file} begins with what it is for, and can be read`, () => {
    const lines = readFileSync(join(packageRoot, file), "utf8").split("\n");
    const first = lines[0]!.startsWith("#!") ? lines[1]! : lines[0]!;
    assert.match(first, /^(\/\/|\/\*\*) /, `${file} has no opening sentence`);
    assert.ok(lines.length <= 401, `${file} has ${lines.length} lines; split it`);
  });
}
