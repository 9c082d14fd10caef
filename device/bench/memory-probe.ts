// Loaded into a benchmark's daemon before its own code: collects the garbage when asked, and tells what is left.

export interface MemoryLeft {
  readonly rssBytes: number;
  /** Of JavaScript's objects. */
  readonly heapBytes: number;
}

// The daemon's own children inherit what it was started with.
if (process.argv[2] === "daemon") {
  process.on("message", () => {
    globalThis.gc!();
    const { rss, heapUsed } = process.memoryUsage();
    process.send!({ rssBytes: rss, heapBytes: heapUsed } satisfies MemoryLeft);
  });
  // A benchmark that was killed leaves no daemon behind.
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}
