// The relay guard: a process that owns the line, so that a pulse ends whatever becomes of the daemon.
import { codeOf, errorCodes, FacelatchError, messageOf } from "../errors/errors.ts";
import type { GuardReply } from "./guard-messages.ts";
import { hear, initialGuardState, pulseBegan, pulseEnded, silenceLeftMs } from "./guard-state.ts";
import { claimLine } from "./line-claim.ts";
import { LineRelay, type LineRelayOptions } from "./line-relay.ts";
import type { RelayLine } from "./output-line.ts";

/** What the guard is told at its start, as JSON in its one argument. */
export type GuardSettings = RelayLine &
  Pick<LineRelayOptions, "limits"> & {
    /** In a pulse, the daemon may be silent for so long. */
    readonly heartbeatTimeoutMs: number;
  };

const lastWordsTimeoutMs = 200;
const messageCharsMax = 2_000;
const settings = JSON.parse(process.argv[2] ?? "") as GuardSettings;
const relay = new LineRelay(settings);
let ending = false;
let silence: NodeJS.Timeout | undefined;

// There is one way out of every doubt: the line is driven inactive, the daemon is told why, and the guard ends.
process.on("disconnect", () => void end(0, "the daemon closed the channel"));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(0, `it was sent ${signal}`));
process.on("uncaughtException", (error) => void end(errorCodes.INTERNAL.exitCode, messageOf(error)));

const taken = takeLine();
await taken.catch((error: unknown) => end(errorCodes.RELAY_UNAVAILABLE.exitCode, messageOf(error)));
let state = initialGuardState(performance.now());
process.on("message", heard);
if (!ending) say({ version: 1, type: "ready" });
if (!process.connected) void end(0, "there is no daemon");

/** The claim first: whoever has it is the one to drive the line inactive. */
async function takeLine(): Promise<void> {
  await claimLine(settings);
  await relay.start();
}

function heard(message: unknown): void {
  if (ending) return;
  const [next, action] = hear(state, message, performance.now());
  state = next;
  if (action.type === "pulse") pulse(action.seq, action.pulseMs);
  else if (action.type === "alive") say({ version: 1, type: "alive", seq: action.seq });
  else if (action.type === "relock") relock(action.seq);
  else void end(errorCodes.REQUEST_INVALID.exitCode, action.message);
}

function pulse(seq: number, pulseMs: number): void {
  const before = relay.status().pulses;
  relay.pulse(undefined, pulseMs).then(
    () => over(seq),
    (error: unknown) => failed(seq, error),
  );
  // The active level, if any, was written before the promise came back.
  if (relay.status().pulses === before) return;
  state = pulseBegan(state);
  say({ version: 1, type: "active", seq });
  watchSilence();
}

function relock(seq: number): void {
  relay.relock();
  say({ version: 1, type: "alive", seq });
}

function over(seq: number): void {
  state = pulseEnded(state);
  if (!ending) say({ version: 1, type: "over", seq });
}

function failed(seq: number, error: unknown): void {
  const found = error instanceof FacelatchError ? error.detail.found : messageOf(error);
  const message = found.slice(0, messageCharsMax);
  const refused = codeOf(error) === "RELAY_REFUSED";
  say({ version: 1, type: "failed", seq, code: refused ? "RELAY_REFUSED" : "RELAY_UNAVAILABLE", message });
  if (!refused) void end(errorCodes.RELAY_UNAVAILABLE.exitCode, message);
}

function watchSilence(): void {
  clearTimeout(silence);
  const leftMs = silenceLeftMs(state, performance.now(), settings.heartbeatTimeoutMs);
  if (leftMs <= 0) void end(errorCodes.NOT_READY.exitCode, `no heartbeat for ${settings.heartbeatTimeoutMs} ms`);
  else if (leftMs < Number.POSITIVE_INFINITY) silence = setTimeout(watchSilence, leftMs);
}

/** Drives the line inactive and ends; with RELAY_UNAVAILABLE's exit code when the line does not obey. */
async function end(exitCode: number, reason: string): Promise<void> {
  if (ending) return;
  ending = true;
  const failure = await release();
  const code = failure === null ? exitCode : errorCodes.RELAY_UNAVAILABLE.exitCode;
  const message = failure === null || failure === reason ? reason : `${reason}; ${failure}`;
  setTimeout(() => process.exit(code), lastWordsTimeoutMs);
  say({ version: 1, type: "ended", message: message.slice(0, messageCharsMax) }, () => process.exit(code));
}

/** Null when the line is inactive; else why it may not be. */
async function release(): Promise<string | null> {
  try {
    await taken;
    await relay.stop();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function say(reply: GuardReply, then: () => void = () => undefined): void {
  if (process.connected) process.send?.(reply, undefined, undefined, then);
  else then();
}
