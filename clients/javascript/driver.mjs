// The driver of the JavaScript client; clients/conformance/README.md says what it reads and writes.

import {
  Client, InvalidValue, JobFailed, Problem, Refused, TimedOut, toJSON, UnexpectedAnswer, Unreachable,
} from "./backproof.mjs";

const NON_FINITE = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };
const MATRICES = ["x", "y", "weights", "bias", "loss_value", "pre_activations", "activations", "deltas"];
/** @type {[Function, string][]} */
const KINDS = [[Problem, "problem"], [Refused, "refused"], [Unreachable, "unreachable"], [TimedOut, "timed_out"],
  [InvalidValue, "invalid"], [UnexpectedAnswer, "unexpected"]];

const CALLS = {
  capabilities: (client) => client.capabilities(),
  gradients: (client, told) => client.gradients(told),
  check: (client, told) => client.check(told),
  point: (client, told) => client.point(told),
  derive: (client, told) => client.derive(told),
  train: (client, told) => client.train(told),
  wait: (client, told, timeoutSeconds) => client.wait(told.id, { timeoutSeconds }).catch(ended),
  job: (client, told) => client.job(told.id),
  jobs: (client, told) => all(client.jobs(told)),
  weights: (client, told) => client.weights(told.id, told),
  metrics: (client, told) => client.metrics(told.id, { maxPoints: told.max_points }),
  cancel: (client, told) => client.cancel(told.id),
  upload: (client, told) => client.upload(told.csv ?? told),
  dataset: (client, told) => client.dataset(told.id, told),
  predict: (client, { id, ...told }) => client.predict({ job: id, ...told }),
};

function ended(error) {
  if (error instanceof JobFailed) return error.job;
  throw error;
}

async function all(jobs) {
  const found = [];
  for await (const job of jobs) found.push(job);
  return found;
}

/** The arguments without nulls, with "NaN" and the infinities as numbers where the entry of a matrix should be. */
function real(value, place) {
  if (Array.isArray(value)) return value.map((entry) => real(entry, place));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, real(each, name)]));
  }
  return MATRICES.includes(place) ? (NON_FINITE[value] ?? value) : value;
}

/** What the client gave, with the wire's strings for numbers that are not finite. */
function wire(value) {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(wire);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, wire(each)]));
}

function failure(error) {
  if (error instanceof JobFailed && error.job.error) return { kind: "problem", errors: [], ...error.job.error };
  const kind = KINDS.find(([type]) => error instanceof type)?.[1];
  if (!kind) throw error;
  const { status = null, code = null, errors = [], retryAfter = null } = error;
  const places = errors.map((each) => ({ where: each.pointer ?? each.parameter ?? each.header, detail: each.detail }));
  return { kind, status, code, detail: error.detail ?? error.message, errors: places, retry_after: retryAfter };
}

let text = "";
for await (const part of process.stdin.setEncoding("utf8")) text += part;
const asked = JSON.parse(text);
const told = Object.fromEntries(Object.entries(real(asked.arguments)).filter(([, value]) => value !== null));
let answer;
try {
  const client = new Client({ url: asked.url, timeoutSeconds: asked.timeout_seconds, attempts: asked.attempts });
  answer = { result: wire(await CALLS[asked.call](client, told, asked.timeout_seconds)) };
} catch (error) {
  answer = { error: failure(error) };
}
process.stdout.write(toJSON(answer));
