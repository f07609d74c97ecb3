import * as approvals from "../../actions/approvals.ts";
import { HubError } from "../../errors.ts";
import type { DecisionPage } from "./decisions.ts";
import { html } from "./html.ts";
import { showPage } from "./page.ts";

const OUTCOMES = {
  approved: "Approved. The agent can make the call now, once.",
  used: "Approved, and the call was made.",
  denied: "Denied.",
  expired: "Nobody decided in time. If the agent asks again, there is a new link.",
};

/** The page on which one call is approved or denied, with all that it would send. */
export const approvalPage: DecisionPage = {
  command: "patchbay approvals approve",

  async show(id, token, run) {
    const call = await run(approvals.inspect, { approval: id });
    const { profile, operation, service, account, status } = call;
    const form = html`<form method="post">
      <input type="hidden" name="token" value="${token}" />
      ${
        call.may_allow_always
          ? html`<label>
              <input type="checkbox" name="always" value="yes" />
              <span>
                Always allow ${operation} for ${profile} as ${account}: from now on it runs unasked, whatever its
                arguments
              </span>
            </label>`
          : undefined
      }
      <div class="buttons">
        <button class="yes" name="decision" value="approve">Approve</button>
        <button class="no" name="decision" value="deny">Deny</button>
      </div>
    </form>`;
    return showPage({
      title: `${profile} wants to run ${operation}`,
      body: html`<dl>
          <dt>What it does</dt>
          <dd>
            ${call.summary ?? "Patchbay no longer knows this operation."}
            ${call.effect === "destructive" ? html`<span class="destructive">It can't be undone.</span>` : undefined}
          </dd>
          <dt>Agent</dt>
          <dd>${profile}</dd>
          <dt>Account</dt>
          <dd>${account} (${service})</dd>
          <dt>Asked</dt>
          <dd>${call.created_at}, until ${call.expires_at}</dd>
        </dl>
        <pre>${call.arguments}</pre>
        ${call.is_whole ? undefined : html`<p class="destructive">The arguments go on: they are too long to be shown.</p>`}
        ${status === "pending" ? form : html`<p><strong>${OUTCOMES[status]}</strong></p>`}`,
    });
  },

  async decide(id, { decision, always }, run) {
    if (decision === "approve") return run(approvals.approve, { approval: id, always: always === "yes" });
    if (decision === "deny") return run(approvals.deny, { approval: id });
    throw new HubError("invalid_input", "Nothing was chosen.", { hint: "Open the link again." });
  },
};
