// Asks a board over HTTP: with a token, over TLS whose certificate may be pinned, and with a limit on every wait.
import { Agent, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type ErrorCode, errorCodes, FacelatchError, messageOf } from "../../device/errors/errors.ts";

const idleTimeoutMs = 15_000;
const answerBytesMax = 1024 * 1024;

export interface HttpTarget {
  readonly url: URL;
  readonly token: string | null;
  /** SHA-256 of the certificate, 64 hexadecimal digits; null to trust the system's authorities. */
  readonly fingerprint: string | null;
}

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface Answer {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly json: unknown;
}

export class HttpClient {
  readonly #target: HttpTarget;
  readonly #agent: Agent;

  constructor(target: HttpTarget) {
    this.#target = target;
    const settings = { keepAlive: true, maxSockets: 2 };
    if (target.url.protocol !== "https:") this.#agent = new Agent(settings);
    else if (target.fingerprint === null) this.#agent = new HttpsAgent(settings);
    else this.#agent = new PinnedAgent(settings, target.fingerprint);
  }

  /** @throws FacelatchError the board's own problem, by its code; BOARD_UNREACHABLE, BOARD_UNTRUSTED */
  async ask(question: Question): Promise<Answer> {
    const { status, headers, text } = await this.#exchange(question);
    if (status >= 200 && status < 300) return { headers, json: text === "" ? null : parsed(text) };
    throw problemError(status, text, question);
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange({ method, path, headers = {}, body }: Question): Promise<{
    readonly status: number;
    readonly headers: Answer["headers"];
    readonly text: string;
  }> {
    const { url, token } = this.#target;
    const all: Record<string, string> = {
      ...headers,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-length": String(body.byteLength) }),
    };
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(unreachable(url, error));
      const send = url.protocol === "https:" ? requestHttps : requestHttp;
      const request = send(new URL(path, url), { method, headers: all, agent: this.#agent }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > answerBytesMax) response.destroy(new Error("the answer is too long"));
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        response.on("error", fail);
      });
      request.setTimeout(idleTimeoutMs, () => request.destroy(new Error(`no answer within ${idleTimeoutMs} ms`)));
      request.on("error", fail);
      request.end(body);
    });
  }
}

/** Gives a connection out only once its certificate is the expected one: nothing is sent before. */
class PinnedAgent extends HttpsAgent {
  readonly #fingerprint: string;

  constructor(settings: { keepAlive: boolean; maxSockets: number }, fingerprint: string) {
    super({ ...settings, maxCachedSessions: 0 });
    this.#fingerprint = fingerprint;
  }

  override createConnection(
    options: ConnectionOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const socket: TLSSocket = connect({ ...options, rejectUnauthorized: false });
    const fail = (error: Error) => callback(error, socket);
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      const found = plainFingerprint(socket.getPeerCertificate().fingerprint256 ?? "");
      socket.off("error", fail);
      if (found === this.#fingerprint) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      fail(untrusted(`the certificate with SHA-256 ${this.#fingerprint}`, `another one, ${found}`));
    });
  }
}

/** A fingerprint without its colons and in lower case. */
export function plainFingerprint(text: string): string {
  return text.replaceAll(":", "").toLowerCase();
}

function untrusted(expected: string, found: string, cause?: unknown): FacelatchError {
  const next =
    "On the board, `openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE` prints the one to give with --fingerprint.";
  return new FacelatchError("BOARD_UNTRUSTED", { expected, found, next, cause });
}

/** The errors of certificates, by OpenSSL's and Node's names. */
const certificateError = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_(GET_ISSUER|VERIFY)/;

function unreachable(url: URL, error: unknown): FacelatchError {
  if (error instanceof FacelatchError) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (certificateError.test(code)) {
    return untrusted("a certificate of an authority that this machine trusts", messageOf(error), error);
  }
  return new FacelatchError("BOARD_UNREACHABLE", {
    expected: `an answer of ${url.origin}`,
    found: messageOf(error) || code,
    next: "Check the address, and that the daemon runs and listens there.",
    cause: error,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problemError(status: number, text: string, { method, path }: Question): FacelatchError {
  const { code, detail } = (parsed(text) ?? {}) as { code?: unknown; detail?: unknown };
  const known = typeof code === "string" && code in errorCodes ? (code as ErrorCode) : "BOARD_UNREACHABLE";
  return new FacelatchError(known, {
    expected: `the board to do as it is asked (${method} ${path})`,
    found: typeof detail === "string" ? `its refusal, ${status}: ${detail}` : `the answer ${status}`,
    next: "See the board's log.",
  });
}
