import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";

type Decode = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Buffer<ArrayBuffer>>;

/** What undoes each encoding of a body. */
export const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate),
};
