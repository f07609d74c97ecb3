import type { WebClient } from "@slack/web-api";
import type { CallContext } from "#connector";

/**
 * Slack's own client on the hub's connection, which adds the credential and heeds the call's signal.
 *
 * Left to itself it would retry for half an hour, sleep through rate limits and log to stdout.
 */
export async function openSlack({ baseUrl, fetch }: CallContext): Promise<WebClient> {
  const { LogLevel, WebClient } = await import("@slack/web-api");
  return new WebClient(undefined, {
    slackApiUrl: `${baseUrl}/`,
    fetch,
    allowAbsoluteUrls: false,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    logger: { ...SILENT, getLevel: () => LogLevel.ERROR },
  });
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore, setLevel: ignore, setName: ignore };

function ignore(): void {}
