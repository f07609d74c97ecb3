import * as integrations from "../../actions/integrations.ts";
import * as oauth from "../../actions/oauth.ts";
import { HubError } from "../../errors.ts";
import type { DecisionPage } from "./decision-page.ts";
import { markup } from "./markup.ts";
import { showPage } from "./page.ts";
import { showWayToService } from "./way-to-service.ts";

/** The page on which an account that its service no longer takes is connected again. */
export const reconnectPage: DecisionPage = {
  command: "patchbay integrations inspect",
  scopes: ["integrations:read", "integrations:write"],

  async show(id, token, run) {
    const { service, label, status, status_reason } = await run(integrations.status, { integration: id });
    const form = markup`<form method="post">
      <input type="hidden" name="token" value="${token}">
      <div class="buttons"><button class="yes" name="decision" value="reconnect">Reconnect ${service}</button></div>
    </form>`;
    return showPage({
      title: `${service}:${label} must be reconnected`,
      body: status === "error" ? markup`<p>${status_reason ?? ""}</p>${form}` : markup`<p><b>It works.</b></p>`,
    });
  },

  async decide(id, { decision }, run) {
    if (decision !== "reconnect") throw new HubError("invalid_input", "Nothing was chosen.");
    const { service } = await run(integrations.status, { integration: id });
    const { url } = await run(oauth.start, { service, integration: id });
    return showWayToService(service, url);
  },
};
