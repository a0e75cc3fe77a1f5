// Calls of the server's API; see /docs.

import { ROOT } from "./router.js";

export const API = `${ROOT}/api/v1`;

/** An answer that is an error: what happened, and what to do. */
export class ApiError extends Error {
  /**
   * @param {number} status of HTTP; 0 where the server did not answer
   * @param {{ type?: string, message?: string, hint?: string }} body
   */
  constructor(status, body) {
    super(body.message || String(status));
    this.status = status;
    this.type = body.type ?? "";
    this.hint = body.hint ?? "";
  }
}

/** Whether a call ended because it was no longer wanted. @param {unknown} error */
export const isAborted = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * @param {string} path below /api/v1
 * @param {{ method?: string, body?: any, signal?: AbortSignal }} [options]
 * @returns {Promise<any>}
 */
export async function call(path, { method = "GET", body, signal } = {}) {
  const headers = body === undefined ? undefined : { "Content-Type": "application/json" };
  const answer = await fetched(API + path, {
    method, signal, headers, body: body === undefined ? undefined : JSON.stringify(body),
  });
  return answer.status === 204 ? null : answer.json();
}

/** @param {string} path @param {any} [body] @param {AbortSignal} [signal] */
export const post = (path, body = {}, signal) => call(path, { method: "POST", body, signal });

/** A file of a job. @param {string} job @param {string} name */
export const jobFile = (job, name) => `${API}/jobs/${job}/files/${name}`;

/** @param {string} address @param {RequestInit} [options] @returns {Promise<Response>} */
export async function fetched(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new ApiError(0, { type: "unreachable", message: String(error) });
  }
  if (answer.ok) return answer;
  if (answer.status === 401) location.reload(); // the server asks for the key
  const body = await answer.json().catch(() => ({}));
  throw new ApiError(answer.status, body.error ?? {});
}

/**
 * Send a file.
 * @param {Blob} file
 * @param {string} name
 * @param {(done: number) => void} [onProgress] called with the share that was sent, 0 to 1
 * @returns {Promise<SentFile>}
 */
export function send(file, name, onProgress = () => {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not report what was sent
    const form = new FormData();
    form.append("file", file, name);
    request.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      const body = JSON.parse(request.responseText || "{}");
      if (request.status === 201) resolve(body);
      else reject(new ApiError(request.status, body.error ?? {}));
    };
    request.onerror = () => reject(new ApiError(0, { type: "unreachable" }));
    request.open("POST", `${API}/files`);
    request.send(form);
  });
}
