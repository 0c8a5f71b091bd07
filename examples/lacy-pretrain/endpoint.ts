import { type Decoder, type DecoderParams, type Key } from "@lab/tensor-core";
import { callControl, generate, languageStreams, runningQuantile } from "@lab/lacy";
import { endpointContinuation, type EndpointLog } from "@lab/lacy/serve";
import { heading, type Subject, type Subjects } from "./subjects.ts";
import { judged, type Told } from "./told.ts";

/** The service that `OPENAI_BASE_URL` names; undefined where it names none. */
export type Service = { readonly baseURL: string; readonly model: string };

/**
 * The endpoint of the environment and its model: `OPENAI_MODEL`, else the first that it lists.
 *
 * @throws Error where it must be asked for its models and does not answer
 */
export async function serviceOf(environment: { readonly [name: string]: string | undefined }): Promise<Service | undefined> {
  const baseURL = environment["OPENAI_BASE_URL"];
  if (baseURL === undefined || baseURL === "") return undefined;
  const named = environment["OPENAI_MODEL"];
  if (named !== undefined && named !== "") return { baseURL, model: named };
  try {
    const response = await fetch(`${baseURL.replace(/\/$/, "")}/models`, {
      headers: { authorization: `Bearer ${environment["OPENAI_API_KEY"] ?? "none"}` },
      signal: AbortSignal.timeout(10_000),
    });
    const { data } = (await response.json()) as { readonly data?: readonly { readonly id?: string }[] };
    const id = data?.[0]?.id;
    if (id === undefined) throw new Error(`expected a list of models, got status ${response.status}`);
    return { baseURL, model: id };
  } catch (error) {
    throw new Error(`Cannot ask ${baseURL} for its models; OPENAI_MODEL names one: ${(error as Error).message}`, { cause: error });
  }
}

export type Asking = {
  readonly name: string;
  readonly budget: number;
  readonly small: Decoder;
  readonly params: DecoderParams;
  readonly history: Iterable<number>;
  readonly subjects: readonly Subject[];
  readonly tokenizer: Subjects["tokenizer"];
  readonly separator: number;
  readonly tokens: number;
  readonly gamma: number;
  readonly cache: string;
};

/** `told` with an endpoint as the larger model: text is handed over, one token of the endpoint's is an answer, and a call that fails leaves the small model's token. */
export async function toldByEndpoint(
  key: Key,
  service: Service,
  { name, budget, small, params, history, subjects, tokenizer, separator, tokens: maxTokens, gamma, cache }: Asking,
): Promise<Told & { readonly log: Readonly<EndpointLog> }> {
  const large = await endpointContinuation({ ...service, cache });
  const control = callControl(runningQuantile({ rate: budget, history: [...history] }));
  using streams = languageStreams(small, params, { start: separator });
  using model = await streams.stream();
  const texts: string[] = [];
  for (const { title } of subjects) {
    let text = "";
    for await (const piece of generate(model, heading(title), { tokenizer, large, control, maxTokens, end: separator })) text += piece.text;
    texts.push(text);
  }
  return { ...judged(key, { name, budget, texts, subjects, gamma }), callRate: control.calls / Math.max(1, control.decisions), written: [], log: large.log };
}
