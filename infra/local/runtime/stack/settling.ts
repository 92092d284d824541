/** When the stack has nothing left to do. */

/** Links of a chain of causes (request, stream, bus, workflow, …) that one call to settle follows at most. */
const PASSES_MAX = 20;

/**
 * Waits for all parts, functions first as their writes are what the others see, and again until nothing was invoked on
 * the way. Where others keep the stack busy, it ends with everything that follows from work that started before the call.
 */
export function settling(parts: { idle(): Promise<void> }[], lambdas: { invocations(): number }): () => Promise<void> {
  return async () => {
    for (let pass = 0, before = -1; pass < PASSES_MAX && before !== lambdas.invocations(); pass += 1) {
      before = lambdas.invocations();
      for (const part of parts) await part.idle();
    }
  };
}
