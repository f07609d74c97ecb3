import { HubError } from "../errors.ts";

interface ReadBody {
  readonly limitBytes: number;
  /** Says what is too large. */
  readonly tooLarge: () => HubError;
  /** Makes the error that readers see out of the one that broke the stream. */
  readonly translate: (error: unknown) => unknown;
  readonly onRead?: () => void;
}

/** Passes a body on until it ends, breaks or grows over its limit; counts what arrives rather than trusting a header. */
export function limitBody(
  body: ReadableStream<Uint8Array>,
  { limitBytes, tooLarge, translate, onRead }: ReadBody,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let seenBytes = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          return controller.close();
        }
        seenBytes += value.byteLength;
        if (seenBytes > limitBytes) {
          throw tooLarge();
        }
        onRead?.();
        controller.enqueue(value);
      } catch (error) {
        controller.error(translate(error));
        await reader.cancel().catch(() => undefined);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** All of a body. */
export async function readWhole(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(body).arrayBuffer());
}

/** Passes a body on, and tells how many bytes it had when it has ended, broken or been given up, whichever is first. */
export function countBody(
  body: ReadableStream<Uint8Array>,
  onEnd: (bytes: number, error?: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  let isOver = false;
  const end = (error?: unknown): void => {
    if (!isOver) onEnd(bytes, error);
    isOver = true;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (isOver) return;
        if (done) {
          end();
          return controller.close();
        }
        bytes += value.byteLength;
        controller.enqueue(value);
      } catch (error) {
        end(error);
        controller.error(error);
      }
    },
    cancel(reason) {
      end(new HubError("cancelled", "The caller went away."));
      return reader.cancel(reason);
    },
  });
}
