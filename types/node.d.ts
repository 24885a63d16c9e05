/** The part of Node.js that the unit tests of the scripts use. */

declare module "node:test" {
  type Body = () => void | Promise<void>;

  interface MockedMethod<F> {
    mock: { mockImplementation(implementation: F): void };
  }

  export function test(name: string, body: Body): void;
  export function beforeEach(body: Body): void;
  export function afterEach(body: Body): void;
  export const mock: {
    method<T, K extends keyof T>(object: T, name: K, implementation: T[K]): MockedMethod<T[K]>;
    restoreAll(): void;
  };
}

declare module "node:assert/strict" {
  const assert: {
    ok(value: unknown): void;
    equal(actual: unknown, expected: unknown): void;
    notEqual(actual: unknown, expected: unknown): void;
    deepEqual(actual: unknown, expected: unknown): void;
    match(text: string, pattern: RegExp): void;
  };
  export default assert;
}

declare module "node:fs" {
  export function readFileSync(path: URL, encoding: "utf-8"): string;
}

interface ImportMeta {
  url: string;
}
