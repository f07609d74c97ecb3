import type { Measured } from "./budgets.ts";
import { bestP50Ms, drive, type Round } from "./drive.ts";
import { ALL_SERVICES, makeHome } from "./home.ts";
import { CALL, type Message, modernMessage } from "./json-rpc.ts";
import { type Env, startHub } from "./processes.ts";
import { takeTurns } from "./statistics.ts";

const ROUNDS = 7;
const WARM_UP = { connections: 4, messages: 1_000 };
const CALLS = { connections: 1, messages: 400 };
const LISTS = { connections: 1, messages: 100 };

/** The same calls and lists on a large store and on a small one, each by a profile that has not asked for a while. */
export async function measureScale(folder: string, serviceUrl: string): Promise<{ list: Measured; call: Measured }> {
  const services = [...ALL_SERVICES, "bench"];
  const large = await openStore({ parent: folder, serviceUrl, services, integrations: 100, profiles: 10_000 });
  const small = await openStore({ parent: folder, serviceUrl, services, integrations: 10, profiles: 10 });
  const compare = (load: typeof CALLS, method: string, params?: { readonly name: string }, rounds = ROUNDS) =>
    takeTurns(rounds, {
      large: () => drive(large.next(method, params), load),
      small: () => drive(small.next(method, params), load),
    });
  try {
    await compare(WARM_UP, "tools/call", CALL, 1);
    const calls = await compare(CALLS, "tools/call", CALL);
    const lists = await compare(LISTS, "tools/list");
    return { list: toP50(lists), call: toP50(calls) };
  } finally {
    await Promise.all([large.close(), small.close()]);
  }
}

/** A hub whose profiles make the next message in turn, so that in a large store nobody is remembered for long. */
export async function openStore(spec: Parameters<typeof makeHome>[0], fill?: (env: Env) => Promise<void>) {
  const home = await makeHome(spec);
  await fill?.(home.env);
  const hub = await startHub(home.env);
  let turn = 0;
  return {
    env: home.env,
    next(method: string, params?: { readonly name: string }): () => Message {
      return () => {
        const key = home.keys[turn++ % home.keys.length] ?? "";
        return modernMessage({ url: hub.url, key }, method, params);
      };
    },
    async close() {
      await hub.stop();
      home.remove();
    },
  };
}

function toP50({ large, small }: Readonly<Record<"large" | "small", readonly Round[]>>): Measured {
  return { value: bestP50Ms(large), floor: bestP50Ms(small) };
}
