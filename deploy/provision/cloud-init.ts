// First-boot files of Raspberry Pi OS Trixie and later: cloud-init's NoCloud data on the boot partition.
import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { changeCmdline, countryWord, countryWords } from "./cmdline.ts";
import { firstBootScriptName } from "./first-boot.ts";
import type { FirstBoot } from "./provision.ts";
import type { Settings } from "./settings.ts";

/** What Raspberry Pi OS gives its first user. */
const groups = "users,adm,dialout,audio,netdev,video,plugdev,cdrom,games,input,gpio,spi,i2c,render,sudo";

/** Text files by name: user-data, meta-data, cmdline.txt and, with Wi-Fi, network-config. */
export function cloudInitFiles({ settings, installs, cmdline }: FirstBoot): Map<string, string> {
  const userData = `#cloud-config\n${stringify(userDataOf(settings, installs), { lineWidth: 0 })}`;
  const network = settings.wifi === null ? null : stringify(networkOf(settings), { lineWidth: 0 });
  // Another content is another instance, so that a card that has booted once takes it up as well.
  const digest = createHash("sha256").update(`${userData}\n${network}`).digest("hex");
  const instanceId = `facelatch-${digest.slice(0, 16)}`;
  const metaData = stringify({ "instance-id": instanceId, dsmode: "local", "local-hostname": settings.hostname });
  return new Map([
    ["user-data", userData],
    ["meta-data", metaData],
    ...(network === null ? [] : [["network-config", network] as const]),
    // An identity on the command line outweighs the one in meta-data, so an earlier one must not stay there.
    [
      "cmdline.txt",
      changeCmdline(
        cmdline,
        ["ds=nocloud", countryWord],
        [...countryWords(settings.country), `ds=nocloud;i=${instanceId}`],
      ),
    ],
  ]);
}

function userDataOf({ hostname, user, sshKeys, timezone }: Settings, installs: boolean): object {
  const install = ["sh", `/boot/firmware/${firstBootScriptName}`, "--start"];
  return {
    hostname,
    manage_etc_hosts: true,
    ...(timezone === null ? {} : { timezone }),
    ssh_pwauth: false,
    disable_root: true,
    users: [
      {
        name: user,
        groups,
        shell: "/bin/bash",
        lock_passwd: true,
        sudo: "ALL=(ALL) NOPASSWD:ALL",
        ssh_authorized_keys: sshKeys,
      },
    ],
    runcmd: [["systemctl", "enable", "--now", "ssh.service"], ...(installs ? [install] : [])],
  };
}

/** Netplan takes 64 hexadecimal digits for a key, not for a passphrase. */
function networkOf({ wifi, country }: Settings): object {
  const { ssid, psk, hidden } = wifi!;
  const point = { ...(hidden ? { hidden } : {}), password: psk };
  const wlan0 = {
    dhcp4: true,
    optional: true,
    ...(country === null ? {} : { "regulatory-domain": country }),
    "access-points": { [ssid]: point },
  };
  return { network: { version: 2, wifis: { wlan0 } } };
}
