import type * as z from "zod";
import * as approvals from "../../actions/approvals.ts";
import { HubError } from "../../errors.ts";
import type { DecisionPage } from "./decision-page.ts";
import { type Markup, markup } from "./markup.ts";
import { showPage, showTime } from "./page.ts";

type Call = z.output<typeof approvals.inspect.output>;

const OUTCOMES = {
  approved: "Approved. The agent can make the call now, once.",
  used: "Approved, and the call was made.",
  denied: "Denied.",
  expired:
    "It is over: nobody decided in time, or the agent may not use the account any more. If it asks again, there is a new link.",
};

/** The page on which one call is approved or denied, with all that it would send. */
export const approvalPage: DecisionPage = {
  command: "patchbay approvals approve",
  scopes: ["approvals:write"],

  async show(id, token, run) {
    const call = await run(approvals.inspect, { approval: id });
    const answer = call.status === "pending" ? showForm(call, token) : markup`<p><b>${OUTCOMES[call.status]}</b></p>`;
    return showPage({
      title: `${call.profile} wants to run ${call.operation}`,
      body: markup`${showFacts(call)}${answer}`,
    });
  },

  async decide(id, { decision, always }, run) {
    if (decision === "approve") return run(approvals.approve, { approval: id, always: always === "yes" });
    if (decision === "deny") return run(approvals.deny, { approval: id });
    throw new HubError("invalid_input", "Nothing was chosen.", { hint: "Open the link again." });
  },
};

function showFacts(call: Call): Markup {
  const warning =
    call.effect === "destructive" ? markup`<b class="warning">It deletes or can't be undone.</b>` : undefined;
  const cut = markup`<p class="warning">This is not all: the arguments are too long to be shown.</p>`;
  return markup`<dl>
    <dt>What it does</dt><dd>${call.summary ?? "Patchbay does not know this operation."} ${warning}</dd>
    <dt>Agent</dt><dd>${call.profile}</dd>
    <dt>Account</dt><dd>${call.account} (${call.service})</dd>
    <dt>Asked</dt><dd>${showTime(call.created_at)}</dd>
    <dt>Good until</dt><dd>${showTime(call.expires_at)}</dd>
  </dl>
  <pre>${call.arguments}</pre>
  ${call.is_whole ? undefined : cut}`;
}

function showForm({ profile, operation, account, may_allow_always }: Call, token: string): Markup {
  const always = markup`<label>
    <input type="checkbox" name="always" value="yes">
    <span>Always allow ${operation} to ${profile} as ${account}: from now on it runs unasked, whatever its arguments</span>
  </label>`;
  return markup`<form method="post">
    <input type="hidden" name="token" value="${token}">
    ${may_allow_always ? always : undefined}
    <div class="buttons">
      <button class="yes" name="decision" value="approve">Approve</button>
      <button class="no" name="decision" value="deny">Deny</button>
    </div>
  </form>`;
}
