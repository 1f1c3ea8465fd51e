/**
 * Takes away what writes to disk or loads native code without asking for a right. The sealed agent
 * does the same and more; here it is one more wall behind a reader of one request.
 */
export function disarm(): void {
  for (const name of ["caches", "localStorage", "sessionStorage", "Worker"]) {
    Reflect.deleteProperty(globalThis, name);
  }
  Reflect.deleteProperty(Object.getPrototypeOf(navigator), "gpu");
}
