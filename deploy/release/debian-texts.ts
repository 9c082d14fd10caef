// The texts of the Debian package: control file, changelog, maintainer scripts and what lintian is told.
import { version } from "../../device/installation/installation.ts";
import type { Target } from "./target.ts";

const maintainer = "The Facelatch authors <facelatch@users.noreply.invalid>";

export interface Control {
  readonly target: Target;
  readonly installedBytes: number;
  readonly depends: readonly string[];
}

export function controlFile({ target, installedBytes, depends }: Control): string {
  // rpicam-vid and ffmpeg deliver the frames; which of the two depends on the camera.
  return `Package: facelatch
Version: ${version}
Architecture: ${target.debianArch}
Maintainer: ${maintainer}
Installed-Size: ${Math.ceil(installedBytes / 1024)}
Depends: ${[...depends, "systemd (>= 252)"].join(", ")}
Pre-Depends: init-system-helpers (>= 1.54~)
Recommends: rpicam-apps | libcamera-apps | ffmpeg
Section: misc
Priority: optional
Description: face-recognition door lock
 The daemon at the door: it watches the camera, and pulses the relay when it
 is sure of the owner's face. Every doubt and every fault leaves the door
 locked.
 .
 It comes with the Node.js and the TensorFlow Lite that it runs on. What it
 recognises comes in a bundle, which is trained and flashed from a workstation.
`;
}

export function debianChangelog(timeS: number): string {
  const date = new Date(timeS * 1000).toUTCString().replace("GMT", "+0000");
  return `facelatch (${version}) unstable; urgency=medium\n\n  * Release ${version}; CHANGELOG.md of the source tells what changed.\n\n -- ${maintainer}  ${date}\n`;
}

const unit = "facelatch.service";

/** In the manner of debhelper's; a first installation is enabled but not started, for it has no bundle and no settings. */
export const maintainerScripts: Readonly<Record<string, string>> = {
  postinst: `#!/bin/sh
set -e

case "$1" in
  configure | abort-upgrade | abort-deconfigure | abort-remove)
    systemd-sysusers facelatch.conf
    systemd-tmpfiles --create facelatch.conf || [ $? -eq 65 ] || [ $? -eq 73 ]
    if [ -S /run/udev/control ]; then
      udevadm control --reload && udevadm trigger --subsystem-match=gpio --subsystem-match=leds || true
    fi
    deb-systemd-helper unmask ${unit} >/dev/null || true
    if deb-systemd-helper --quiet was-enabled ${unit}; then
      deb-systemd-helper enable ${unit} >/dev/null || true
    else
      deb-systemd-helper update-state ${unit} >/dev/null || true
    fi
    if [ -d /run/systemd/system ]; then
      systemctl --system daemon-reload >/dev/null || true
      if [ -n "$2" ]; then
        deb-systemd-invoke try-restart ${unit} >/dev/null || true
      fi
    fi
    if [ "$1" = configure ] && [ -z "$2" ]; then
      echo "facelatch: next: sudoedit /etc/facelatch/facelatch.yaml; facelatch flash BUNDLE; systemctl start facelatch"
    fi
    ;;
esac
`,
  prerm: `#!/bin/sh
set -e

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop ${unit} >/dev/null || true
fi
`,
  postrm: `#!/bin/sh
set -e

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
fi
if [ "$1" = remove ] && [ -x /usr/bin/deb-systemd-helper ]; then
  deb-systemd-helper mask ${unit} >/dev/null || true
fi
if [ "$1" = purge ]; then
  if [ -x /usr/bin/deb-systemd-helper ]; then
    deb-systemd-helper purge ${unit} >/dev/null || true
    deb-systemd-helper unmask ${unit} >/dev/null || true
  fi
  # Templates of faces and the pictures that were kept: nothing of a person stays behind.
  rm -rf /var/lib/facelatch
fi
`,
};

export const lintianOverrides = `# Node.js is carried as its project publishes it, with the libraries that are compiled into it; so is libvips by sharp.
facelatch: embedded-library *
# The plugin is a bridge of three calls into TensorFlow Lite: it calls nothing of the C library.
facelatch: library-not-linked-against-libc [*libxnnpack_delegate.so]
`;
