import { type Answer, type Service, startService } from "./loopback-server.ts";

export const SLACK = { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789" };

/** A Slack that knows one bot and takes its messages, and answers whatever else a test says. */
export function startSlack(more: Readonly<Record<string, Answer>> = {}): Promise<Service> {
  return startService({
    "POST /auth.test": {
      ok: true,
      team_id: "T1",
      user_id: "U1",
      team: "Acme",
      user: "bot",
      url: "https://acme.slack.com/",
    },
    "POST /chat.postMessage": { ok: true, channel: "C1", ts: "1.2", message: { text: "hi" } },
    ...more,
  });
}
