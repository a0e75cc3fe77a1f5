// What the workspace uses of Preact's hooks.
export function useEffect(effect: () => void | (() => void), inputs?: any[]): void;
export function useLayoutEffect(effect: () => void | (() => void), inputs?: any[]): void;
export function useMemo<T>(make: () => T, inputs?: any[]): T;
export function useRef<T>(initial: T): { current: T };
export function useRef<T>(initial: T | null): { current: T | null };
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((before: T) => T)) => void];
