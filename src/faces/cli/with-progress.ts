const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const PATIENCE_MS = 1_000;
const FRAME_MS = 80;

/** Shows on a terminal that something is going on, once it has taken a second. */
export async function withProgress<Result>(work: Promise<Result>): Promise<Result> {
  const { stderr } = process;
  if (!stderr.isTTY) return work;
  const start = performance.now();
  let frame = 0;
  const timer = setInterval(() => {
    if (performance.now() - start > PATIENCE_MS) stderr.write(`\r${FRAMES[frame++ % FRAMES.length]} `);
  }, FRAME_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (frame > 0) stderr.write("\r\u{1b}[K");
  }
}
