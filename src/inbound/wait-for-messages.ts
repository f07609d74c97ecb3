import type { Store } from "../store/open.ts";
import type { Page } from "../store/page.ts";
import { type Heard, type Reading, readMessages } from "./messages.ts";

/** Reads messages; where there are none, waits until there are, for so long, or until it is told to stop. */
export async function waitForMessages(
  store: Store,
  reading: Reading,
  waitMs: number,
  stop: AbortSignal,
): Promise<Page<Heard>> {
  const news = watchForNews(store, reading);
  try {
    const deadline = AbortSignal.any([stop, AbortSignal.timeout(waitMs)]);
    for (;;) {
      // Before it is read, so that what comes meanwhile is not missed.
      const next = news.next(deadline);
      const page = await readMessages(store.db, reading);
      if (page.data.length > 0 || waitMs === 0) return page;
      await next;
      if (deadline.aborted) return await readMessages(store.db, reading);
    }
  } finally {
    news.end();
  }
}

interface News {
  /** Resolves at the next message for the reader, or when it need not be waited for any longer. */
  next(until: AbortSignal): Promise<void>;
  end(): void;
}

/** Hears of new messages, whichever process stores them. */
function watchForNews(store: Store, { workspaceId, profileId }: Pick<Reading, "workspaceId" | "profileId">): News {
  let tell: (() => void) | undefined;
  const end = store.changes.subscribe((change) => {
    if (change.workspace_id !== workspaceId) return;
    if (profileId === null || change.profile_id === profileId) tell?.();
  }, "messages");
  return {
    next: (until) =>
      new Promise((resolve) => {
        tell = resolve;
        if (until.aborted) resolve();
        else until.addEventListener("abort", () => resolve(), { once: true });
      }),
    end,
  };
}
