import { openTestHub, SLACK, startSlack } from "#testing";

/** A hub with an agent and an account of Slack, in which the making of a channel lasts until its caller has gone. */
export async function openSlackHub() {
  let abandoned = false;
  const slack = await startSlack({
    "POST /conversations.create": ({ abandoned: gone }) => gone.then(() => (abandoned = true)),
  });
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  const integration = await hub.connect("slack", slack.url, SLACK);
  return { hub, caller, integration, slack, wasAbandoned: () => abandoned };
}
