import type * as z from "zod";
import { showText } from "../../access/show-arguments.ts";
import * as oauthApps from "../../actions/oauth-apps.ts";
import * as oauth from "../../actions/oauth.ts";
import * as requests from "../../actions/requests.ts";
import { HubError } from "../../errors.ts";
import type { DecisionPage } from "./decision-page.ts";
import { type Markup, markup } from "./markup.ts";
import { showPage, showTime } from "./page.ts";
import { showWayToService } from "./way-to-service.ts";

type Asked = z.output<typeof requests.inspect.output>;

const OUTCOMES = { approved: "Granted.", denied: "Denied." };

/** The page on which what a profile asked for is granted or denied. */
export const requestPage: DecisionPage = {
  command: "patchbay requests approve",
  scopes: ["approvals:write", "integrations:read", "integrations:write"],

  async show(id, token, run) {
    const asked = await run(requests.inspect, { request: id });
    const { profile, service, operations, status, answer } = asked;
    const { data: apps } = await run(oauthApps.list, {});
    const hasApp = apps.some((app) => app.service === service);
    const outcome =
      status === "pending"
        ? showForms(asked, token, hasApp)
        : markup`<p><b>${OUTCOMES[status]}</b> ${answer ?? ""}</p>`;
    return showPage({
      title: `${profile} asks for ${operations ? `operations of ${service}` : service}`,
      body: markup`${showFacts(asked)}${outcome}`,
    });
  },

  async decide(id, { decision, integration, reason }, run) {
    const account = integration === undefined ? {} : { integration };
    if (decision === "approve") return run(requests.approve, { request: id, ...account });
    if (decision === "all") return run(requests.approve, { request: id, ...account, all: true });
    if (decision === "connect") {
      const { service, status } = await run(requests.inspect, { request: id });
      // Its profile is granted what it asks for because it asks, and only as long as it does.
      if (status === "pending") return showWayToService(service, (await run(oauth.start, { service })).url);
      throw new HubError("conflict", `The request was already ${status}.`);
    }
    if (decision === "deny") return run(requests.deny, { request: id, ...(reason ? { reason } : {}) });
    throw new HubError("invalid_input", "Nothing was chosen.", { hint: "Open the link again." });
  },
};

function showFacts({ profile, reason, created_at, wanted, accounts }: Asked): Markup {
  const [only, ...others] = accounts;
  const account = only && others.length === 0 ? markup`<dt>Account</dt><dd>${only.label}</dd>` : undefined;
  return markup`<dl>
    <dt>Agent</dt><dd>${profile}</dd>
    <dt>It says</dt><dd>${showText(reason)}</dd>
    ${account}
    <dt>Asked</dt><dd>${showTime(created_at)}</dd>
  </dl>
  <ul>${wanted.map(showOperation)}</ul>`;
}

function showOperation({ operation, summary, effect }: Asked["wanted"][number]): Markup {
  const note = effect === "destructive" ? markup`<b class="warning">Asks for approval each time.</b>` : undefined;
  return markup`<li><code>${operation}</code> ${summary} ${note}</li>`;
}

/** Two forms, so that the key Enter in the field for a reason does not press a button that grants. */
function showForms(asked: Asked, token: string, hasApp: boolean): Markup {
  const hidden = markup`<input type="hidden" name="token" value="${token}">`;
  return markup`
  ${asked.accounts.length > 0 ? showGrant(asked, hidden) : showConnect(asked, hidden, hasApp)}
  <form method="post">
    ${hidden}
    <label class="field">
      What the agent is told if you deny
      <input type="text" name="reason" maxlength="500">
    </label>
    <div class="buttons"><button class="no" name="decision" value="deny">Deny</button></div>
  </form>`;
}

function showGrant({ service, accounts, operations }: Asked, hidden: Markup): Markup {
  const all = markup`<button name="decision" value="all">Grant all of ${service}</button>`;
  return markup`<form method="post">
    ${hidden}
    ${accounts.length > 1 ? chooseAccount(accounts) : undefined}
    <div class="buttons">
      <button class="yes" name="decision" value="approve">
        ${operations ? "Grant these operations" : `Grant all of ${service}`}
      </button>
      ${operations ? all : undefined}
    </div>
  </form>`;
}

function showConnect({ service, connect }: Asked, hidden: Markup, hasApp: boolean): Markup {
  const form = markup`<form method="post">
    ${hidden}
    <div class="buttons"><button class="yes" name="decision" value="connect">Connect ${service}</button></div>
  </form>`;
  return markup`<p>${service} is not connected. <code>${connect}</code> connects it and grants what was asked for.</p>
  ${hasApp ? form : undefined}`;
}

function chooseAccount(accounts: Asked["accounts"]): Markup {
  return markup`<label class="field">
    From which account
    <select name="integration" required>
      <option value="">Choose one</option>
      ${accounts.map(({ integration, label }) => markup`<option value="${integration}">${label}</option>`)}
    </select>
  </label>`;
}
