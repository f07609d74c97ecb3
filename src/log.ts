import { createRequire } from "node:module";
import { isatty } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import type { Logger as Pino } from "pino";
import { HubError } from "./errors.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Flat on purpose, so that no request, row or configuration can be logged whole. */
type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

type Write = (message: string, facts?: Facts, error?: unknown) => void;

export interface Logger {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

interface LogOptions {
  readonly level: LogLevel;
  /** Takes secrets out of every line. */
  readonly redact?: (text: string) => string;
  /** Lines for a person rather than JSON; unless said, where stderr is a terminal. */
  readonly readable?: boolean;
  /** Takes the lines instead of stderr. */
  readonly write?: (line: string) => void;
}

/** What happens again sooner is counted and not written: an outage may last for days. */
const REPEAT_MS = 60_000;
const REMEMBERED = 100;

/**
 * A log on stderr, one line an entry; stdout belongs to JSON-RPC and to what a command prints. The same error is written
 * once a minute, with how often it was `repeated` since.
 *
 * pino is loaded with the first line that is written: a stdio process that has nothing to say starts 18 ms sooner.
 */
export function openLog(options: LogOptions): Logger {
  const least = LOG_LEVELS.indexOf(options.level);
  const errors = new Map<string, { readonly at: number; repeated: number }>();
  let pino: Pino | undefined;

  /** What is to be said of an error; nothing where the same was written a short time ago. */
  function describeNew(message: string, error: unknown): object | undefined {
    const described = describeError(error);
    const name = `${message} ${described.message}`;
    const last = errors.get(name);
    if (last && performance.now() - last.at < REPEAT_MS) {
      last.repeated += 1;
      return undefined;
    }
    if (errors.size >= REMEMBERED) errors.clear();
    errors.set(name, { at: performance.now(), repeated: 0 });
    return { ...(last && last.repeated > 0 && { repeated: last.repeated }), error: described };
  }

  function at(level: keyof Logger): Write {
    if (LOG_LEVELS.indexOf(level) < least) return () => {};
    return (message, facts, error) => {
      const about = error === undefined ? {} : describeNew(message, error);
      if (!about) return;
      pino ??= openPino(options);
      pino[level]({ ...facts, ...about }, message);
    };
  }
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function openPino({ level, redact = (text) => text, readable = isatty(2), write }: LogOptions): Pino {
  const { pino }: typeof import("pino") = createRequire(import.meta.url)("pino");
  const stderr = write === undefined ? pino.destination({ fd: 2, sync: true }) : { write };
  const format = readable ? toReadable : (line: string): string => line;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => stderr.write(format(redact(line))) },
  );
}

interface ErrorFacts {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
  readonly stack?: string;
}

/** Never the cause, the details or the service's words: whoever attached those wrote them for someone else. */
function describeError(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { message: `Something was thrown that is not an error: a ${typeof error}.` };
  const { message, stack } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const hint = error instanceof HubError ? error.hint : undefined;
  return {
    ...(code !== undefined && { code }),
    message,
    ...(hint !== undefined && { hint }),
    ...(stack !== undefined && { stack }),
  };
}

interface Entry {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly error?: ErrorFacts;
}

function toReadable(line: string): string {
  const { level, time, msg, error, ...facts }: Entry = JSON.parse(line);
  const pairs = Object.entries(facts).map(([name, fact]) => ` ${name}=${JSON.stringify(fact)}`);
  const head = `${time.slice(11, 19)} ${level.padEnd(5)} ${msg}${pairs.join("")}`;
  const body = [error?.stack ?? error?.message, error?.hint].filter((part) => part !== undefined);
  return `${stripVTControlCharacters([head, ...body].join("\n"))}\n`;
}
