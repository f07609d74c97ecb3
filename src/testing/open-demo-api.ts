import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { Browser, type Page } from "./open-browser.ts";
import { openTestApi, type TestApi } from "./open-test-api.ts";
import { type AuthorizationServer, CLIENT, startAuthorizationServer } from "./start-authorization-server.ts";

/** A file that a hub in any process can load. */
export const DEMO_CONNECTOR = fileURLToPath(new URL("../../test/fixtures/demo-service/connector.ts", import.meta.url));

/** A hub that listens, beside a real service whose accounts it connects by OAuth. */
export interface DemoApi extends TestApi {
  readonly demo: AuthorizationServer;
  readonly browser: Browser;
  /** Sets the owner's OAuth app. */
  setApp(): Promise<unknown>;
  /** Connects an account as an owner does. */
  connectDemo(): Promise<void>;
}

export async function openDemoApi(env: Readonly<Record<string, string>> = {}): Promise<DemoApi> {
  const api = await openTestApi({ env, file: { connectors: [DEMO_CONNECTOR] } });
  const demo = await startAuthorizationServer({ hubUrl: api.hub.hub.publicUrl() });
  onTestFinished(() => demo[Symbol.asyncDispose]());
  // The hub had to be there before the service that sends browsers back to it.
  Object.assign(await api.hub.hub.catalog.connector("demo"), { baseUrl: demo.url });
  const browser = new Browser();
  const setApp = () =>
    api.send("PUT /oauth-apps/demo", {
      body: {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        authorize_url: `${demo.url}/auth`,
        token_url: `${demo.url}/token`,
        revoke_url: `${demo.url}/token/revocation`,
      },
    });
  return {
    ...api,
    demo,
    browser,
    setApp,
    async connectDemo() {
      await setApp();
      const { url } = await api.data<{ url: string }>("POST /integrations/demo/connect", { body: {} });
      // The service allows everything, and sends the browser back at once.
      await browser.submit(await browser.open(url), { decision: "connect" });
    },
  };
}

/** A page as a reader sees it. */
export function textOf({ html }: Page): string {
  return html
    .replace(/<style>.*<\/style>/s, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&#34;", '"');
}
