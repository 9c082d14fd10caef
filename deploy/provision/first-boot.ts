// What of Facelatch itself a new board gets: release, key, bundle and settings, and the script that installs them.
import { createHash } from "node:crypto";

const payloadFolder = "facelatch";
/** Where the unit keeps a door's state. */
export const boardStateDir = "/var/lib/facelatch";
export const firstBootScriptName = `${payloadFolder}/first-boot.sh`;

export interface Payload {
  /** The archive that `facelatch release` made. */
  readonly release: Uint8Array;
  readonly bundle: Uint8Array | null;
  /** Ed25519 public keys in PEM, whose bundles the board takes; by file name. */
  readonly trustedKeys: ReadonlyMap<string, Uint8Array>;
  /** /etc/facelatch/facelatch.yaml; null leaves the release's own. */
  readonly configuration: string | null;
}

/** All files by their names on the boot partition, the script among them. */
export function payloadFiles(payload: Payload): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>([[`${payloadFolder}/release.tar.gz`, payload.release]]);
  if (payload.bundle !== null) files.set(`${payloadFolder}/bundle.tar`, payload.bundle);
  for (const [name, key] of payload.trustedKeys) files.set(`${payloadFolder}/keys/${name}`, key);
  if (payload.configuration !== null) {
    files.set(`${payloadFolder}/facelatch.yaml`, new TextEncoder().encode(payload.configuration));
  }
  files.set(firstBootScriptName, new TextEncoder().encode(script(files, payload)));
  return files;
}

function script(files: ReadonlyMap<string, Uint8Array>, { bundle, trustedKeys, configuration }: Payload): string {
  const sums = [...files].map(([name, bytes]) => {
    const digest = createHash("sha256").update(bytes).digest("hex");
    return `${digest}  ${name.slice(payloadFolder.length + 1)}`;
  });
  return `#!/bin/sh
# Installs Facelatch on this board from the files beside it, which it then removes. It can be run again after a failure.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
state=${boardStateDir}
log=/var/log/facelatch-first-boot.log
exec >>"$log" 2>&1
echo "facelatch: first boot"

cd "$here"
sha256sum --quiet -c <<'SUMS'
${sums.join("\n")}
SUMS

# Not in /tmp, which may be in memory.
work=$(mktemp -d /var/tmp/facelatch.XXXXXX)
trap 'rm -rf "$work"' EXIT
tar -xzf release.tar.gz -C "$work"
sh "$work"/facelatch-*/install.sh --no-start
install -d -m 0700 "$state"
${[
  ...(trustedKeys.size === 0
    ? []
    : [`install -d -m 0755 "$state/trusted-keys"`, `install -m 0644 keys/*.pem "$state/trusted-keys/"`]),
  ...(configuration === null ? [] : ["install -m 0640 facelatch.yaml /etc/facelatch/facelatch.yaml"]),
  ...(bundle === null
    ? []
    : [`/opt/facelatch/current/bin/facelatch flash bundle.tar --config /etc/facelatch/facelatch.yaml --yes --no-wait`]),
].join("\n")}
chown -R facelatch:facelatch "$state"
if [ -e /etc/facelatch/facelatch.yaml ]; then chown root:facelatch /etc/facelatch/facelatch.yaml; fi
${
  bundle === null
    ? ""
    : `if [ -d /run/systemd/system ]; then
  systemctl --quiet enable facelatch.service
  if [ "\${1-}" = --start ]; then systemctl start --no-block facelatch.service; fi
fi
`
}cd /
# The bundle knows a face: it stays on the board's own file system alone.
rm -rf "$here"
sync
echo "facelatch: installed"
`;
}
