// What a component shows while something is read, and when that failed.

import { useEffect, useState } from "./html.js";
import { isAborted } from "./api.js";

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
