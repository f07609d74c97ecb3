const TIMEOUT_MS = 2_000;

/** Whether a hub answers at this address: its own, which no address rule is about. */
export async function answersAsHub(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
