// The two machines as QEMU emulates them, without any help of the host's processor.
import type { GuestImage } from "./amd64-image.ts";
import type { Board } from "./raspi3b-image.ts";

/**
 * Each instruction takes one nanosecond of the guest's time, and idle time is real time: so a guest is as fast as a board
 * with one core at 1 GHz, whatever else this machine does, and what is measured by the guest's clock can be compared.
 */
const ownTime = ["-icount", "shift=0,sleep=on"] as const;
const bare = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"] as const;

/** Whoever watches the console sees the daemon's words there too. */
const journal = process.env["FACELATCH_GUEST_LOG"] === "1" ? " systemd.journald.forward_to_console=1" : "";

/** A further disk of a guest, empty or not. */
export interface FurtherDisk {
  readonly file: string;
  /** Whether what the guest writes stays in the file. */
  readonly isKept: boolean;
}

/** @param further the disks /dev/vdb and after it */
export function amd64Machine({ kernel, initrd, disk }: GuestImage, further: readonly FurtherDisk[] = []): string[] {
  const options = `console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off systemd.show_status=0${journal}`;
  return [
    ...[
      "-M",
      "q35",
      "-accel",
      "tcg",
      "-cpu",
      "max",
      "-smp",
      "1",
      "-m",
      "1536",
      ...ownTime,
      ...bare,
      "-serial",
      "stdio",
    ],
    ...["-kernel", kernel, "-initrd", initrd, "-append", options],
    ...[{ file: disk, isKept: false }, ...further].flatMap(virtioDisk),
    ...["-device", "virtio-rng-pci"],
  ];
}

function virtioDisk({ file, isKept }: FurtherDisk, index: number): string[] {
  const drive = `file=${file},if=none,id=disk${index},format=raw,snapshot=${isKept ? "off" : "on"}`;
  return ["-drive", drive, "-device", `virtio-blk-pci,drive=disk${index}`];
}

/**
 * The board has four cores and cannot have fewer. Three of them sleep: they are up, so that they do not wait in the firmware's
 * loop, which is never idle to the emulator, and get nothing to do.
 */
export function raspi3bMachine(
  { kernel, initrd, deviceTree, card }: Board,
  persist: boolean,
  monitor: string,
): string[] {
  const persistOption = `pinctrl_bcm2835.persist_gpio_outputs=${persist ? 1 : 0}`;
  const options = `console=ttyS1,115200 quiet loglevel=1 panic=-1 isolcpus=1-3 irqaffinity=0 init_on_free=1 systemd.show_status=0 ${persistOption}${journal}`;
  return [
    ...["-M", "raspi3b", "-accel", "tcg", ...ownTime, ...bare, "-serial", "null", "-serial", "stdio"],
    ...["-monitor", `unix:${monitor},server,nowait`],
    // Nothing is on the card; the board's state is kept in it.
    ...["-drive", `if=sd,file=${card},format=qcow2`],
    ...["-kernel", kernel, "-initrd", initrd, "-dtb", deviceTree, "-append", options],
  ];
}
