// The jobs of this user: known at once after a reload, followed while they run.

import { API, call, post } from "./api.js";
import { computed, signal } from "./html.js";

/** Milliseconds until a job that waits is looked for again, and until one that runs is. */
const SOON = 400;
const LATER = 2500;

/** Every job, the newest first. @type {import("../vendor/signals.js").Signal<Job[]>} */
export const jobs = signal([]);

/** Whether the list was read. */
export const loaded = signal(false);

/** @param {Job} job */
export const isOpen = (job) => job.status === "queued" || job.status === "running";

export const openJobs = computed(() => jobs.value.filter(isOpen));

/** @type {Map<string, EventSource>} */
const streams = new Map();
/** @type {Map<string, ((job: Job) => void)[]>} */
const waiting = new Map();
let timer = 0;

/** Jobs that are looked at again and again, the newest. */
const NEWEST = 50;

/** Read the list, and follow what runs; older ones that are known stay. */
export async function loadJobs() {
  const found = /** @type {Job[]} */ ((await call(`/jobs?limit=${NEWEST}`)).jobs);
  const before = new Map(jobs.peek().map((job) => [job.id, job]));
  const older = found.length < NEWEST ? [] : jobs.peek().filter((job) => job.created < found[NEWEST - 1].created);
  jobs.value = [...found.map((job) => ({ progress: before.get(job.id)?.progress ?? null, ...job })), ...older];
  loaded.value = true;
  settle();
}

/** Read all jobs of an operation, also old ones. @param {string} operation */
export async function loadPast(operation) {
  const found = /** @type {Job[]} */ ((await call(`/jobs?operation=${operation}&limit=1000`)).jobs);
  const known = new Set(jobs.peek().map((job) => job.id));
  const more = found.filter((job) => !known.has(job.id));
  if (more.length) jobs.value = [...jobs.peek(), ...more].sort((a, b) => b.created - a.created);
}

/**
 * Start an operation that is a job.
 * @param {string} path @param {any} body
 * @returns {Promise<Job>}
 */
export async function start(path, body) {
  const job = await post(path, body);
  add(job);
  return job;
}

/** Show a job, and follow it. @param {Job} job */
export function add(job) {
  jobs.value = [job, ...jobs.peek().filter((each) => each.id !== job.id)];
  settle();
}

/** @param {string} id */
export async function cancel(id) {
  update(await call(`/jobs/${id}`, { method: "DELETE" }));
}

/** @param {string} id */
export async function resume(id) {
  update(await post(`/jobs/${id}/resume`));
  settle();
}

/** @typedef {{ code: string, text: string, values: any }} Message */

/** What a job has said so far. @param {string} id @param {AbortSignal} [signal] @returns {Promise<Message[]>} */
export const messagesOf = async (id, signal) => (await call(`/jobs/${id}`, { signal })).messages;

/** The result of a job that is done. @param {string} id */
export const result = (id) => call(`/jobs/${id}/result`);

/** A job, read from the server if it is not known. @param {string} id @returns {Promise<Job>} */
export async function job(id) {
  const known = jobs.peek().find((each) => each.id === id);
  if (known) return known;
  const found = await call(`/jobs/${id}`);
  add(found);
  return found;
}

/** Resolves when a job has ended. @param {string} id @returns {Promise<Job>} */
export async function ended(id) {
  const known = await job(id);
  if (!isOpen(known)) return known;
  return new Promise((resolve) => waiting.set(id, [...(waiting.get(id) ?? []), resolve]));
}

/** When the stage that a job is in began to be seen. @type {Map<string, { title: string, done: number, at: number }>} */
const stages = new Map();

/** Seconds that are left of the stage; null where they cannot be known yet. @param {Job} job */
export function secondsLeft(job) {
  const { progress } = job;
  const stage = stages.get(job.id);
  if (!progress?.total || !stage || stage.title !== progress.title) return null;
  const seconds = (Date.now() - stage.at) / 1000;
  const done = progress.done - stage.done;
  return seconds < 2 || done <= 0 ? null : (seconds / done) * (progress.total - progress.done);
}

/** @param {Partial<Job> & { id: string }} changed */
function update(changed) {
  jobs.value = jobs.peek().map((each) => (each.id === changed.id ? { ...each, ...changed } : each));
}

/** Follow each job that runs, look for those that wait, and resolve those that have ended. */
function settle() {
  for (const each of jobs.peek()) {
    if (each.status === "running") follow(each.id);
    if (isOpen(each)) continue;
    streams.get(each.id)?.close();
    streams.delete(each.id);
    for (const resolve of waiting.get(each.id) ?? []) resolve(each);
    waiting.delete(each.id);
  }
  clearTimeout(timer);
  const open = openJobs.peek();
  const wait = open.some((each) => each.status === "running") ? LATER : SOON;
  if (open.length) timer = setTimeout(() => loadJobs().catch(settle), wait);
}

/** @param {string} id */
function follow(id) {
  if (streams.has(id)) return;
  const stream = new EventSource(`${API}/jobs/${id}/events`);
  streams.set(id, stream);
  stream.addEventListener("progress", (event) => {
    const progress = JSON.parse(event.data);
    if (stages.get(id)?.title !== progress.title) stages.set(id, { title: progress.title, done: progress.done, at: Date.now() });
    update({ id, progress });
  });
  stream.addEventListener("message", (event) => {
    for (const listen of listeners.get(id) ?? []) listen(JSON.parse(event.data));
  });
  stream.addEventListener("done", async () => {
    stream.close();
    await loadJobs().catch(() => {});
  });
}

/** @type {Map<string, ((message: Message) => void)[]>} */
const listeners = new Map();

/**
 * Hear the messages of a job.
 * @param {string} id @param {(message: Message) => void} listen
 */
export function onMessage(id, listen) {
  listeners.set(id, [...(listeners.get(id) ?? []), listen]);
  return () => listeners.set(id, (listeners.get(id) ?? []).filter((each) => each !== listen));
}
