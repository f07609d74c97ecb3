import type { Changes } from "./changes.ts";

interface Recall<Value> {
  (id: string): Promise<Value>;
  /** For what changes too often to be told to everybody. */
  forget(id: string): void;
}

/**
 * Remembers what `load` answers for an id until a change makes it doubtful: a profile's change forgets that profile's
 * answer, a workspace's change forgets everything. Failures are not remembered.
 *
 * The promise is kept before it is awaited, so a change that arrives while it loads forgets it too.
 */
export function remember<Value>(changes: Changes, load: (id: string) => Promise<Value>, limit = 10_000): Recall<Value> {
  const remembered = new Map<string, Promise<Value>>();
  changes.subscribe(({ profile_id }) => {
    if (profile_id === null) remembered.clear();
    else remembered.delete(profile_id);
  });

  async function recall(id: string): Promise<Value> {
    if (changes.mayBeBehind()) await changes.catchUp();
    const known = remembered.get(id);
    if (known) return known;

    if (remembered.size >= limit) remembered.clear();
    const loading = load(id);
    remembered.set(id, loading);
    loading.catch(() => {
      if (remembered.get(id) === loading) remembered.delete(id);
    });
    return loading;
  }
  return Object.assign(recall, { forget: (id: string) => void remembered.delete(id) });
}
