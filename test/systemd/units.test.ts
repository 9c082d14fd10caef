import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorCodes } from "../../device/errors/errors.ts";

/** As install.sh of a release lays it out. */
const program = "/opt/facelatch/current/bin/node /opt/facelatch/current/dist/facelatch.js";
const folder = join(import.meta.dirname, "../../../systemd");

/**
 * Every directive of the service with the values it must have, in order. systemd only warns of a misspelt directive, and
 * goes on without its protection: so nothing may stand in the unit that does not stand here, nor the other way round.
 */
const expected: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {
  Unit: {
    Description: "Facelatch door lock",
    After: "network.target systemd-tmpfiles-setup.service",
    StartLimitIntervalSec: "60s",
    StartLimitBurst: "5",
    OnFailure: "facelatch-alarm.service",
  },
  Service: {
    Type: "notify",
    NotifyAccess: "all",
    ExecStart: `${program} daemon --config /etc/facelatch/facelatch.yaml`,
    ExecStopPost: `/opt/facelatch/current/bin/line-off /run/facelatch/relay-line ${program} relay-off --config /etc/facelatch/facelatch.yaml`,
    WorkingDirectory: "/var/lib/facelatch",
    Environment: "NODE_ENV=production",
    TimeoutStartSec: "60s",
    WatchdogSec: "30s",
    Restart: "always",
    RestartSec: "5s",
    RestartPreventExitStatus: String(errorCodes.USAGE.exitCode),
    KillMode: "mixed",
    TimeoutStopSec: "10s",
    OOMPolicy: "continue",
    TasksMax: "256",
    LimitCORE: "0",
    User: "facelatch",
    Group: "facelatch",
    SupplementaryGroups: "gpio video",
    UMask: "0077",
    StateDirectory: "facelatch",
    StateDirectoryMode: "0700",
    RuntimeDirectory: "facelatch",
    RuntimeDirectoryMode: "0750",
    CapabilityBoundingSet: "",
    AmbientCapabilities: "",
    NoNewPrivileges: "yes",
    DevicePolicy: "closed",
    DeviceAllow: ["char-gpiochip rw", "char-video4linux rw", "char-media rw", "char-dma_heap rw"],
    LockPersonality: "yes",
    PrivateTmp: "yes",
    ProtectClock: "yes",
    ProtectControlGroups: "yes",
    ProtectHome: "yes",
    ProtectHostname: "yes",
    ProtectKernelLogs: "yes",
    ProtectKernelModules: "yes",
    ProtectKernelTunables: "yes",
    ProtectProc: "invisible",
    ProtectSystem: "strict",
    ReadWritePaths: "-/sys/class/gpio -/sys/devices/platform",
    RemoveIPC: "yes",
    RestrictAddressFamilies: "AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    RestrictNamespaces: "yes",
    RestrictRealtime: "yes",
    RestrictSUIDSGID: "yes",
    SystemCallArchitectures: "native",
    SystemCallFilter: ["@system-service @pkey", "~@privileged @resources"],
    SystemCallErrorNumber: "EPERM",
    IPAddressDeny: "any",
    IPAddressAllow: "localhost 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 fe80::/10 fc00::/7",
  },
  Install: { WantedBy: "multi-user.target" },
};

function linesOf(name: string): string[] {
  const lines = readFileSync(join(folder, name), "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

function parseUnit(name: string): Record<string, Record<string, string | string[]>> {
  const sections: Record<string, Record<string, string | string[]>> = {};
  let section: Record<string, string | string[]> | undefined;
  for (const line of linesOf(name)) {
    const header = /^\[(\w+)\]$/.exec(line);
    if (header !== null) {
      section = {};
      sections[header[1]!] = section;
      continue;
    }
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? assert.fail(`neither a section nor a directive: ${line}`);
    assert.ok(section !== undefined, `a directive before any section: ${line}`);
    const before = section[key!];
    section[key!] = before === undefined ? value! : [before, value!].flat();
  }
  return sections;
}

test("the service holds exactly the directives that are expected of it", () => {
  assert.deepEqual(parseUnit("facelatch.service"), expected);
});

test("neither protection stands there that V8, the camera or the relay cannot live with", () => {
  const service = parseUnit("facelatch.service")["Service"]!;
  for (const key of ["MemoryDenyWriteExecute", "PrivateDevices"]) assert.equal(service[key], undefined);
});

test("a daemon that its watchdog ends never reaches the start limit; one that cannot start does", () => {
  const unit = parseUnit("facelatch.service");
  const seconds = (section: string, key: string): number => {
    const [, value] = /^(\d+)s$/.exec(String(unit[section]![key])) ?? assert.fail(`${key} is not in seconds`);
    return Number(value);
  };
  const intervalS = seconds("Unit", "StartLimitIntervalSec");
  const burst = Number(unit["Unit"]!["StartLimitBurst"]);
  const restartS = seconds("Service", "RestartSec");
  assert.ok((seconds("Service", "WatchdogSec") + restartS) * burst > intervalS);
  assert.ok(restartS * burst < intervalS);
});

test("the daemon's user is in the groups that the service asks for, and owns its configuration's folder", () => {
  const users = linesOf("facelatch.sysusers");
  const service = parseUnit("facelatch.service")["Service"]!;
  assert.ok(users.includes(`u ${service["User"]} - "Facelatch door lock" ${service["WorkingDirectory"]}`));
  for (const group of String(service["SupplementaryGroups"]).split(" ")) {
    assert.ok(users.includes(`g ${group} - -`) && users.includes(`m ${service["User"]} ${group}`), group);
  }
  assert.equal(users.length, 5);
  assert.deepEqual(linesOf("facelatch.tmpfiles"), [
    `d /etc/facelatch 0750 root ${service["Group"]} -`,
    `z /etc/facelatch/facelatch.yaml 0640 root ${service["Group"]} -`,
    "d /opt/facelatch 0755 root root -",
  ]);
});
