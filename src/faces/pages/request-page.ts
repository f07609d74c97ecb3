import * as requests from "../../actions/requests.ts";
import { HubError } from "../../errors.ts";
import type { DecisionPage } from "./decisions.ts";
import { type Html, html } from "./html.ts";
import { showPage } from "./page.ts";

const OUTCOMES = { approved: "Granted.", denied: "Denied." };

/** The page on which what a profile asked for is granted or denied. */
export const requestPage: DecisionPage = {
  command: "patchbay requests approve",

  async show(id, token, run) {
    const request = await run(requests.inspect, { request: id });
    const { profile, service, status, wanted, accounts, operations } = request;
    const form = html`<form method="post">
      <input type="hidden" name="token" value="${token}" />
      ${accounts.length > 1 ? chooseAccount(accounts) : undefined}
      <label class="field">
        What the agent is told if you deny
        <input type="text" name="reason" maxlength="500" />
      </label>
      <div class="buttons">
        ${
          accounts.length > 0
            ? html`<button class="yes" name="decision" value="approve">
                ${operations ? "Grant these operations" : "Grant all of it"}
              </button>`
            : undefined
        }
        ${
          accounts.length > 0 && operations
            ? html`<button name="decision" value="all">Grant all of ${service}</button>`
            : undefined
        }
        <button class="no" name="decision" value="deny">Deny</button>
      </div>
    </form>`;
    return showPage({
      title: `${profile} asks for ${operations ? `operations of ${service}` : service}`,
      body: html`<dl>
          <dt>Agent</dt>
          <dd>${profile}</dd>
          <dt>It says</dt>
          <dd>${request.reason}</dd>
          <dt>Asked</dt>
          <dd>${request.created_at}</dd>
        </dl>
        <ul>
          ${wanted.map(
            ({ operation, summary, effect }) =>
              html`<li>
                <code>${operation}</code> ${summary}
                ${effect === "destructive" ? html`<span class="destructive">Asks for approval each time.</span>` : undefined}
              </li>`,
          )}
        </ul>
        ${
          accounts.length === 0 && status === "pending"
            ? html`<p>${service} is not connected. <code>patchbay connect ${service}</code> connects and grants it.</p>`
            : undefined
        }
        ${status === "pending" ? form : html`<p><strong>${OUTCOMES[status]}</strong> ${request.answer ?? undefined}</p>`}`,
    });
  },

  async decide(id, { decision, integration, reason }, run) {
    const account = integration === undefined ? {} : { integration };
    if (decision === "approve") return run(requests.approve, { request: id, ...account });
    if (decision === "all") return run(requests.approve, { request: id, ...account, all: true });
    if (decision === "deny") return run(requests.deny, { request: id, ...(reason ? { reason } : {}) });
    throw new HubError("invalid_input", "Nothing was chosen.", { hint: "Open the link again." });
  },
};

function chooseAccount(accounts: readonly { readonly integration: string; readonly label: string }[]): Html {
  return html`<label class="field">
    From which account
    <select name="integration" required>
      <option value="">Choose</option>
      ${accounts.map(({ integration, label }) => html`<option value="${integration}">${label}</option>`)}
    </select>
  </label>`;
}
