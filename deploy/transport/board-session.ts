// The board's end of a session: what `facelatch board session` does for whoever reaches it through SSH.
import { Readable } from "node:stream";
import { Check } from "typebox/value";
import type { Delivery } from "../../device/delivery/delivery.ts";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { requestSchema, type SessionAnswer, type SessionRequest, sessionVersion } from "./session-messages.ts";

/** SSH has said who it is: whoever gets here may write the state folder, and all of them share one upload. */
const sender = "ssh";

/** Answers until the input ends. */
export async function serveSession(
  delivery: Delivery,
  input: AsyncIterable<Buffer>,
  write: (line: string) => void,
): Promise<void> {
  const reader = new ByteReader(input);
  const say = (answer: SessionAnswer) => write(`${JSON.stringify(answer)}\n`);
  say({ is: "ready", version: sessionVersion });
  for (;;) {
    const line = await reader.line();
    if (line === null) return;
    try {
      await answer(delivery, requestIn(line), reader, say);
    } catch (error) {
      say(errorAnswer(error));
      // What follows an unfinished archive could be its bytes as well as a question.
      if (!(error instanceof FacelatchError) || isAboutBytes(error)) return;
    }
  }
}

async function answer(
  delivery: Delivery,
  request: SessionRequest,
  reader: ByteReader,
  say: (answer: SessionAnswer) => void,
): Promise<void> {
  switch (request.ask) {
    case "status":
      say({ is: "status", status: await delivery.status() });
      return;
    case "send": {
      const { id, offsetBytes } = await delivery.begin(sender, request);
      say({ is: "upload", upload: id, offsetBytes });
      if (offsetBytes < request.lengthBytes) {
        const bytes = Readable.from(reader.bytes(request.lengthBytes - offsetBytes), { objectMode: false });
        await delivery.append(sender, id, offsetBytes, bytes);
      }
      const after = await delivery.upload(sender, id);
      say({ is: "upload", upload: id, offsetBytes: after.offsetBytes });
      return;
    }
    case "install":
      await delivery.install(sender, request.upload);
      say({ is: "installing" });
      return;
    case "rollback":
      say({ is: "status", status: await delivery.rollback() });
  }
}

function requestIn(line: string): SessionRequest {
  try {
    const request: unknown = JSON.parse(line);
    if (Check(requestSchema, request)) return request;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const detail = {
    expected: "a request of this session's version",
    found: "something else",
    next: "Update Facelatch.",
  };
  throw new FacelatchError("REQUEST_INVALID", detail);
}

function isAboutBytes({ code }: FacelatchError): boolean {
  return code === "REQUEST_INVALID" || code === "DISK_FULL" || code === "BUNDLE_TOO_LARGE";
}

function errorAnswer(error: unknown): SessionAnswer {
  if (error instanceof FacelatchError) {
    const { expected, found, next } = error.detail;
    return { is: "error", code: error.code, expected, found, next };
  }
  return { is: "error", code: "INTERNAL", expected: "no error", found: messageOf(error), next: "Report it." };
}
