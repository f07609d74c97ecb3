import type { Decidable } from "../../access/decision-links.ts";
import { type ActionContext, authorize } from "../../actions/action.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { approvalPage } from "./approval-page.ts";
import type { DecisionPage, RunAction } from "./decision-page.ts";
import { markup } from "./markup.ts";
import { showError, showPage } from "./page.ts";
import { readForm } from "./read-form.ts";
import { reconnectPage } from "./reconnect-page.ts";
import { requestPage } from "./request-page.ts";

/** Answers what a browser asks about something that an owner is to decide. */
export type ServeDecision = (request: Request, kind: Decidable, id: string) => Promise<Response>;

const PAGES: Readonly<Record<Decidable, DecisionPage>> = {
  approvals: approvalPage,
  requests: requestPage,
  integrations: reconnectPage,
};

/**
 * The pages on which owners decide what agents ask.
 *
 * Whoever has the signed link is an owner to them, for that one decision. A page that is only looked at, or fetched for a
 * preview, decides nothing: that takes the form which is on it.
 */
export function openDecisions(hub: Hub): ServeDecision {
  return async (request, kind, id) => {
    const page = PAGES[kind];
    try {
      const fields = request.method === "POST" ? await readForm(request) : undefined;
      const token = fields?.["token"] ?? new URL(request.url).searchParams.get("token");
      if (token === null) return showWay(page, id);
      const workspaceId = hub.links.verify(kind, id, token);
      if (workspaceId === undefined) throw badLink(page, id);
      const run = openRun(hub, page, workspaceId, request.signal);
      if (!fields) return await page.show(id, token, run);
      const outcome = await page.decide(id, fields, run);
      if (outcome instanceof Response) return outcome;
      return new Response(null, { status: 303, headers: { location: `?token=${token}` } });
    } catch (error) {
      return showError(hub.asHubError(error));
    }
  };
}

function openRun(hub: Hub, { scopes }: DecisionPage, workspaceId: string, signal: AbortSignal): RunAction {
  const context: ActionContext = hub.contextOf({ workspaceId, profileId: null, actor: "link", scopes }, signal);
  return async (action, input) => {
    authorize(action, context.principal);
    return action.output.parse(await action.run(action.input.parse(input), context));
  };
}

function showWay({ command }: DecisionPage, id: string): Response {
  return showPage({
    status: 401,
    title: "This waits for the hub's owner",
    body: markup`<p>The owner decides by the link in the notification, or with <code>${command} ${id}</code>.</p>`,
  });
}

function badLink({ command }: DecisionPage, id: string): HubError {
  return new HubError("unauthenticated", "This link is not good, or no longer.", {
    hint: `Use ${command} ${id} instead.`,
  });
}
