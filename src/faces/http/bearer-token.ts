import { HubError } from "../../errors.ts";

/** The key of a request, from its `Authorization` header. */
export function bearerToken(authorization: string | undefined): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  if (token !== undefined) return token;
  throw new HubError("unauthenticated", "The request has no key.", {
    hint: 'Send one as "Authorization: Bearer pb_live_…"; make it with "patchbay keys create --profile NAME".',
  });
}
