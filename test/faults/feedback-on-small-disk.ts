// A process whose state lies on a small disk: it gives feedback over the API until the disk is full, and tells what
// came of it as one JSON object. Arguments: the disk, and the size of a frame.
import { closeSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { StoredFeedback } from "../../device/feedback/stored-feedback.ts";
import { fakeDevice } from "../device/api/fake-device.ts";
import { jpegOf, optionsOf, subjectFrame } from "../device/feedback/open-feedback.ts";

const [disk, frameBytes] = [process.argv[2]!, Number(process.argv[3])];
const fillerPath = join(disk, "filler");
const endings: (() => unknown)[] = [];
const t = { after: (end: () => unknown) => void endings.unshift(end) };
const feedback = new StoredFeedback(optionsOf(disk, { negativesMax: 1_000 }));
const device = fakeDevice(t, { feedback, limits: { feedbackPerMinuteMax: 10_000, requestsPerMinuteMax: 10_000 } });

/** Takes what space there is, but for so many bytes. */
function fillDisk(spareBytes: number): void {
  const file = openSync(fillerPath, "w");
  const block = new Uint8Array(4_096).fill(1);
  const spare = openSync(join(disk, "spare"), "w");
  writeSync(spare, new Uint8Array(spareBytes));
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
  for (const open of [file, spare]) closeSync(open);
  rmSync(join(disk, "spare"));
}

async function say(presenceId: number): Promise<{ status: number; code: string | null }> {
  feedback.noteFrame(subjectFrame(presenceId, { jpeg: jpegOf(presenceId, frameBytes) }));
  const payload = { bootId: "boot-1", presenceId, verdict: "not_me" };
  const answer = await device.api.inject({ method: "POST", url: "/v1/feedback", payload });
  return { status: answer.statusCode, code: (answer.json() as { code?: string }).code ?? null };
}

function onDisk() {
  const files = readdirSync(disk, { recursive: true, encoding: "utf8" }).filter((path) =>
    statSync(join(disk, path)).isFile(),
  );
  const again = new StoredFeedback(optionsOf(disk, { bootId: "boot-2" }));
  return {
    frames: files.filter((path) => path.endsWith(".frames")).length,
    others: files
      .filter((path) => !path.endsWith(".frames") && path !== "filler")
      .map((path) => path.replace(/\d+$/, "N")),
    negatives: again.status().negatives,
    negativesInMemory: feedback.status().negatives,
    damaged: again.status().damaged,
  };
}

fillDisk(0);
const beforeAnything = { answer: await say(1), ...onDisk() };
rmSync(fillerPath);
fillDisk(200_000);
let taken = 0;
let refusal = await say(1);
while (refusal.status === 201) refusal = await say(++taken + 1);
const whenFull = { answer: refusal, again: await say(taken + 1), ...onDisk() };
rmSync(fillerPath);
const afterwards = { answer: await say(taken + 1), ...onDisk() };
for (const end of endings) await end();
process.stdout.write(`${JSON.stringify({ beforeAnything, taken, whenFull, afterwards })}\n`);
