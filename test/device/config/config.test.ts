// Tests of the configuration: defaults, refusals with path, line and advice, and input that is no configuration at all.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it, test } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/value";
import { stringify } from "yaml";
import {
  type Config,
  configSchema,
  defaultConfig,
  exampleYaml,
  faultApiSettings,
  loadConfig,
  parseConfig,
  weeklyWindows,
} from "../../../device/config/config.ts";
import type { Policy } from "../../../device/decision/decision.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { logLevels } from "../../../device/events/events.ts";
import { facelatch } from "../../fixtures/facelatch-command.ts";
import { validConfigs } from "./config-arbitrary.ts";

function refusal(text: string): string {
  try {
    parseConfig(text, "door.yaml");
  } catch (error) {
    assert.ok(error instanceof FacelatchError, String(error));
    assert.equal(error.code, "CONFIG_INVALID");
    return error.message;
  }
  throw new assert.AssertionError({ message: "the configuration was accepted" });
}

function assertTells(text: string, ...lines: string[]): void {
  const message = refusal(text);
  for (const line of lines) assert.ok(message.includes(`\n  ${line}`), `${JSON.stringify(line)} is not in: ${message}`);
  assert.match(message, new RegExp(`found ${lines.length} problem`));
}

describe("parseConfig", () => {
  it("fills in every default", () => {
    for (const empty of ["", "# nothing\n", "---\n", "{}", "owner:\ndecision:\n  lockout:\n"]) {
      const config = parseConfig(empty, "empty");
      assert.equal(config.owner.label, "Markus");
      assert.equal(config.camera.kind, "rpicam");
      assert.equal(config.relay.kind, "recorded");
      assert.equal(config.audit.required, true);
      assert.equal(config.api.host, "127.0.0.1");
      assert.equal(config.decision.lockout.nearMissesMax, 5);
      assert.deepEqual(config.decision.schedule, []);
    }
  });

  it("gives the settings that were set, and defaults beside them", () => {
    const config = parseConfig(
      "camera: {kind: v4l2, widthPx: 1280}\nrelay: {kind: onoff, line: 4}\ndecision: {ownerScoreMin: 0.97}",
      "door.yaml",
    );
    assert.ok(config.camera.kind === "v4l2" && config.relay.kind === "onoff");
    assert.deepEqual([config.camera.device, config.camera.widthPx, config.camera.heightPx], ["/dev/video0", 1280, 480]);
    assert.deepEqual([config.relay.line, config.relay.chipLabel], [4, "pinctrl-bcm2835"]);
    assert.equal(config.decision.ownerScoreMin, 0.97);
  });

  it("asks for no second step unless told, and knows a button and a PIN", () => {
    assert.deepEqual(defaultConfig().secondStep, { kind: "none" });
    const secondStepOf = (text: string) => parseConfig(`secondStep: ${text}`, "door.yaml").secondStep;
    assert.deepEqual(secondStepOf("{kind: pin}"), { kind: "pin", confirmationAgeMaxMs: 10_000 });
    assert.deepEqual(secondStepOf("{kind: button, line: 5}"), {
      kind: "button",
      chipLabel: "pinctrl-bcm2835",
      line: 5,
      activeLow: true,
      debounceMs: 30,
      heldMaxMs: 3_000,
      confirmationAgeMaxMs: 10_000,
    });
    assertTells("secondStep: {kind: pin, line: 5}", "line 1: secondStep.line belongs to kind button only");
  });

  it("refuses a guard that two frames of a slow camera would keep waiting, and takes it with a recorded relay", () => {
    const slow = "camera: {kind: replay, path: a.mjpeg, framesPerSecond: 2}\ndecision: {framesNeeded: 3}\n";
    assertTells(
      `${slow}relay: {kind: onoff}\n`,
      "line 3: relay.guard.heartbeatTimeoutMs (700) is less than two frames take (1000 ms)",
    );
    parseConfig(`${slow}relay: {kind: onoff, guard: {heartbeatTimeoutMs: 1000}}`, "door.yaml");
    parseConfig(`${slow}relay: {kind: recorded}`, "door.yaml");
    assertTells(
      "relay: {kind: onoff, guard: {backoffFirstMs: 300, backoffMaxMs: 200}}\n",
      "line 1: relay.guard.backoffFirstMs (300) is more than relay.guard.backoffMaxMs (200)",
    );
  });

  it("refuses a button on the relay's own line, and takes the same number on another chip", () => {
    const relay = "relay: {kind: onoff, line: 27}\n";
    assertTells(
      `${relay}secondStep:\n  kind: button\n`,
      "line 2: secondStep.line (27) is the line of relay on pinctrl-bcm2835 already",
    );
    assertTells(
      `${relay}secondStep:\n  kind: button\n  line: 27\n`,
      "line 4: secondStep.line (27) is the line of relay on pinctrl-bcm2835 already",
    );
    for (const other of ["line: 26", "chipLabel: raspberrypi-exp-gpio", "kind: pin"]) {
      parseConfig(`${relay}secondStep: {${other.startsWith("kind") ? other : `kind: button, ${other}`}}`, "door.yaml");
    }
    parseConfig("relay: {kind: recorded}\nsecondStep: {kind: button, line: 17}", "door.yaml");
  });

  it("has nothing wired at the door unless told, and knows each line's usual wiring", () => {
    const { door } = defaultConfig();
    for (const line of [door.contact, door.exitButton, door.tamper, door.bolt, door.led, door.buzzer]) {
      assert.deepEqual(line, { kind: "none" });
    }
    const wired = parseConfig("door: {contact: {kind: gpio}, exitButton: {kind: gpio}}", "door.yaml").door;
    const chip = { kind: "gpio", chipLabel: "pinctrl-bcm2835", bias: "pull_up" };
    assert.deepEqual(wired.contact, { ...chip, line: 22, activeLow: false });
    assert.deepEqual(wired.exitButton, { ...chip, line: 23, activeLow: true });
  });

  it("has no button that pairs a browser unless told, on a line of its own by default", () => {
    assert.deepEqual(defaultConfig().api.pairingButton, { kind: "none" });
    const all = ["contact", "exitButton", "tamper", "bolt", "led", "buzzer"].map((name) => `${name}: {kind: gpio}`);
    const text = `relay: {kind: gpio-cdev}\nsecondStep: {kind: button}\ndoor: {${all.join(", ")}}\n`;
    const { pairingButton } = parseConfig(`${text}api: {pairingButton: {kind: gpio}}`, "door.yaml").api;
    const chip = { kind: "gpio", chipLabel: "pinctrl-bcm2835", bias: "pull_up" };
    assert.deepEqual(pairingButton, { ...chip, line: 26, activeLow: true });
    assertTells(
      `${text}api:\n  pairingButton: {kind: gpio, line: 23}\n`,
      "line 5: api.pairingButton.line (23) is the line of door.exitButton on pinctrl-bcm2835 already",
    );
  });

  it("refuses one line for two things at the door, and a bolt of a door that nobody can tell to be closed", () => {
    assertTells(
      "relay: {kind: gpio-cdev}\ndoor:\n  led: {kind: gpio, line: 17}",
      "line 3: door.led.line (17) is the line of relay on pinctrl-bcm2835 already",
    );
    assertTells(
      "door:\n  buzzer: {kind: gpio}\n  tamper: {kind: gpio, line: 6}",
      "line 2: door.buzzer.line (6) is the line of door.tamper on pinctrl-bcm2835 already",
    );
    assertTells(
      "door: {bolt: {kind: gpio}}",
      "line 1: door.bolt says something only of a closed door: set door.contact too",
    );
  });

  it("refuses to end a pulse at an opening that nobody can see", () => {
    assertTells(
      "door: {relockOnOpen: true}",
      "line 1: door.relockOnOpen needs to know when the door is open: set door.contact",
    );
    parseConfig("door: {relockOnOpen: true, contact: {kind: gpio}}", "door.yaml");
  });

  it("has every number that the decision needs", () => {
    const { headTurn, rigidMotion, schedule, ...decision } = defaultConfig().decision;
    assert.deepEqual([headTurn, rigidMotion], [false, true]);
    const policy: Policy = {
      ...decision,
      schedule: weeklyWindows(schedule),
      ownerScoreMin: decision.ownerScoreMin ?? 0.3,
      verifiedScoreMin: decision.verifiedScoreMin ?? 0.65,
      householdMarginMin: decision.householdMarginMin ?? 0.1,
      headTurnMin: null,
      rigidityMax: null,
      confirmationAgeMaxMs: null,
    };
    assert.ok(policy.framesNeeded <= policy.framesWindow);
    assert.equal(defaultConfig().camera.kind, "replay");
  });

  it("knows the log's levels", () => {
    for (const level of logLevels) assert.equal(parseConfig(`log: {level: ${level}}`, "door.yaml").log.level, level);
  });

  it("reads the schedule in minutes of the week, over midnight and from Sunday to Monday", () => {
    const windows = (schedule: string) =>
      weeklyWindows(parseConfig(`decision: {schedule: [${schedule}]}`, "x").decision.schedule);
    assert.deepEqual(windows('{days: [mon, wed], from: 07:00, to: "22:00"}'), [
      { fromMinute: 420, toMinute: 1320 },
      { fromMinute: 2 * 1440 + 420, toMinute: 2 * 1440 + 1320 },
    ]);
    assert.deepEqual(windows("{days: [tue], from: 22:00, to: 06:30}"), [{ fromMinute: 2760, toMinute: 3270 }]);
    assert.deepEqual(windows("{days: [sun], from: 22:00, to: 01:00}"), [
      { fromMinute: 6 * 1440 + 1320, toMinute: 10_080 },
      { fromMinute: 0, toMinute: 60 },
    ]);
    assert.deepEqual(windows("{days: [sun], from: 12:00, to: 00:00}"), [{ fromMinute: 9360, toMinute: 10_080 }]);
    assert.equal(windows("{from: 00:00, to: 24:00}").length, 7);
  });

  it("names a mistyped key's path and line, and the one that was probably meant", () => {
    assertTells(
      "decision:\n  ownerScoreMn: 0.9\n  frames_window: 6\n\nrelay:\n  pulsMs: 3000\n",
      "line 2: decision.ownerScoreMn is unknown; did you mean decision.ownerScoreMin?",
      "line 3: decision.frames_window is unknown; did you mean decision.framesWindow?",
      "line 6: relay.pulsMs is unknown; did you mean relay.pulseMs?",
    );
    assertTells("camra: {}", "line 1: camra is unknown; did you mean camera?");
    assertTells("api:\n  retentionDays: 5", "line 2: api.retentionDays is unknown; did you mean store.retentionDays?");
    assertTells("zzzzzzzz: 1", "line 1: zzzzzzzz is unknown");
    assertTells("__proto__: {x: 1}", "line 1: __proto__ is unknown");
    assertTells("constructor: {x: 1}", "line 1: constructor is unknown");
  });

  it("says which kind a setting belongs to, and which kinds there are", () => {
    assertTells("camera:\n  kind: replay\n  path: x\n  url: rtsp://a", "line 4: camera.url belongs to kind rtsp only");
    assertTells("camera: {path: a.mp4}", "line 1: camera.path belongs to kind video or replay only");
    assertTells(
      "camera:\n  widthPx: 640\n  kind: v4l",
      'line 3: camera.kind: expected one of rpicam, v4l2, rtsp, video, replay; found "v4l"; did you mean v4l2?',
    );
    assertTells(
      "relay: {kind: [onoff]}",
      "line 1: relay.kind: expected one of recorded, gpio-cdev, kernel-pulse, onoff; found a list",
    );
    assertTells(
      "camera: {kind: replay}",
      "line 1: camera.path is missing; expected a path that does not begin with a dash",
    );
  });

  it("says what was expected and what was found, all at once", () => {
    assertTells(
      [
        "owner: {label: ''}",
        "camera: {kind: rpicam, rotationDeg: 90, framesPerSecond: 10.5}",
        "decision:",
        "  ownerScoreMin: 1.5",
        "  framesNeeded: four",
        "  lockout: 7",
        "  schedule:",
        "    - {days: [mon, Freitag], from: 7:00, to: 22:00}",
        "    - {from: 07:00}",
        "audit: {required: 'yes'}",
        "api: {port: 70000, allowedHosts: [a, a]}",
        "log: {level: }",
        "stateDir: --force",
      ].join("\n"),
      'line 1: owner.label: expected a text of 1 to 40 characters; found ""',
      "line 2: camera.rotationDeg: expected one of 0, 180; found 90",
      "line 2: camera.framesPerSecond: expected a whole number from 1 to 60; found 10.5",
      "line 4: decision.ownerScoreMin: expected a number from 0 to 1 or null; found 1.5",
      'line 5: decision.framesNeeded: expected a whole number from 1 to 60; found "four"',
      "line 6: decision.lockout: expected a section with nearMissScoreMin, attemptMs",
      'line 8: decision.schedule[0].days[1]: expected one of mon, tue, wed, thu, fri, sat, sun; found "Freitag"',
      'line 8: decision.schedule[0].from: expected a time from "00:00" to "23:59"; found "7:00"',
      'line 9: decision.schedule[1].to is missing; expected a time from "00:00" to "24:00"',
      'line 10: audit.required: expected true or false; found "yes"',
      "line 11: api.port: expected a whole number from 0 to 65535; found 70000",
      "line 11: api.allowedHosts: expected a list of 0 to 32 different items; found a list",
      "line 12: log.level: expected one of trace, debug, info, warn, error, fatal; found nothing",
      'line 13: stateDir: expected a path that does not begin with a dash; found "--force"',
    );
  });

  it("refuses settings that do not fit one another", () => {
    assertTells(
      [
        "decision:",
        "  framesNeeded: 8",
        "  frameAgeMaxMs: 3000",
        "  lockout: {firstMs: 5000, maxMs: 1000, attemptMs: 9000, windowMs: 8000}",
        "  schedule: [{from: 10:00, to: 10:00}]",
        "relay:",
        "  pulseMs: 20000",
        "vision: {backoffMaxMs: 100}",
        "camera:",
        "  framesPerSecond: 1",
        "  stallTimeoutMs: 500",
      ].join("\n"),
      "line 2: decision.framesNeeded (8) is more than decision.framesWindow (6)",
      "line 3: decision.frameAgeMaxMs (3000) is more than decision.evidenceAgeMaxMs (2000)",
      "line 4: decision.lockout.firstMs (5000) is more than decision.lockout.maxMs (1000)",
      "line 4: decision.lockout.attemptMs (9000) is more than decision.lockout.windowMs (8000)",
      "line 7: relay.pulseMs (20000) is more than relay.pulseMaxMs (10000)",
      "line 8: vision.backoffFirstMs (250) is more than vision.backoffMaxMs (100)",
      "line 10: camera.framesPerSecond (1) is too low: 8 frames take 7000 ms",
      "line 10: camera.framesPerSecond (1) is too low: a frame takes 1000 ms, camera.stallTimeoutMs is 500",
      "line 5: decision.schedule[0].to equals from",
    );
  });

  it("refuses addresses that look like ones and are none, and shows nothing of them", () => {
    const base = "camera: { kind: replay, path: scene.mjpeg }\nrelay: { kind: recorded }\n";
    for (const host of ["door.example:99999", "1.2.3.4.5", "256.1.1.1", "[::::]"]) {
      const webhook = `webhooks:\n  - { url: "https://${host}/hidden", secretFile: /etc/facelatch/hook }\n`;
      const message = refusal(base + webhook);
      assert.match(message, /line 4: webhooks\[0\]\.url is no address/);
      assert.ok(!message.includes("hidden"));
    }
    for (const url of ["mqtt://broker:99999", "mqtts://broker:99999"]) {
      assert.match(refusal(`${base}mqtt: { url: "${url}" }\n`), /mqtt\.url is no address/);
    }
  });

  it("never shows a camera's password", () => {
    const message = refusal("camera:\n  kind: rtsp\n  url: http://admin:hunter2@camera/\n");
    assert.match(message, /line 3: camera\.url: expected an address that begins with rtsp/);
    assert.doesNotMatch(message, /hunter2/);
  });

  it("refuses values that would be options of other programs", () => {
    refusal("camera: {kind: video, path: -i}");
    refusal("camera: {kind: v4l2, device: /etc/passwd}");
    refusal("camera: {kind: rtsp, url: 'rtsp://a -f null'}");
    refusal('camera: {kind: video, path: "a\\0b"}');
  });

  it("tells where the syntax is wrong", () => {
    assertTells("owner:\n\tlabel: x\n", "line 2: column 1: Tabs are not allowed as indentation");
    assertTells('relay:\n  line: 1\n  "line": 2\n', 'line 3: column 3: "line" is given twice');
    assertTells(
      "a: 1\n---\nb: 2\n",
      "line 2: column 1: Source contains multiple documents; please use YAML.parseAllDocuments()",
    );
    assertTells("owner: !!binary xx", "line 1: column 8: Unresolved tag: tag:yaml.org,2002:binary");
    assertTells("- a\n- b", "the configuration: expected a section with owner, stateDir, camera");
    refusal("owner: {label: x");
  });

  it("refuses aliases, so that a small file cannot become a large value", () => {
    assertTells("owner: &a {label: x}\nstore: *a\n", "line 2: store is an alias; write its value here instead");
    const bomb = ["a: &a [x]", ...Array.from({ length: 26 }, (_, i) => `b${i}: &b${i} [${"*a,".repeat(9)}*a]`)].join(
      "\n",
    );
    refusal(bomb);
  });

  it("refuses what is too large or too deep, and shows no more than twenty problems", () => {
    assert.match(refusal(`# ${"x".repeat(256 * 1024)}`), /262146 bytes are more than 262144/);
    refusal("[".repeat(50_000));
    refusal("{a: ".repeat(50_000));
    refusal(`owner: ${"[".repeat(500)}${"]".repeat(500)}`);
    const message = refusal(Array.from({ length: 500 }, (_, i) => `key${i}${"y".repeat(500)}: 1`).join("\n"));
    assert.match(message, /500 problems/);
    assert.match(message, /and 480 more/);
    assert.ok(message.length < 5000, `${message.length} characters`);
  });

  it("throws nothing but a FacelatchError, whatever it is given", () => {
    const fragments = fc.constantFrom(
      ..."owner camera kind rpicam replay relay onoff decision schedule days mon from 07:00 api port".split(" "),
      ...[
        ":",
        ": ",
        "\n",
        "\n  ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&a ",
        "*a",
        "!!map ",
        "? ",
        "|\n",
        '"',
        "'",
        "#",
        "\t",
        "<<",
        "%YAML 1.1\n---\n",
      ],
      ...["null", "~", "1", "-1", ".nan", ".inf", "1e999", "0x10", "true", "\0", "\uFEFF", "\uD800"],
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fragments, { maxLength: 40 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const config = parseConfig(text, "door.yaml");
          assert.ok(Check(configSchema, config));
        } catch (error) {
          assert.ok(error instanceof FacelatchError, String(error));
          assert.equal(error.code, "CONFIG_INVALID");
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("gives back every valid configuration that was written out", () => {
    fc.assert(
      fc.property(validConfigs, (config) => {
        assert.ok(Check(configSchema, config));
        assert.deepEqual(parseConfig(stringify(config, { aliasDuplicateObjects: false }), "door.yaml"), config);
        assert.deepEqual(parseConfig(JSON.stringify(config), "door.json"), config);
      }),
      { numRuns: 500 },
    );
  });
});

describe("exampleYaml", () => {
  it("is the default configuration, and explains every setting", () => {
    const example = exampleYaml();
    assert.deepEqual(parseConfig(example, "example"), parseConfig("", "empty"));
    const undocumented = example.match(/# undefined.*/g);
    assert.equal(undocumented, null);
    for (const line of example.split("\n")) assert.ok(line.length <= 200, line);
  });

  it("holds alternatives that parse when they are used", () => {
    const blocks = exampleYaml()
      .split(/\n(?=# (?:camera|relay|secondStep):\n)/)
      .slice(1);
    assert.equal(blocks.length, 9);
    for (const block of blocks) {
      const lines = block.split("\n");
      const end = lines.findIndex((line) => !line.startsWith("# ") || line === "#");
      const text = lines
        .slice(0, end)
        .map((line) => line.slice(2))
        .join("\n");
      parseConfig(text, "an alternative");
    }
  });
});

test("`facelatch config --example` prints the example, where there is no configuration yet too", async () => {
  const { exitCode, stdout } = await facelatch("config", "--example", "--config", "/dev/null/none.yaml");
  assert.deepEqual([exitCode, stdout], [0, exampleYaml()]);
});

describe("loadConfig", () => {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-config-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = (content: string | Uint8Array) => {
    const path = join(folder, "door.yaml");
    writeFileSync(path, content);
    return path;
  };
  const codeOfLoading = (path: string) => {
    try {
      loadConfig(path);
    } catch (error) {
      assert.ok(error instanceof FacelatchError, String(error));
      assert.ok(error.message.includes(path));
      return error.code;
    }
    return "none";
  };

  it("reads a file", () => {
    const config: Config = loadConfig(file("\uFEFFowner: {label: Zoë}\n"));
    assert.equal(config.owner.label, "Zoë");
  });

  it("tells a missing file from one that is no configuration", () => {
    assert.equal(codeOfLoading(join(folder, "missing.yaml")), "INPUT_MISSING");
    assert.equal(codeOfLoading(folder), "INPUT_INVALID");
    assert.equal(codeOfLoading("/dev/zero"), "INPUT_INVALID");
    assert.equal(codeOfLoading(file(Uint8Array.of(0x6f, 0xff, 0xfe))), "CONFIG_INVALID");
    assert.equal(codeOfLoading(file("#".repeat(300 * 1024))), "CONFIG_INVALID");
  });

  it("finds the API's port in a file that is not valid, and lets this machine alone in", () => {
    const standard = { host: "127.0.0.1", port: 8780, openOnLoopback: true };
    assert.deepEqual(faultApiSettings(file("api: {host: 0.0.0.0, port: 9000}\nrelay: {kind: x}\n")), {
      ...standard,
      port: 9000,
    });
    assert.equal(faultApiSettings(file('api: {host: "::1"}\nrelay: {kind: x}\n')).host, "::1");
    assert.deepEqual(faultApiSettings(file("api: {host: [], port: 9000}\nx: {")), { ...standard, port: 9000 });
    assert.deepEqual(faultApiSettings(file("api: {port: 90000}")), standard);
    for (const text of ["", "[", "api: 5", "- a", "\0", "[".repeat(50_000), "#".repeat(300 * 1024)]) {
      assert.deepEqual(faultApiSettings(file(text)), standard);
    }
    assert.deepEqual(faultApiSettings(join(folder, "missing.yaml")), standard);
    assert.deepEqual(faultApiSettings(folder), standard);
  });

  it("lets nobody in without a token where the file speaks of a proxy, however broken it is", () => {
    for (const text of ["api: {tls: {kind: proxy}}\nrelay: {kind: x}\n", "api: {tls: {kind: proxy}\nx: {", "- proxy"]) {
      assert.equal(faultApiSettings(file(text)).openOnLoopback, false, text);
    }
  });
});
