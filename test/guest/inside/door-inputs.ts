// The lines at the door on gpio-sim: the inputs' contract, and edges that the daemon under its unit turns into events.
import { writeFileSync } from "node:fs";
import { type InputRig, inputContract } from "./input-contract.ts";
import { doorStatus, until } from "./system.ts";
import type { Fault } from "./unit-ends.ts";

const doorLines = { contact: 22, exitButton: 23, tamper: 24 } as const;
const freeLine = 30;

/** Gives a line of the chip its voltage, as something wired to it does. */
export type Pull = (line: number, high: boolean) => void;

/** gpio-sim's way: the pull attribute of the line's folder. */
export function pullOf(folder: string): Pull {
  return (line, high) => writeFileSync(`${folder}/sim_gpio${line}/pull`, high ? "pull-up" : "pull-down");
}

/** Door and case closed, the exit button released. */
export function closeDoor(pull: Pull): void {
  pull(doorLines.contact, false);
  pull(doorLines.tamper, false);
  pull(doorLines.exitButton, true);
}

/** The pull resistor is gpio-sim's own: as_is leaves it to `pull`. */
export const doorYaml = `door:
  contact: { kind: gpio, line: ${doorLines.contact}, bias: as_is }
  exitButton: { kind: gpio, line: ${doorLines.exitButton}, bias: as_is }
  tamper: { kind: gpio, line: ${doorLines.tamper}, bias: as_is }
  led: { kind: gpio, line: 5 }
  openGraceMs: 0
`;

async function row(fault: string, expected: string, look: () => Promise<string>): Promise<Fault> {
  const seen = await look().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  return { fault, expected, seen: seen.slice(0, 1_000), recoveryMs: null, passed: seen === expected };
}

/** On a line that nobody else has. */
export async function checkContract(chipLabel: string, pull: Pull): Promise<Fault> {
  const rig: InputRig = { chipLabel, line: freeLine, source: {}, setHigh: (high) => pull(freeLine, high) };
  return row("inputs of gpio-sim", `${inputContract.length} behaviours`, async () => {
    for (const { behaviour, run } of inputContract) {
      await run(rig).catch((error: unknown) => {
        throw new Error(`${behaviour}: ${error instanceof Error ? error.message : error}`);
      });
    }
    return `${inputContract.length} behaviours`;
  });
}

async function eventsOf(type: string): Promise<number> {
  const address = `http://127.0.0.1:8780/v1/events?type=${type}&limit=50`;
  const response = await fetch(address, { signal: AbortSignal.timeout(60_000) });
  const { events } = (await response.json()) as { readonly events: readonly unknown[] };
  return events.length;
}

/** An answer of the API costs the emulated processor more than a moment. */
const slowly = { pollMs: 1_000, deadlineMs: 120_000 };

async function untilDoor(word: "contact" | "exitButton" | "tamper", state: string): Promise<void> {
  await until(`${word} ${state}`, doorStatus, (status) => status?.door[word] === state, slowly);
}

/** With a daemon that runs, and a door that is closed. */
export async function injectEdges(pull: Pull): Promise<Fault[]> {
  const forced = await row("the contact opens, gpio-sim", "open; forced 1; closed", async () => {
    pull(doorLines.contact, true);
    await untilDoor("contact", "open");
    const events = await until(
      "the event",
      () => eventsOf("door.forced"),
      (count) => count > 0,
      slowly,
    );
    pull(doorLines.contact, false);
    await untilDoor("contact", "closed");
    return `open; forced ${events}; closed`;
  });
  const excused = await row("the exit button, then the contact, gpio-sim", "pressed; opened 1; forced 1", async () => {
    pull(doorLines.exitButton, false);
    await untilDoor("exitButton", "pressed");
    pull(doorLines.contact, true);
    await untilDoor("contact", "open");
    const opened = await until(
      "the event",
      () => eventsOf("door.opened"),
      (count) => count > 0,
      slowly,
    );
    return `pressed; opened ${opened}; forced ${await eventsOf("door.forced")}`;
  });
  closeDoor(pull);
  const tampered = await row("the case opens, gpio-sim", "tampered; DOOR_TAMPERED; clear", async () => {
    pull(doorLines.tamper, true);
    await untilDoor("tamper", "tampered");
    const causes = (await doorStatus())?.causes.map(({ code }) => code) ?? [];
    pull(doorLines.tamper, false);
    await untilDoor("tamper", "clear");
    return `tampered; ${causes.includes("DOOR_TAMPERED") ? "DOOR_TAMPERED" : causes.join()}; clear`;
  });
  return [forced, excused, tampered];
}
