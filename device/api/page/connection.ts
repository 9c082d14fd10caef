// The page's connection to the device: status by asking, events and frames by streams that come back by themselves.
import type { StatusReport } from "../status-report.ts";
import { useCallback, useEffect, useRef, useState } from "./vendor/standalone.module.js";

const statusIntervalMs = 5_000;
/** While the door is open its closing must show soon. */
const statusIntervalUnlockedMs = 1_000;
const requestTimeoutMs = 4_000;
const reconnectMs = 3_000;

/** Asks the device for JSON; rejects on any answer but a good one, and when none comes in time. */
export async function fetchJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs), cache: "no-store" });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}

export type Posted<T> =
  | { readonly isDone: true; readonly value: T }
  /** A problem's code; null where the device gave no answer that could be read. */
  | { readonly isDone: false; readonly code: string | null };

/** Sends the device JSON. Never rejects. */
export async function postJson<T>(url: string, body: object): Promise<Posted<T>> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (response.ok) return { isDone: true, value: (await response.json()) as T };
    const problem = (await response.json()) as { readonly code?: string };
    return { isDone: false, code: problem.code ?? null };
  } catch {
    return { isDone: false, code: null };
  }
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
