// A process that is asked: answers in order, and every way in which it can fail ends in one clear error.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { siblingModule } from "../../../device/installation/installation.ts";
import { AskedProcess } from "../../../training/processes/asked-process.ts";
import type { Answer, Question } from "./answering.ts";

const timeoutMs = 60_000;

function open(t: TestContext): AskedProcess<Question, Answer> {
  const asked = new AskedProcess<Question, Answer>({
    ...{ module: siblingModule(import.meta.filename, "answering"), name: "a process", next: "Try again." },
  });
  t.after(() => asked.close());
  return asked;
}

test("questions are answered in their order", async (t) => {
  const asked = open(t);
  const answers = await Promise.all([1, 2, 3].map((value) => asked.ask({ what: "answer", value }, "it", timeoutMs)));
  assert.deepEqual(answers, [{ value: 2 }, { value: 4 }, { value: 6 }]);
});

test("a failure is told as it was there, and the next question is answered", async (t) => {
  const asked = open(t);
  await assert.rejects(asked.ask({ what: "known failure", value: 1 }, "it", timeoutMs), {
    ...{ code: "DISK_FULL", message: /expected space; found none\. Make room\./ },
  });
  await assert.rejects(asked.ask({ what: "defect", value: 1 }, "it", timeoutMs), {
    ...{ code: "TRAINING_FAILED", message: /expected an answer; found a defect\. Ask again\./ },
  });
  assert.deepEqual(await asked.ask({ what: "answer", value: 4 }, "it", timeoutMs), { value: 8 });
});

test("a process that dies names what it was asked, with its last words; all who wait are told", async (t) => {
  const asked = open(t);
  const died = {
    ...{
      code: "TRAINING_FAILED",
      message: /an answer of a process to photo\.jpg; found its end with exit code 3 \(the last words\)/,
    },
  };
  await Promise.all([
    assert.rejects(asked.ask({ what: "death", value: 1 }, "photo.jpg", timeoutMs), died),
    assert.rejects(asked.ask({ what: "answer", value: 1 }, "photo.jpg", timeoutMs), died),
  ]);
  await assert.rejects(asked.ask({ what: "answer", value: 1 }, "photo.jpg", timeoutMs), died);
});

test("a process that says nothing is ended", async (t) => {
  const asked = open(t);
  await asked.ask({ what: "answer", value: 1 }, "it", timeoutMs);
  await assert.rejects(asked.ask({ what: "silence", value: 1 }, "it", 50), {
    ...{ code: "TRAINING_FAILED", message: /found no answer within 50 ms/ },
  });
});
