// What a component shows while something is read, and when that failed.

import { useEffect, useState } from "./html.js";
import { isAborted } from "./api.js";

/**
 * A number that grows while something goes on.
 * @param {number} seconds between two numbers @param {boolean} on
 */
export function useEvery(seconds, on) {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!on) return;
    const timer = setInterval(() => setTurn((before) => before + 1), 1000 * seconds);
    return () => clearInterval(timer);
  }, [seconds, on]);
  return turn;
}

/**
 * Read something whenever the inputs change; the one before stays until the next is there.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} read
 * @param {any[]} inputs
 * @returns {{ value: T | null, error: Error | null, busy: boolean, reload: () => void }}
 */
export function useLoad(read, inputs) {
  const [state, setState] = useState(
    /** @type {{ value: T | null, error: Error | null, busy: boolean }} */ ({ value: null, error: null, busy: true }),
  );
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    setState((before) => ({ ...before, busy: true }));
    read(controller.signal).then(
      (value) => controller.signal.aborted || setState({ value, error: null, busy: false }),
      (error) => isAborted(error) || controller.signal.aborted || setState({ value: null, error, busy: false }),
    );
    return () => controller.abort();
  }, [...inputs, turn]);
  return { ...state, reload: () => setTurn((before) => before + 1) };
}
