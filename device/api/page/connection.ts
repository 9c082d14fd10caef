// The page's connection to the device: its session, status by asking, events and frames by streams that come back by themselves.
import type { SessionReport, WaitingReport } from "../routes/session.ts";
import type { StatusReport } from "../status-report.ts";
import { texts } from "./language.ts";
import { useCallback, useEffect, useRef, useState } from "./vendor/standalone.module.js";

const statusIntervalMs = 5_000;
/** While the door is open its closing must show soon. */
const statusIntervalUnlockedMs = 1_000;
const requestTimeoutMs = 4_000;
const reconnectMs = 3_000;

/** What the page shows, beside the session's cookie, that it is this device's page. */
let csrfToken: string | null = null;
/** Told when the device asks who the page is. */
let onRefused: () => void = () => undefined;

/** Asks the device for JSON; rejects on any answer but a good one, and when none comes in time. */
export async function fetchJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs), cache: "no-store" });
  if (response.status === 401) onRefused();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}

export type Posted<T> =
  | { readonly isDone: true; readonly value: T }
  /** A problem's code; null where the device gave no answer that could be read. */
  | { readonly isDone: false; readonly code: string | null };

/** Sends the device JSON. Never rejects. */
export function postJson<T>(url: string, body: object): Promise<Posted<T>> {
  return send("POST", url, body);
}

/** Asks the device to change something; a value comes where the answer has one. Never rejects. */
export async function send<T>(
  method: "POST" | "PUT" | "DELETE",
  url: string,
  body: object | null = null,
  headers: Readonly<Record<string, string>> = {},
): Promise<Posted<T>> {
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...headers,
        ...(body !== null && { "content-type": "application/json" }),
        ...(csrfToken !== null && { "x-csrf-token": csrfToken }),
      },
      ...(body !== null && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (response.ok) return { isDone: true, value: (response.status === 204 ? null : await response.json()) as T };
    const problem = (await response.json()) as { readonly code?: string };
    if (response.status === 401 && url !== sessionUrl) onRefused();
    return { isDone: false, code: problem.code ?? null };
  } catch {
    return { isDone: false, code: null };
  }
}

const sessionUrl = "/v1/session";

export interface SessionState {
  /** Null while it is not known who the page is for the device. */
  readonly session: SessionReport | null;
  /** Whether the device asks for the code or a token. */
  readonly isAsked: boolean;
  /** Once it is done, the page is let in; but for the secret of a knock it may have to wait. */
  readonly begin: (
    credential: { readonly code: string } | { readonly token: string } | { readonly button: string },
  ) => Promise<Posted<SessionReport | WaitingReport>>;
  readonly end: () => void;
}

/** Who the page is for the device. */
export function useSession(): SessionState {
  const [session, setSession] = useState<SessionReport | null>(null);
  const [isAsked, setAsked] = useState(false);
  const take = useCallback((report: SessionReport | null) => {
    csrfToken = report?.csrfToken ?? null;
    setSession(report);
    setAsked(report === null);
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAnswered = false;
    onRefused = () => {
      isAnswered = true;
      take(null);
    };
    const ask = (): void => {
      fetchJson<SessionReport>(sessionUrl).then(take, () => {
        // A device that does not answer is asked again; one that refused has said what it wants.
        if (!isAnswered) timer = setTimeout(ask, reconnectMs);
      });
    };
    ask();
    return () => clearTimeout(timer);
  }, []);
  const begin: SessionState["begin"] = async (credential) => {
    const { browser, sessionName } = texts().letIn;
    const name = sessionName(navigator.platform || browser).slice(0, 64);
    const posted = await postJson<SessionReport | WaitingReport>(sessionUrl, { ...credential, name });
    if (posted.isDone && posted.value.kind !== "waiting") take(posted.value);
    return posted;
  };
  const end = (): void => {
    void send<null>("DELETE", sessionUrl).then((sent) => sent.isDone && take(null));
  };
  return { session, isAsked, begin, end };
}

/** Whether anybody can see the page; a hidden page holds no stream, for the device has few of them. */
function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const update = (): void => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", update);
    return () => document.removeEventListener("visibilitychange", update);
  }, []);
  return visible;
}

/** Whether the last question was answered; without an answer nothing is known about the door. */
export type Knowledge = "asking" | "known" | "silent";

export interface StatusState {
  readonly status: StatusReport | null;
  readonly knowledge: Knowledge;
  readonly refresh: () => void;
}

export function useStatus(): StatusState {
  const [status, setStatus] = useState<StatusReport | null>(null);
  const [knowledge, setKnowledge] = useState<Knowledge>("asking");
  const newest = useRef(0);
  const visible = useVisible();
  const refresh = useCallback(() => {
    const asked = ++newest.current;
    const settle = (report: StatusReport | null): void => {
      if (asked !== newest.current) return;
      if (report !== null) setStatus(report);
      setKnowledge(report === null ? "silent" : "known");
    };
    fetchJson<StatusReport>("/v1/status").then(settle, () => settle(null));
  }, []);
  const intervalMs = status?.locked === false ? statusIntervalUnlockedMs : statusIntervalMs;
  useEffect(() => {
    if (visible) return;
    // What a page knew before it was hidden may long be wrong when it shows again.
    newest.current++;
    setKnowledge("asking");
  }, [visible]);
  useEffect(() => {
    if (!visible) return undefined;
    refresh();
    const timer = setInterval(refresh, intervalMs);
    return () => clearInterval(timer);
  }, [visible, intervalMs]);
  return { status, knowledge, refresh };
}

export interface StreamOptions {
  /** Whether it is time to open the stream. */
  readonly isWanted: boolean;
  /** Asked anew at each connection that the page itself makes. */
  readonly urlOf: () => string;
  readonly types: readonly string[];
  readonly onMessage: (type: string, data: unknown) => void;
}

/** Keeps a stream open while it is wanted and the page is visible; returns whether it is open. */
export function useStream(options: StreamOptions): boolean {
  const [isOpen, setOpen] = useState(false);
  const visible = useVisible();
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    if (!visible || !options.isWanted) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let source: EventSource;
    const connect = (): void => {
      source = new EventSource(latest.current.urlOf());
      source.onopen = () => setOpen(true);
      source.onerror = () => {
        setOpen(false);
        // A broken connection the browser mends itself; a refused one it gives up.
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, reconnectMs);
      };
      for (const type of latest.current.types) {
        source.addEventListener(type, (message: MessageEvent<string>) => {
          latest.current.onMessage(type, JSON.parse(message.data));
        });
      }
    };
    connect();
    return () => {
      clearTimeout(timer);
      source.close();
      setOpen(false);
    };
  }, [visible, options.isWanted]);
  return isOpen;
}
