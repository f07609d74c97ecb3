import type { Connector } from "../connector/connector.ts";
import type { Auth, CredentialField } from "../connector/auth.ts";
import { type Destination, serviceIn } from "../egress/sandbox.ts";
import { HubError } from "../errors.ts";
import type { IntegrationRow } from "../store/tables.ts";

export type Credentials = Readonly<Record<string, string>>;

export type CredentialsOf = (integration: IntegrationRow) => Promise<Credentials>;

/** An account that is to be connected, or that is connected, as it would be used. */
export interface Candidate extends Destination {
  readonly connector: Connector;
  readonly credentials: Credentials;
  readonly config: Readonly<Record<string, unknown>>;
}

/** The fields that a connector declares for credentials an owner pastes. */
export function credentialFields(connector: Connector): readonly CredentialField[] {
  return connector.auth.flatMap((auth: Auth) => (auth.kind === "oauth2" ? [] : auth.fields));
}

/**
 * Refuses credentials that are missing, unknown or of the wrong shape, before anything is stored or sent. Where calls are
 * simulated none is needed.
 */
export function checkCredentials({ connector, credentials: given, ...destination }: Candidate): void {
  const service = serviceIn(destination, connector);
  const fields = credentialFields(service ?? connector);
  if (service && fields.length === 0 && isByOauth(service)) {
    throw new HubError("invalid_input", `${connector.name} takes no credentials: it is connected by OAuth.`, {
      hint: `Use "${connectCommand(connector)}".`,
    });
  }
  for (const name of Object.keys(given)) {
    if (fields.some(({ env }) => env === name)) continue;
    throw new HubError("invalid_input", `${connector.name} has no credential named ${name}.`, {
      hint: `It takes ${fields.map(({ env }) => env).join(", ") || "none"}.`,
    });
  }
  for (const field of fields) {
    const value = given[field.env] ?? "";
    if (value !== "") checkShape(connector.name, field, value);
    else if (service && !isDispensable(field, destination.baseUrl)) throw missingField(connector, field);
  }
}

/** By which command an owner connects a service. */
export function connectCommand(connector: Connector): string {
  const isOnlyByOauth = isByOauth(connector) && credentialFields(connector).length === 0;
  return `patchbay connect ${connector.id}${isOnlyByOauth ? " --oauth" : ""}`;
}

/** Refuses what is not as its field says; what is not given is not looked at. */
export function checkShape(service: string, field: CredentialField, value: string | undefined): void {
  if (value !== undefined && field.pattern?.test(value) === false) {
    throw new HubError("invalid_input", `${field.env} does not look like a ${service} ${field.label.toLowerCase()}.`, {
      hint: `It ${field.patternHint ?? `matches ${field.pattern.source}`}.`,
    });
  }
}

/** A credential that is the integration's address is not needed beside a base URL. */
function isDispensable({ optional = false, placement }: CredentialField, baseUrl: string | undefined): boolean {
  return optional || (baseUrl !== undefined && placement !== undefined && "baseUrl" in placement);
}

function missingField(connector: Connector, { env, label, createAt }: CredentialField): HubError {
  const ways = [
    `Give it with --credential ${env}=….`,
    ...(createAt === undefined ? [] : [`Make one at ${createAt}.`]),
    ...(isByOauth(connector) ? [`Or allow access in the browser: "patchbay connect ${connector.id} --oauth".`] : []),
  ];
  return new HubError("invalid_input", `${connector.name} needs ${env} (${label}).`, { hint: ways.join(" ") });
}

function isByOauth({ auth }: Pick<Connector, "auth">): boolean {
  return auth.some(({ kind }) => kind === "oauth2");
}
