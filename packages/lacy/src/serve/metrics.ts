import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Emission } from "../cascade/generate.ts";

/** What a server counts, and its text for Prometheus. */
export interface ServerMetrics {
  readonly contentType: string;
  /** Begins to measure a request; what it returns ends it. */
  request(path: string): (status: number) => void;
  piece(piece: Emission): void;
  failed(): void;
  text(now: { readonly writing: number; readonly waiting: number }): Promise<string>;
}

const ROUTES: readonly string[] = ["/v1/completions", "/v1/chat/completions", "/v1/models", "/healthz", "/metrics"];

/** Metrics in a registry of their own: two servers do not count together. */
export function serverMetrics(): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({ name: "lacy_requests_total", help: "Requests answered", labelNames: ["route", "status"], registers });
  const seconds = new Histogram({ name: "lacy_request_seconds", help: "Seconds until an answer began", labelNames: ["route"], registers });
  const tokens = new Counter({ name: "lacy_tokens_total", help: "Tokens written, in the small model's vocabulary", labelNames: ["by"], registers });
  const decisions = new Counter({ name: "lacy_pieces_total", help: "Pieces written, by who wrote them and why", labelNames: ["by", "reason"], registers });
  const upstream = new Histogram({ name: "lacy_upstream_seconds", help: "Seconds of an answer of the bigger model", registers });
  const failures = new Counter({ name: "lacy_failures_total", help: "Requests that failed on this side", registers });
  const writing = new Gauge({ name: "lacy_requests_writing", help: "Requests being written", registers });
  const waiting = new Gauge({ name: "lacy_requests_waiting", help: "Requests that wait", registers });
  return {
    contentType: registry.contentType,
    request(path) {
      // Paths that nobody serves are one route: a stranger must not fill the memory.
      const route = ROUTES.includes(path) ? path : "other";
      const end = seconds.startTimer({ route });
      return (status) => {
        end();
        requests.inc({ route, status });
      };
    },
    piece({ by, reason, tokens: { length }, milliseconds }) {
      tokens.inc({ by }, length);
      decisions.inc({ by, reason });
      if (milliseconds !== undefined) upstream.observe(milliseconds / 1000);
    },
    failed: () => failures.inc(),
    text(now) {
      writing.set(now.writing);
      waiting.set(now.waiting);
      return registry.metrics();
    },
  };
}
