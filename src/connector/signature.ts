/** How a service proves that a webhook is its own. Data only: `src/inbound/check-signature.ts` does the work. */
export type Signature = HmacSignature | Ed25519Signature | SharedToken;

/** When a webhook was sent, by which one that is sent again much later is refused. */
export type SentAt = { readonly windowSeconds: number } & (
  | { readonly header: string }
  /** One of the parts of the signature's header, as `t` in `t=1,v1=…`. */
  | { readonly part: string }
  /** A field of the JSON body, in milliseconds since 1970. */
  | { readonly field: string }
);

/** A code over the request that only whoever has the secret can make. */
export interface HmacSignature {
  readonly kind: "hmac";
  /** The credential field of the secret. */
  readonly secret: string;
  readonly algorithm?: "sha256" | "sha1";
  /** A secret that starts with `whsec_` is base64 after it where it is that of https://www.standardwebhooks.com. */
  readonly key?: "text" | "whsec";
  /**
   * What is signed. `{body}` is the exact bytes, `{time}` and `{id}` what `sentAt` and `id` say, `{url}` the address that was
   * called and `{form}` the sorted fields of a form, each with its value: nothing for another body, of which the address then
   * has the digest as `bodySHA256`.
   */
  readonly signs: string;
  readonly header: string;
  /** How the header is made: one signature after `prefix`, or several things with `separator` between. */
  readonly prefix?: string;
  readonly separator?: string;
  readonly encoding: "hex" | "base64";
  readonly sentAt?: SentAt;
  /** The header with the event's id. */
  readonly id?: string;
}

/** A signature by the service's own key, of which the owner has the public half. */
export interface Ed25519Signature {
  readonly kind: "ed25519";
  /** The credential field of the public key, in hex. */
  readonly secret: string;
  readonly signs: string;
  readonly header: string;
  readonly sentAt: SentAt;
  readonly id?: string;
}

/** A word that only the service and the hub know. */
export interface SharedToken {
  readonly kind: "token";
  readonly secret: string;
  readonly header: string;
  readonly id?: string;
}

const FIVE_MINUTES = 300;

/** The signature of https://www.standardwebhooks.com, which many services share. `brand` stands before its headers. */
export function standardWebhooks(secret: string, brand = "webhook"): HmacSignature {
  return {
    kind: "hmac",
    secret,
    key: "whsec",
    signs: "{id}.{time}.{body}",
    header: `${brand}-signature`,
    prefix: "v1,",
    separator: " ",
    encoding: "base64",
    sentAt: { header: `${brand}-timestamp`, windowSeconds: FIVE_MINUTES },
    id: `${brand}-id`,
  };
}

/** A signature over the time and the body in one header, as `t=…,v1=…`, which Stripe began and others follow. */
export function timedSignature(
  secret: string,
  spec: { readonly header: string; readonly version?: string; readonly windowSeconds?: number },
): HmacSignature {
  const { header, version = "v1", windowSeconds = FIVE_MINUTES } = spec;
  return {
    kind: "hmac",
    secret,
    signs: "{time}.{body}",
    header,
    prefix: `${version}=`,
    separator: ",",
    encoding: "hex",
    sentAt: { part: "t", windowSeconds },
  };
}

/** A signature over the body alone, which says nothing of when it was sent. */
export function bodySignature(
  secret: string,
  spec: Pick<HmacSignature, "header" | "encoding" | "id" | "prefix">,
): HmacSignature {
  return { kind: "hmac", secret, signs: "{body}", ...spec };
}
