import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { streamSSE } from "hono/streaming";
import type { z } from "zod";
import type { Emission } from "../cascade/generate.ts";
import { serverMetrics } from "./metrics.ts";
import { chatBody, completionBody, promptOf, type TextSource, type Wanted } from "./request.ts";
import { stopped } from "./stopped.ts";

export type CascadeServerOptions = {
  /** The name under which the cascade is asked for. */
  readonly model: string;
  /** This machine alone can reach the server unless told. */
  readonly host?: string;
  /** Any free one unless told. */
  readonly port?: number;
  /** What a request must carry as `Authorization: Bearer …`; /healthz asks for none. */
  readonly token?: string;
  /** Requests that are written at a time, and those that may wait: one more is refused with 429. */
  readonly concurrency?: number;
  readonly waiting?: number;
  /** Bytes of a request. */
  readonly maxBytes?: number;
  /** Tokens of an answer, at most. */
  readonly maxTokens?: number;
  /** How many tokens a prompt has. Without it an answer has no `usage`. */
  readonly promptTokens?: (prompt: string) => number;
  /** Milliseconds for answers under way when the server is closed. */
  readonly grace?: number;
};

/** A server that listens. */
export interface Listening extends AsyncDisposable {
  readonly url: string;
  /** Takes no more requests, lets those under way end, and cuts off what is left after the grace. */
  close(): Promise<void>;
}

const refusal = (message: string, type = "invalid_request_error"): { readonly error: object } => ({ error: { message, type, param: null, code: null } });

/**
 * Serves a cascade as OpenAI's API does: /v1/completions and /v1/chat/completions, streamed or not, /v1/models, /healthz, and /metrics for Prometheus. Each choice also holds `lacy`: its pieces, who
 * wrote each, by which score, and why. A request that is given up stops the writing.
 *
 * @throws RangeError for limits that are none; Error where the port is taken
 * @example
 * ```ts
 * import { cascadeServer } from "@lab/lacy/serve";
 * const source = async function* () { yield { text: " Oslo", tokens: [7], by: "large" as const, reason: "called" as const, logProb: NaN, score: 2, threshold: 0 }; };
 * await using server = await cascadeServer(source, { model: "small" });
 * const answer = await fetch(`${server.url}/v1/completions`, { method: "POST", body: JSON.stringify({ prompt: "born in" }) });
 * ((await answer.json()) as { choices: { text: string }[] }).choices[0]?.text; // => ' Oslo'
 * ```
 */
export async function cascadeServer(
  source: TextSource,
  {
    model,
    host = "127.0.0.1",
    port = 0,
    token,
    concurrency = 8,
    waiting = 512,
    maxBytes = 2 ** 20,
    maxTokens = 2048,
    promptTokens,
    grace = 10_000,
  }: CascadeServerOptions,
): Promise<Listening> {
  for (const [name, value] of Object.entries({ concurrency, maxBytes, maxTokens }))
    if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`Cannot serve: ${name} must be a whole number of at least 1, got ${value}`);
  const metrics = serverMetrics();
  const over = new AbortController();
  const line: (() => void)[] = [];
  let [free, inLine, closing] = [concurrency, 0, false];
  const app = new Hono();

  async function place(signal: AbortSignal): Promise<Disposable> {
    if (free > 0) free--;
    else {
      inLine++;
      try {
        await new Promise<void>((resolve, reject) => {
          const left = (): void => {
            line.splice(line.indexOf(next), 1);
            reject(signal.reason as Error);
          };
          const next = (): void => {
            signal.removeEventListener("abort", left);
            resolve();
          };
          line.push(next);
          signal.addEventListener("abort", left, { once: true });
        });
      } finally {
        inLine--;
      }
    }
    return {
      [Symbol.dispose]() {
        const next = line.shift();
        if (next === undefined) free++;
        else next();
      },
    };
  }

  async function* pieces(prompt: string, limit: number, wanted: Wanted, signal: AbortSignal): AsyncGenerator<Emission, string> {
    using _ = await place(signal);
    signal.throwIfAborted();
    let tokens = 0;
    const how = {
      maxTokens: limit,
      seed: wanted.seed ?? 0,
      signal,
      ...given({ temperature: wanted.temperature ?? 1, topP: wanted.top_p, topK: wanted.top_k }),
    };
    const words = typeof wanted.stop === "string" ? [wanted.stop] : (wanted.stop ?? []);
    const all = stopped(source(prompt, how), words);
    try {
      for (;;) {
        const { value, done } = await all.next();
        if (done === true) return value || tokens < limit ? "stop" : "length";
        tokens += value.tokens.length;
        metrics.piece(value);
        yield value;
      }
    } finally {
      await all.return(false);
    }
  }

  async function answered<B extends Wanted & { readonly stream?: boolean | null | undefined; readonly model?: string | undefined }>(
    c: Context,
    body: z.ZodType<B>,
    {
      kind,
      limit,
      prompt,
      echo = () => "",
    }: { readonly kind: "completion" | "chat"; limit(body: B): number | null | undefined; prompt(body: B): string; echo?(body: B): string },
  ): Promise<Response> {
    const given: unknown = await c.req.json().catch(() => undefined);
    if (given === undefined) return c.json(refusal("Cannot read the request: expected the body to be JSON"), 400);
    const read = body.safeParse(given);
    if (!read.success) {
      const [issue] = read.error.issues;
      return c.json(refusal(`Cannot read the request: ${issue!.path.join(".") || "the body"}: ${issue!.message}`), 400);
    }
    const wanted = read.data;
    if (wanted.model !== undefined && wanted.model !== model) return c.json(refusal(`Cannot find the model "${wanted.model}": expected "${model}"`), 404);
    if (closing) return c.json(refusal("The server is closing", "server_error"), 503);
    if (free === 0 && inLine >= waiting)
      return c.json(refusal(`Too many requests: ${concurrency} are written and ${waiting} wait`, "rate_limit_error"), 429, { "retry-after": "1" });
    const asked = Math.min(limit(wanted) ?? 256, maxTokens);
    const stop = new AbortController();
    const signal = AbortSignal.any([c.req.raw.signal, over.signal, stop.signal]);
    const asking = prompt(wanted);
    const written = pieces(asking, asked, wanted, signal);
    const usage = (completion: number): { readonly usage?: object } => {
      if (promptTokens === undefined) return {};
      const given = promptTokens(asking);
      return { usage: { prompt_tokens: given, completion_tokens: completion, total_tokens: given + completion } };
    };
    const head = { id: `${kind === "chat" ? "chatcmpl" : "cmpl"}-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
    const object = kind === "chat" ? "chat.completion" : "text_completion";
    const before = echo(wanted);

    if (wanted.stream !== true) {
      const told: Emission[] = [];
      let finish: string;
      for (;;) {
        const { value, done } = await written.next();
        if (done === true) {
          finish = value;
          break;
        }
        told.push(value);
      }
      const text = before + told.map((piece) => piece.text).join("");
      const tokens = told.reduce((sum, piece) => sum + piece.tokens.length, 0);
      const choice = { index: 0, finish_reason: finish, logprobs: null, lacy: told.map(reported) };
      const said = kind === "chat" ? { message: { role: "assistant", content: text, refusal: null } } : { text };
      return c.json({ ...head, object, choices: [{ ...choice, ...said }], ...usage(tokens) });
    }
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => stop.abort(new Error("The client went away")));
      const chunk = (text: string, finish: string | null, piece?: Emission): Promise<void> => {
        const said = kind === "chat" ? { delta: finish === null ? { role: "assistant", content: text } : {} } : { text };
        const choice = { index: 0, finish_reason: finish, logprobs: null, ...said, ...(piece !== undefined && { lacy: [reported(piece)] }) };
        return stream.writeSSE({ data: JSON.stringify({ ...head, object: kind === "chat" ? "chat.completion.chunk" : object, choices: [choice] }) });
      };
      try {
        if (before !== "") await chunk(before, null);
        let tokens = 0;
        for (;;) {
          const { value, done } = await written.next();
          if (done === true) {
            await chunk("", value);
            break;
          }
          tokens += value.tokens.length;
          await chunk(value.text, null, value);
        }
        if (wanted.stream_options?.include_usage === true)
          await stream.writeSSE({
            data: JSON.stringify({ ...head, object: kind === "chat" ? "chat.completion.chunk" : object, choices: [], ...usage(tokens) }),
          });
        await stream.writeSSE({ data: "[DONE]" });
      } catch (error) {
        if (signal.aborted && !over.signal.aborted) return;
        metrics.failed();
        await stream.writeSSE({ data: JSON.stringify(refusal(error instanceof Error ? error.message : String(error), "server_error")) });
      } finally {
        await written.return("stop");
      }
    });
  }

  app.use(async (c, next) => {
    const measured = metrics.request(c.req.path);
    if (token !== undefined && c.req.path !== "/healthz" && !sameSecret(c.req.header("authorization") ?? "", `Bearer ${token}`))
      c.res = c.json(refusal("Cannot serve the request: expected a bearer token", "authentication_error"), 401, { "www-authenticate": "Bearer" });
    else await next();
    measured(c.res.status);
  });
  app.use("/v1/*", bodyLimit({ maxSize: maxBytes, onError: (c) => c.json(refusal(`Cannot read the request: expected at most ${maxBytes} bytes`), 413) }));
  app.post("/v1/completions", (c) =>
    answered(c, completionBody, {
      kind: "completion",
      limit: (body) => body.max_tokens,
      prompt: (body) => body.prompt,
      echo: (body) => (body.echo === true ? body.prompt : ""),
    }),
  );
  app.post("/v1/chat/completions", (c) =>
    answered(c, chatBody, { kind: "chat", limit: (body) => body.max_completion_tokens ?? body.max_tokens, prompt: (body) => promptOf(body.messages) }),
  );
  app.get("/v1/models", (c) => c.json({ object: "list", data: [{ id: model, object: "model", created: 0, owned_by: "local" }] }));
  app.get("/healthz", (c) => c.json({ status: closing ? "closing" : "ok", writing: concurrency - free, waiting: inLine }, closing ? 503 : 200));
  app.get("/metrics", async (c) => c.text(await metrics.text({ writing: concurrency - free, waiting: inLine }), 200, { "content-type": metrics.contentType }));
  app.notFound((c) => c.json(refusal(`Cannot find ${c.req.method} ${c.req.path}`), 404));
  app.onError((error, c) => {
    metrics.failed();
    return c.json(refusal(error.message, "server_error"), 500);
  });

  const server = serve({ fetch: app.fetch, hostname: host, port }) as Server;
  if (!server.listening) await once(server, "listening");
  const address = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  function close(): Promise<void> {
    closing = true;
    closed ??= new Promise<void>((resolve) => {
      const cut = setTimeout(() => {
        over.abort(new Error("The server was closed"));
        setTimeout(() => server.closeAllConnections(), 200).unref();
      }, grace);
      // A client keeps its connection after the answer: without this, closing would wait until it times out.
      const idle = setInterval(() => server.closeIdleConnections(), 20);
      server.close(() => {
        clearTimeout(cut);
        clearInterval(idle);
        resolve();
      });
    });
    return closed;
  }
  return { url: `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`, close, [Symbol.asyncDispose]: close };
}

/** A piece as JSON: numbers that are none are left out. */
function reported({ tokens, logProb, score, threshold, ...piece }: Emission): object {
  const numbers = Object.entries({ logProb, score, threshold }).filter(([, value]) => Number.isFinite(value));
  return { ...piece, tokens, ...Object.fromEntries(numbers) };
}

function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function given(options: { readonly temperature: number; readonly topP: number | null | undefined; readonly topK: number | null | undefined }): {
  temperature: number;
  topP?: number;
  topK?: number;
} {
  const { temperature, topP, topK } = options;
  return { temperature, ...(topP != null && { topP }), ...(topK != null && { topK }) };
}
