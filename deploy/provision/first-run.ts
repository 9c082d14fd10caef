// First-boot files of Raspberry Pi OS Bookworm: a script that systemd runs once, as its kernel command line says.
import { changeCmdline, countryWord, countryWords } from "./cmdline.ts";
import { firstBootScriptName } from "./first-boot.ts";
import type { FirstBoot } from "./provision.ts";
import type { Settings, Wifi } from "./settings.ts";
import { shellQuote } from "./shell-quote.ts";

const runOnce = [
  "systemd.run=/boot/firmware/firstrun.sh",
  "systemd.run_success_action=reboot",
  "systemd.unit=kernel-command-line.target",
];
const runOnceWords = ["systemd.run=", "systemd.run_success_action=", "systemd.unit=kernel-command-line.target"];

/** Text files by name: firstrun.sh and cmdline.txt. */
export function firstRunFiles({ settings, installs, cmdline }: FirstBoot): Map<string, string> {
  const words = [...countryWords(settings.country), ...runOnce];
  return new Map([
    ["firstrun.sh", firstRunScript(settings, installs)],
    ["cmdline.txt", changeCmdline(cmdline, [countryWord, ...runOnceWords], words)],
  ]);
}

/** Every step is tried whatever became of the others: a board without Wi-Fi is better than one without SSH as well. */
function firstRunScript(settings: Settings, installs: boolean): string {
  const steps = [
    ["set_hostname", hostnameStep(settings.hostname)],
    ["set_user", userStep(settings.user)],
    ["set_ssh", sshStep(settings.user, settings.sshKeys)],
    ...(settings.timezone === null ? [] : [["set_timezone", timezoneStep(settings.timezone)]]),
    ...(settings.country === null ? [] : [["set_country", countryStep(settings.country)]]),
    ...(settings.wifi === null ? [] : [["set_wifi", wifiStep(settings.wifi)]]),
    ...(installs ? [["install_facelatch", `sh "$boot/${firstBootScriptName}"`]] : []),
  ] as const;
  return `#!/bin/sh
# Sets this board up at its first boot, then takes itself out; what happened is in /var/log/facelatch-firstrun.log.
boot=$(dirname -- "$0")
exec >>/var/log/facelatch-firstrun.log 2>&1

${steps.map(([name, body]) => `${name}() (\n  set -eu\n${indent(body)}\n)\n`).join("\n")}
report() {
  if [ "$2" = 0 ]; then echo "$1: done"; else echo "$1: failed"; fi
}
# Each by itself, not in a condition: there the shell would not stop a step at its first failure.
${steps.map(([name]) => `${name}\nreport ${name} $?`).join("\n")}

# In this order: with the power cut in between, all of it is done once more.
sed -i 's| systemd\\.run=[^ ]*||; s| systemd\\.run_success_action=[^ ]*||; s| systemd\\.unit=kernel-command-line\\.target||' "$boot/cmdline.txt"
sync
rm -f "$boot/firstrun.sh"
exit 0
`;
}

function hostnameStep(hostname: string): string {
  return `echo ${hostname} >/etc/hostname
if grep -q '^127\\.0\\.1\\.1' /etc/hosts; then
  sed -i 's/^127\\.0\\.1\\.1.*/127.0.1.1\\t${hostname}/' /etc/hosts
else
  printf '127.0.1.1\\t%s\\n' ${hostname} >>/etc/hosts
fi`;
}

/** The image's first user gets the name; it keeps no password. */
function userStep(user: string): string {
  return `first=$(getent passwd 1000 | cut -d: -f1)
if [ -x /usr/lib/userconf-pi/userconf ]; then
  /usr/lib/userconf-pi/userconf ${user} '*'
elif [ -z "$first" ]; then
  useradd --create-home --uid 1000 --shell /bin/bash ${user}
elif [ "$first" != ${user} ]; then
  usermod --login ${user} "$first"
  usermod --move-home --home /home/${user} ${user}
  groupmod --new-name ${user} "$first"
fi
usermod --password '*' ${user}
mkdir -p /etc/sudoers.d
printf '%s ALL=(ALL) NOPASSWD: ALL\\n' ${user} >/etc/sudoers.d/010_facelatch-user
chmod 0440 /etc/sudoers.d/010_facelatch-user`;
}

function sshStep(user: string, keys: readonly string[]): string {
  return `home=$(getent passwd ${user} | cut -d: -f6)
install -d -m 0700 "$home/.ssh"
printf '%s\\n' ${keys.map(shellQuote).join(" ")} >"$home/.ssh/authorized_keys"
chmod 0600 "$home/.ssh/authorized_keys"
chown -R ${user}: "$home/.ssh"
mkdir -p /etc/ssh/sshd_config.d
printf '%s\\n' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'PermitRootLogin no' >/etc/ssh/sshd_config.d/10-facelatch.conf
systemctl --quiet enable ssh.service`;
}

function timezoneStep(timezone: string): string {
  return `[ -f /usr/share/zoneinfo/${timezone} ]
ln -sfn /usr/share/zoneinfo/${timezone} /etc/localtime
echo ${timezone} >/etc/timezone`;
}

function countryStep(country: string): string {
  return `if command -v raspi-config >/dev/null; then raspi-config nonint do_wifi_country ${country}; fi
for switch in /var/lib/systemd/rfkill/*:wlan; do
  [ ! -e "$switch" ] || echo 0 >"$switch"
done`;
}

function wifiStep(wifi: Wifi): string {
  const lines = [
    ...["[connection]", "id=preconfigured", "type=wifi", "", "[wifi]", "mode=infrastructure"],
    ...[`ssid=${keyfileSsid(wifi.ssid)}`, `hidden=${wifi.hidden}`, ""],
    ...["[wifi-security]", "key-mgmt=wpa-psk", `psk=${wifi.psk}`, ""],
    ...["[ipv4]", "method=auto", "", "[ipv6]", "method=auto"],
  ];
  return `connections=/etc/NetworkManager/system-connections
mkdir -p "$connections"
umask 077
printf '%s\\n' ${lines.map(shellQuote).join(" ")} >"$connections/preconfigured.nmconnection"
chmod 0600 "$connections/preconfigured.nmconnection"`;
}

/** NetworkManager's keyfile takes a name as it is, or as its bytes in decimal. */
function keyfileSsid(ssid: string): string {
  if (/^[A-Za-z0-9._-]+(?: [A-Za-z0-9._-]+)*$/.test(ssid)) return ssid;
  return [...new TextEncoder().encode(ssid)].map((byte) => `${byte};`).join("");
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n");
}
