import type { ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";

/** The answers under way. Those that last until there is news are not waited for when the hub stops. */
export interface Answers {
  add(response: ServerResponse): void;
  waitsForNews(response: ServerResponse): void;
  /** Resolves once every other answer is on its way, or after some seconds. */
  finished(): Promise<void>;
  /** Resolves once those that waited for news are, too. */
  ended(): Promise<void>;
}

const FINISH_MS = 4_000;
const END_MS = 500;

export function openAnswers(): Answers {
  const answering = new Map<ServerResponse, Promise<void>>();
  const waiting = new Set<ServerResponse>();

  async function allBut(ignored: ReadonlySet<ServerResponse>, limitMs: number): Promise<void> {
    const left = [...answering].filter(([response]) => !ignored.has(response)).map(([, answered]) => answered);
    await Promise.race([Promise.all(left), setTimeout(limitMs, undefined, { ref: false })]);
  }

  return {
    add(response) {
      const answered = new Promise<void>((resolve) => {
        response.once("close", () => {
          answering.delete(response);
          waiting.delete(response);
          resolve();
        });
      });
      answering.set(response, answered);
    },
    waitsForNews: (response) => void waiting.add(response),
    finished: () => allBut(waiting, FINISH_MS),
    ended: () => allBut(new Set(), END_MS),
  };
}
