/** How long a stop waits for running work. Work that takes longer is left undone, as after a kill. */
export const STOP_GRACE_MS = 3_000;

/** Resolves when the work has ended, or when the grace period is over. Never rejects. */
export async function withinGrace(work: Promise<unknown>, graceMs: number = STOP_GRACE_MS): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise((resolve) => {
    timer = setTimeout(resolve, graceMs);
  });
  await Promise.race([work.catch(() => {}), grace]);
  clearTimeout(timer);
}
