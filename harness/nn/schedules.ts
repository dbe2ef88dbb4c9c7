/** Share of the base learning rate at an update of a task. */
export type Schedule = (update: number, updates: number) => number;

/**
 * A course of the learning rate over one task: linear warm-up, then constant or half a cosine down to 0.
 * @param warmup updates over which the rate rises; the first update already has `1 / warmup` of it
 */
export function schedule(name: 'constant' | 'cosine', warmup = 0): Schedule {
  return (update, updates) => {
    if (update < warmup) return (update + 1) / warmup;
    if (name === 'constant') return 1;
    const progress = (update - warmup) / Math.max(1, updates - warmup);
    return 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}
