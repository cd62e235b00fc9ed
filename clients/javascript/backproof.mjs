/**
 * A client of Backproof in one file, for Node.js: it needs the built-in fetch and nothing else.
 *
 * What is asked and answered are the objects of the wire, which `/docs` of a running service describes; numbers that
 * are not finite are NaN and ±Infinity here, and strings only on the way.
 *
 *     import { Client } from "./backproof.mjs";
 *     const client = new Client();
 *     const found = await client.gradients({ network, loss: "half_sse", data: { x, y } });
 *
 * BackproofError
 * ├── InvalidValue        a value that cannot be sent; `where` is its path; nothing was sent
 * ├── Unreachable         no connection, or one that broke; `maybeDone` says whether the request may have arrived
 * ├── TimedOut            no answer, or no end of a job, in time
 * ├── UnexpectedAnswer    an answer that is not what Backproof answers
 * ├── JobFailed           a job that failed, was cancelled or rests; `job` is the job
 * └── Refused             400 and above: `status`, `retryAfter`
 *     └── Problem         in the service's own words: `code`, `title`, `detail`, `errors`, `requestId`, `members`
 *
 * @typedef {ArrayLike<number>} Vector           a list or a typed array
 * @typedef {ArrayLike<Vector>} Matrix           rows
 * @typedef {{weights: Matrix, bias?: Vector | null, activation: string}} Layer
 * @typedef {{sizes: number[], activation: string | string[], bias?: boolean, init?: object, seed?: number}} Drawn
 * @typedef {{layers: Layer[]} | Drawn} Network
 * @typedef {{x: Matrix, y: Matrix} | {x: Matrix, labels: ArrayLike<number>} | {dataset: string, rows?: [number, number]}} Data
 * @typedef {{weights?: "in_out" | "out_in", samples?: "rows" | "columns"}} Layout      of a request and of its answer
 * @typedef {{network: Network, loss: string, data: Data, dtype?: string, route?: string, layout?: Layout}} Both
 * @typedef {Both & {forms?: string[], witnesses?: string[], include?: string[]}} GradientsRequest
 * @typedef {({weights?: Matrix | null, bias?: Vector | null} | Matrix | null)[]} Layered     one entry for each layer
 * @typedef {{loss_value?: number, pre_activations?: (Matrix | null)[], activations?: (Matrix | null)[],
 *   deltas?: (Matrix | null)[], gradients?: Layered, updated_weights?: Layered}} Judged
 * @typedef {{learning_rate?: number, weight_decay?: number, momentum?: number,
 *   previous?: {data?: Data, gradients?: Layered, velocity?: Layered}}} Step
 * @typedef {{network: Network, loss: string, data: Data, dtype?: string, layout?: Layout} & Judged & Step} CheckRequest
 * @typedef {{network: Network, loss: string, seed?: number, layout?: Layout}} PointRequest
 * @typedef {{network: Network, loss: string, parameter: string, data?: Data, layout?: Layout}} DerivationRequest
 * @typedef {{optimizer: object, epochs: number, batch_size?: number, seed?: number, form?: string}} Plan
 * @typedef {{validation?: object, early_stopping?: object, labels?: Record<string, string>}} Extras
 * @typedef {Both & Plan & Extras} TrainRequest
 * @typedef {{id: string, kind: string, state: string, progress: ?object, metrics: ?object, result: any, error: any,
 *   config: object, labels: Record<string, string>}} Job
 * @typedef {string | {id: string}} Id           an id, or the object that has it
 */

export class BackproofError extends Error {
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

export class InvalidValue extends BackproofError {
  constructor(message, where) {
    super(message);
    this.where = where;
  }
}

export class Unreachable extends BackproofError {
  constructor(message, maybeDone) {
    super(message);
    this.maybeDone = maybeDone;
  }
}

export class TimedOut extends BackproofError {}

export class UnexpectedAnswer extends BackproofError {}

export class JobFailed extends BackproofError {
  /** @param {Job} job */
  constructor(job) {
    super(`Job ${job.id} is ${job.state}. ${job.error?.detail ?? ""}`.trim());
    this.job = job;
  }
}

export class Refused extends BackproofError {
  constructor(message, status, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export class Problem extends Refused {
  constructor(told, status, retryAfter) {
    const errors = Array.isArray(told.errors) ? told.errors.filter(isObject) : [];
    const unsaid = errors.filter((error) => !told.detail.includes(error.detail));
    super([told.detail, ...unsaid.map((error) => `(${place(error)}: ${error.detail})`)].join(" "), status, retryAfter);
    this.code = told.code;
    this.title = told.title;
    this.detail = told.detail;
    this.errors = errors;
    this.requestId = told.request_id;
    this.members = told;
  }
}

/** Where an input at fault stands: a JSON pointer, or the name of a parameter or header. */
const place = (error) => error.pointer ?? error.parameter ?? error.header ?? "";

const DEFAULT_URL = "http://127.0.0.1:8000";
const ENDED = ["succeeded", "failed", "cancelled"];
const RESTING = ["paused", "interrupted"];
const BUSY = [429, 503]; // the service says that it did nothing, and to ask again
const LONGEST_PAUSE = 30; // seconds; a Retry-After beyond it is told, not slept
const LONGEST_HOLD = 25; // seconds that one long-poll is held open
const BREATH = 0.2; // seconds between two looks where the service does not hold its answer back

/** What fetch says of a connection that was never made, so that nothing can have arrived. */
const NEVER_MADE = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"];

export class Client {
  #url;
  #timeout;
  #attempts;
  #headers;

  /**
   * A service at `url`, else at BACKPROOF_URL, else at http://127.0.0.1:8000.
   * @param {{url?: string, timeoutSeconds?: number, attempts?: number, headers?: Record<string, string>}} [options]
   *   timeoutSeconds: how long an answer may take; attempts: how often a request is sent at most
   */
  constructor({ url, timeoutSeconds = 60, attempts = 6, headers = {} } = {}) {
    this.#url = address(url ?? globalThis.process?.env?.BACKPROOF_URL ?? DEFAULT_URL);
    this.#timeout = timeoutSeconds;
    this.#attempts = attempts;
    this.#headers = headers;
  }

  /** What the service can do: names, admissible pairs, limits. */
  async capabilities() {
    return this.#send({ path: "/capabilities", shape: { activations: Array.isArray, losses: Array.isArray } });
  }

  /**
   * The gradients in each form and their comparison; awaited where the service makes a job of them.
   * @param {GradientsRequest} request
   */
  async gradients(request) {
    const found = await this.#send({ ...posted("/gradients", request), repeat: false, shape: {} });
    if (found.object === "job") {
      const job = await this.wait(found);
      return conforming(job.result ?? {}, GRADIENTS, `the result of job ${job.id}`);
    }
    return conforming(found, GRADIENTS, "POST /gradients");
  }

  /**
   * The report on numbers that your own code computed: right, or where they first go wrong, why, and the mend. What is
   * judged may have any shape and hold anything, NaN too; a layer that is not sent is null.
   * @param {CheckRequest} request
   */
  async check(request) {
    const judged = JUDGED.filter((name) => request[name] !== undefined).map((name) => [name, worded(request[name])]);
    const told = { ...request, ...Object.fromEntries(judged) };
    return this.#send({ ...posted("/gradients/check", told), shape: REPORT });
  }

  /**
   * A small point off kinks that shows every mistake of this architecture and loss, with the right numbers.
   * @param {PointRequest} request
   */
  async point(request) {
    return this.#send({ ...posted("/points", request), shape: POINT });
  }

  /**
   * The proof, line by line, that the vectorised gradient of a parameter is the matched one; with data, each line is
   * evaluated on its first rows too, always in float64.
   * @param {DerivationRequest} request
   */
  async derive(request) {
    return this.#send({ ...posted("/derivations", request), shape: DERIVATION });
  }

  /**
   * A training job, submitted. It is never submitted twice: not after a connection that broke, nor after a timeout.
   * @param {TrainRequest} request
   * @returns {Promise<Job>}
   */
  async train(request) {
    return this.#send({ ...posted("/train", request), repeat: false, shape: JOB });
  }

  /**
   * The job, once it has succeeded. Throws JobFailed where it failed, was cancelled or rests, TimedOut after
   * `timeoutSeconds`; the job goes on.
   * @param {Id} job
   * @param {{onEvent?: (job: Job) => void, timeoutSeconds?: number}} [options] onEvent: shown the job at each look
   * @returns {Promise<Job>}
   */
  async wait(job, { onEvent = () => {}, timeoutSeconds = Infinity } = {}) {
    const id = idOf(job);
    const deadline = now() + timeoutSeconds;
    for (;;) {
      const asked = now();
      const hold = Math.floor(Math.min(LONGEST_HOLD, Math.max(deadline - asked, 0)));
      if (hold === 0) await sleep(Math.max(deadline - asked, 0));
      const headers = hold ? { Prefer: `wait=${hold}` } : {};
      const found = await this.#send({ path: `/jobs/${id}`, headers, patience: hold, shape: JOB });
      onEvent(found);
      if (found.state === "succeeded") return found;
      if (ENDED.includes(found.state) || RESTING.includes(found.state)) {
        throw new JobFailed(found);
      }
      if (now() >= deadline) {
        throw new TimedOut(`Job ${found.id} is still ${found.state} after ${timeoutSeconds} s; it goes on.`);
      }
      if (now() - asked < BREATH) await sleep(BREATH);
    }
  }

  /**
   * One job as it is now.
   * @param {Id} job
   * @returns {Promise<Job>}
   */
  async job(job) {
    return this.#send({ path: `/jobs/${idOf(job)}`, shape: JOB });
  }

  /**
   * The jobs, newest first, each page fetched when it is needed: `for await (const job of client.jobs())`.
   * @param {{state?: string, kind?: string, labels?: Record<string, string>, limit?: number}} [options]
   *   limit: how many jobs a page has
   * @returns {AsyncGenerator<Job>}
   */
  async *jobs({ state, kind, labels = {}, limit } = {}) {
    const query = { state, kind, limit };
    for (const [name, value] of Object.entries(labels)) query[`label.${name}`] = value;
    do {
      const page = await this.#send({ path: "/jobs", query, shape: { data: Array.isArray } });
      for (const job of page.data) yield conforming(job, JOB, "GET /jobs");
      query.after = page.next;
    } while (query.after);
  }

  /** @param {Id} job  The job, cancelled or about to be. */
  async cancel(job) {
    return this.#send({ method: "POST", path: `/jobs/${idOf(job)}/cancel`, shape: JOB });
  }

  /**
   * The weights at "latest", "best" or an epoch (0: the initial ones); form "vectorized" is the other twin's.
   * @param {Id} job
   * @param {{at?: string | number, form?: string}} [options]
   */
  async weights(job, { at, form } = {}) {
    return this.#send({ path: `/jobs/${idOf(job)}/weights`, query: { at, form }, shape: { layers: Array.isArray } });
  }

  /**
   * The curves of the run, thinned out to `maxPoints` rows.
   * @param {Id} job
   * @param {{maxPoints?: number}} [options]
   */
  async metrics(job, { maxPoints } = {}) {
    const shape = { columns: Array.isArray, rows: Array.isArray };
    return this.#send({ path: `/jobs/${idOf(job)}/metrics`, query: { max_points: maxPoints }, shape });
  }

  /**
   * A stored data set: an object of rows, or a file's text or bytes with its type.
   * @param {Data | string | Uint8Array} rows
   * @param {{type?: string}} [options] such as "text/csv"
   */
  async upload(rows, { type = "text/csv" } = {}) {
    const file = typeof rows === "string" || rows instanceof Uint8Array;
    const asFile = { method: "POST", path: "/datasets", body: rows, headers: { "Content-Type": type } };
    return this.#send({ ...(file ? asFile : posted("/datasets", rows)), shape: DATASET });
  }

  /**
   * One stored data set; include ["data"] adds its rows.
   * @param {Id} set
   * @param {{include?: string[]}} [options]
   */
  async dataset(set, { include } = {}) {
    return this.#send({ path: `/datasets/${idOf(set)}`, query: { include: include?.join(",") }, shape: DATASET });
  }

  /**
   * The outputs for rows: of a job's network (`job`, `at`, and `x` or `dataset`), or of a `network` that is sent.
   * @param {{job?: Id, x?: Matrix, dataset?: string, at?: string | number,
   *   network?: Network, dtype?: string, include?: string[], layout?: Layout}} request
   */
  async predict({ job, ...request }) {
    if (request.at !== undefined) request.at = String(request.at);
    const path = job === undefined ? "/predict" : `/jobs/${idOf(job)}/predict`;
    return this.#send({ ...posted(path, request), shape: { outputs: Array.isArray } });
  }

  /** The answer to a call, asked again where that can do no harm; see the decision 0041 of the project. */
  async #send(call) {
    const { method = "GET", path, query = {}, repeat = true, shape } = call;
    const url = this.#url + path + search(query);
    const what = `${method} ${path}`;
    for (let attempt = 1; ; attempt++) {
      const again = attempt < this.#attempts;
      let pause = Math.min(0.25 * 2 ** (attempt - 1), LONGEST_PAUSE) * (0.5 + Math.random() / 2);
      const answer = await this.#exchange(url, method, call);
      if (answer.broken) {
        const unsent = NEVER_MADE.includes(answer.broken.code);
        if (!again || !(unsent || repeat)) {
          const words = `The service at ${this.#url} cannot be reached: ${answer.broken.message}.`;
          throw new Unreachable(words + (unsent ? "" : doubt(repeat)), !unsent);
        }
      } else if (answer.status < 400) {
        return conforming(read(answer, what), shape, what);
      } else {
        const error = refusal(answer, this.#url);
        const patient = (error.retryAfter ?? 0) <= LONGEST_PAUSE;
        if (!(BUSY.includes(answer.status) && again && patient)) throw error;
        pause = Math.max(pause, error.retryAfter ?? 0);
      }
      await sleep(pause);
    }
  }

  /**
   * One exchange: the answer's status, headers and text, or what broke the connection. Throws TimedOut.
   * @returns {Promise<{status?: number, headers?: Headers, text?: string, broken?: {code: string, message: string}}>}
   */
  async #exchange(url, method, { body, headers = {}, patience = 0, repeat = true }) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), (this.#timeout + patience) * 1000);
    const sent = { Accept: "application/json", ...this.#headers, ...headers };
    try {
      const answer = await fetch(url, { method, body, headers: sent, redirect: "manual", signal: stop.signal });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    } catch (error) {
      if (stop.signal.aborted) {
        throw new TimedOut(`No answer to ${method} ${url} in time.${doubt(repeat)}`);
      }
      if (!(error instanceof TypeError)) throw error;
      const { code, message, errors } = /** @type {any} */ (error.cause ?? error);
      return { broken: { code: code ?? errors?.[0]?.code, message: message || code || String(error) } };
    } finally {
      clearTimeout(timer);
    }
  }
}

// ------------------------------------------------------------------------------------------------- what is sent

/**
 * The value as JSON. Not JSON.stringify, which writes NaN as null, -0 as 0 and a Float64Array as an object, and whole
 * numbers beyond 2⁵³ like integers, which the wire does not have. Throws InvalidValue for what cannot be sent.
 * @param {unknown} value
 * @param {string} [where] its path, for the error
 * @returns {string}
 */
export function toJSON(value, where = "") {
  if (typeof value === "number") return number(value, where);
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value)) {
    const entries = /** @type {ArrayLike<unknown>} */ (value);
    return `[${Array.from(entries, (entry, index) => toJSON(entry, `${where}[${index}]`)).join(",")}]`;
  }
  if (typeof value !== "object") {
    throw new InvalidValue(`${where || "The request"} is a ${typeof value}, which cannot be sent.`, where);
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const path = (name) => (where ? `${where}.${name}` : name);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toJSON(member, path(name))}`).join(",")}}`;
}

/** A number that reads back as the same float64. */
function number(value, where) {
  if (!Number.isFinite(value)) {
    throw new InvalidValue(`${where} is ${value}; every number that is sent has to be finite.`, where);
  }
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return Math.abs(value) > Number.MAX_SAFE_INTEGER && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const JUDGED = ["loss_value", "pre_activations", "activations", "deltas", "gradients", "updated_weights"];

/** The value with words for numbers that are not finite, typed arrays as lists: so is sent what is to be judged. */
function worded(value) {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(worded);
  if (ArrayBuffer.isView(value) && "length" in value) return Array.from(/** @type {any} */ (value), worded);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, worded(each)]));
}

/** A POST of a JSON object. */
function posted(path, request) {
  return { method: "POST", path, body: toJSON(request), headers: { "Content-Type": "application/json" } };
}

/** The parameters as the end of an address; what is undefined or null is left out, 0 is not. */
function search(query) {
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return asked.length ? `?${asked.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}` : "";
}

/** An id as one part of an address. Throws InvalidValue for one that would address something else. */
function idOf(told) {
  const id = typeof told === "string" ? told : told?.id;
  if (typeof id !== "string" || ["", ".", ".."].includes(id)) {
    throw new InvalidValue(`${JSON.stringify(id)} is no id; give the id of one job or data set.`, "id");
  }
  return encodeURIComponent(id);
}

/** The address without a slash at its end. Throws InvalidValue for what no service can have. */
function address(told) {
  let protocol = "";
  try {
    protocol = new URL(told).protocol;
  } catch {
    // said below
  }
  if (!["http:", "https:"].includes(protocol)) {
    throw new InvalidValue(`${told} is no address; give one such as ${DEFAULT_URL}.`, "url");
  }
  return told.replace(/\/+$/, "");
}

// ------------------------------------------------------------------------------------------------- what is answered

const NON_FINITE = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };

/** Members whose strings are text, whatever they say: a label may well be "NaN". */
const TEXT = ["labels", "config", "environment", "links", "error", "notes", "id", "job", "at", "between", "parameter",
  "summary", "reason", "cause", "question", "detail", "pattern"];

const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const JOB = { id: isText, kind: isText, state: isText };
const DATASET = { id: isText };
const DERIVATION = { equal: (value) => typeof value === "boolean", lines: Array.isArray, start: isObject };
const REPORT = { verdict: isText, parameters: Array.isArray };
const POINT = { network: isObject, data: isObject, answers: isObject };
const GRADIENTS = { loss_value: (value) => typeof value === "number", forms: isObject };

/** The JSON of an answer, its numbers as numbers. Throws UnexpectedAnswer. */
function read({ status = 0, text = "" }, what) {
  try {
    if (status < 200 || status >= 300) throw new SyntaxError(`status ${status}`);
    return numeric(JSON.parse(text));
  } catch (error) {
    throw unexpected(what, error.message);
  }
}

/** The value with "NaN", "Infinity" and "-Infinity" as numbers, but in members that hold text. */
function numeric(value) {
  if (typeof value === "string") return NON_FINITE[value] ?? value;
  if (Array.isArray(value)) return value.map(numeric);
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, each]) => [name, TEXT.includes(name) ? each : numeric(each)]);
  return Object.fromEntries(members);
}

/** The object, which has what the client relies on; whatever else it has is kept. Throws UnexpectedAnswer. */
function conforming(found, shape, what) {
  const missing = isObject(found) ? Object.keys(shape).find((name) => !shape[name](found[name])) : "an object";
  if (missing === undefined) return found;
  throw unexpected(what, `${missing} is missing`);
}

function unexpected(what, why) {
  return new UnexpectedAnswer(`The answer to ${what} is not what Backproof answers: ${why}. Is it a Backproof service?`);
}

/**
 * The error that a refusing answer stands for: a Problem in the service's words, or Refused where it has none.
 * @param {{status?: number, headers?: Headers, text?: string}} answer
 */
function refusal({ status, headers, text }, url) {
  const retryAfter = seconds(headers.get("Retry-After"));
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    told = null;
  }
  if (!isObject(told) || !isText(told.detail) || !isText(told.code)) {
    return new Refused(`The server at ${url} answered ${status} without saying why.`, status, retryAfter);
  }
  return new Problem(told, status, retryAfter);
}

/** The seconds that a Retry-After asks for, a number or a date; null where it says nothing that can be read. */
function seconds(told) {
  if (told === null || told.trim() === "") return null;
  const asked = Number.isFinite(Number(told)) ? Number(told) : (Date.parse(told) - Date.now()) / 1000;
  return Number.isNaN(asked) ? null : Math.max(asked, 0);
}

/** The words that warn of a request that may have been accepted although no answer came. */
function doubt(repeat) {
  return repeat ? "" : " It may have accepted the request all the same: look before you repeat.";
}

const now = () => performance.now() / 1000;
const sleep = (pause) => new Promise((resolve) => setTimeout(resolve, pause * 1000));
