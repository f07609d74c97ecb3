import type { Connector, CredentialField, Placement } from "#connector";
import { HubError } from "../errors.ts";

/** A request on its way out, body in memory so that it can be signed and sent again. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

interface PlacementTarget {
  readonly connector: Connector;
  readonly baseUrl?: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly credential?: string;
  readonly idempotencyKey: string;
}

interface PlacedCredential {
  /** The integration's address as connectors see it: without what is secret in it. */
  readonly base: URL;
  /** Adds the credential to a request for `base` or an allowed host. */
  place(request: Outgoing): Promise<Outgoing>;
}

/** An OAuth access token is a credential like any other, under this name. */
const ACCESS_TOKEN: CredentialField = {
  env: "access_token",
  label: "Access token",
  placement: { header: "authorization", prefix: "Bearer " },
};

/** Finds the credential an operation is sent with and puts it where its field says. */
export function placeCredential(target: PlacementTarget): PlacedCredential {
  const sent = findSent(target);
  const signing = findSigning(target);
  const secretBase = sent && "baseUrl" in sent.placement ? secretAddress(sent, target.baseUrl) : undefined;
  const base = visibleBase(secretBase, target);

  return {
    base,
    async place(request) {
      const url = secretBase ? insertAddress(request.url, secretBase) : new URL(request.url);
      const headers = new Headers(request.headers);
      if (sent) {
        headers.delete("authorization");
        put(sent, { url, headers, base });
      }
      if (signing.length > 0) {
        await sign(signing, headers, request.body, target.idempotencyKey);
      }
      return { ...request, url, headers };
    },
  };
}

interface Sent {
  readonly env: string;
  readonly placement: Placement;
  readonly value: string;
}

function placedFields({ connector, credentials }: PlacementTarget): readonly Sent[] {
  const pasted = connector.auth.flatMap((auth) => (auth.kind === "oauth2" ? [] : auth.fields));
  return [ACCESS_TOKEN, ...pasted].flatMap(({ env, placement }) => {
    const value = credentials[env]?.trim();
    return placement && value ? [{ env, placement, value }] : [];
  });
}

function findSent(target: PlacementTarget): Sent | undefined {
  const sendable = placedFields(target).filter(({ placement }) => !("sign" in placement));
  if (target.credential === undefined) {
    return sendable[0];
  }
  const named = sendable.find(({ env }) => env === target.credential);
  if (!named) {
    throw new HubError(
      "reconnect_required",
      `${target.connector.name} has no ${target.credential}, which this needs.`,
      {
        hint: `Ask the owner to add ${target.credential} to the integration.`,
      },
    );
  }
  return named;
}

/** Whether a connector's credential is made from the body, so that all of it is needed first. */
export function signsBody({ auth }: Connector): boolean {
  return auth.some((way) => "fields" in way && way.fields.some(({ placement }) => placement && "sign" in placement));
}

/** More than one while a secret is being replaced. */
function findSigning(target: PlacementTarget): readonly string[] {
  return placedFields(target).flatMap(({ placement, value }) => ("sign" in placement ? [value] : []));
}

/** An integration with an address of its own elsewhere, such as a test server, is reached there instead. */
function secretAddress({ env, value }: Sent, baseUrl: string | undefined): URL | undefined {
  const address = parseAddress(value, env);
  return baseUrl === undefined || parseAddress(baseUrl, "The base URL").origin === address.origin ? address : undefined;
}

/** Without trailing slash, query and fragment; of an address that is itself the credential only the origin. */
function visibleBase(secretBase: URL | undefined, { connector, baseUrl = connector.baseUrl }: PlacementTarget): URL {
  if (secretBase) {
    return new URL(secretBase.origin);
  }
  if (baseUrl === undefined) {
    throw new HubError("invalid_input", `${connector.name} needs a base URL.`, {
      hint: `Connect ${connector.id} with the address of your own installation.`,
    });
  }
  const base = parseAddress(baseUrl, "The base URL");
  base.search = "";
  base.hash = "";
  base.pathname = base.pathname.replace(/\/+$/, "");
  return base;
}

function parseAddress(text: string, name: string): URL {
  const url = URL.parse(text);
  if (!url || url.host === "") {
    throw new HubError("invalid_input", `${name} is not a URL.`, { hint: "Give it as https://host/path." });
  }
  if (url.username !== "" || url.password !== "") {
    throw new HubError("address_refused", `${name} carries a user name or password.`, {
      hint: "Give the credential in its own field.",
    });
  }
  return url;
}

/** Puts the secret path before a request's own; a request for `/` is for the address as it was given. */
function insertAddress(url: URL, address: URL): URL {
  const placed = new URL(url);
  if (url.origin !== address.origin) {
    return placed;
  }
  placed.pathname = url.pathname === "/" ? address.pathname : address.pathname.replace(/\/$/, "") + url.pathname;
  placed.search = new URLSearchParams([...address.searchParams, ...url.searchParams]).toString();
  return placed;
}

interface Place {
  readonly url: URL;
  readonly headers: Headers;
  readonly base: URL;
}

function put({ env, placement, value }: Sent, { url, headers, base }: Place): void {
  if ("header" in placement) {
    headers.set(placement.header, checkHeaderValue((placement.prefix ?? "") + value, env));
  }
  if ("query" in placement) {
    url.searchParams.set(placement.query, value);
  }
  if ("pathPrefix" in placement && url.origin === base.origin) {
    const path = base.pathname.replace(/\/$/, "");
    const prefix = placement.pathPrefix.replace("{credential}", encodeSegment(value));
    url.pathname = path + prefix + url.pathname.slice(path.length);
  }
}

function checkHeaderValue(value: string, env: string): string {
  if (/[^\x20-\x7e]/.test(value)) {
    throw new HubError("reconnect_required", `${env} holds characters that can't be sent in a header.`, {
      hint: `Ask the owner to paste ${env} again.`,
    });
  }
  return value;
}

/** Encodes a path segment; a colon needs no encoding there, and Telegram's tokens hold one. */
function encodeSegment(value: string): string {
  return encodeURIComponent(value).replaceAll("%3A", ":");
}

/** Signs the body's exact bytes with each secret, of which a receiver needs one: https://www.standardwebhooks.com. */
async function sign(
  secrets: readonly string[],
  headers: Headers,
  body: Uint8Array | undefined,
  id: string,
): Promise<void> {
  const { Webhook } = await import("standardwebhooks");
  const now = new Date();
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, now, Buffer.from(body ?? [])));
  headers.set("webhook-id", id);
  headers.set("webhook-timestamp", String(Math.floor(now.getTime() / 1000)));
  headers.set("webhook-signature", signatures.join(" "));
}
