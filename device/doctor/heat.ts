// Heat and power: how hot the board is, and whether its firmware holds it back for heat or for a weak supply.
import { thermalZones } from "../board/board-files.ts";
import { defaultConfig } from "../config/config.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

const coolIt = "Give it a heat sink or air; a hot board takes fewer frames (board.temperatureMaxC).";

/** What the Raspberry Pi's firmware tells, as `vcgencmd get_throttled` prints it. */
const throttledFile = "/sys/devices/platform/soc/soc:firmware/get_throttled";
const underVoltage = 0x1;
const heldBack = 0x2 | 0x4 | 0x8;
const sinceStart = 16;

export function checkHeat(place: Place): Finding[] {
  const findings = checkTemperature(place);
  const text = place.text(throttledFile);
  if (text === null || !/^(0x)?[0-9a-f]{1,8}$/i.test(text)) return findings;
  const now = Number.parseInt(text.replace(/^0x/i, ""), 16);
  const before = now >> sinceStart;
  const supply = "Use the board's own power supply and a short cable.";
  if ((now & underVoltage) !== 0) findings.push(error("The supply's voltage is too low at this moment.", supply));
  else if ((before & underVoltage) !== 0) {
    findings.push(warning("The supply's voltage was too low since the board started.", supply));
  }
  if ((now & heldBack) !== 0) findings.push(warning("The firmware holds the processor back at this moment.", coolIt));
  else if ((before & heldBack) !== 0) {
    findings.push(warning("The firmware held the processor back since the board started.", coolIt));
  }
  if (now === 0) findings.push(ok("The firmware never held the processor back."));
  return findings;
}

function checkTemperature({ at, config }: Place): Finding[] {
  const { thermalDir, temperatureMaxC } = (config ?? defaultConfig()).board;
  const zones = thermalZones(at(thermalDir));
  if (zones.length === 0) {
    return [
      warning("The board does not tell how hot it is.", "Nothing, unless it has a sensor that lacks its driver."),
    ];
  }
  const hottest = zones.reduce((a, b) => (b.temperatureC > a.temperatureC ? b : a));
  const found = `${hottest.temperatureC.toFixed(0)} °C (${hottest.type}).`;
  return [hottest.temperatureC >= temperatureMaxC ? warning(found, coolIt) : ok(found)];
}
