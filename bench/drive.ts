import { Agent } from "node:http";
import { type Message, post } from "./json-rpc.ts";
import { quantile } from "./statistics.ts";

interface Load {
  readonly connections: number;
  readonly messages: number;
}

export interface Round {
  readonly p50Ms: number;
  readonly perSecond: number;
}

/** Sends messages over kept connections, on each the next as soon as the last is answered. */
export async function drive(next: () => Message, { connections, messages }: Load): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const timesMs: number[] = [];
  let sent = 0;

  async function keepSending(): Promise<void> {
    while (sent < messages) {
      sent += 1;
      const message = next();
      const startedAt = performance.now();
      await post(agent, message);
      timesMs.push(performance.now() - startedAt);
    }
  }

  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, keepSending));
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return { p50Ms: quantile(timesMs, 0.5), perSecond: messages / seconds };
}

/** Of the best round: what else a machine does only ever makes a round slower. */
export function bestP50Ms(rounds: readonly Round[]): number {
  return Math.min(...rounds.map(({ p50Ms }) => p50Ms));
}

export function bestRate(rounds: readonly Round[]): number {
  return Math.max(...rounds.map(({ perSecond }) => perSecond));
}
