const signals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Calls `first` on the first Ctrl-C (or SIGTERM) and `again` on each later one, in place of ending the process.
 * @returns a function that gives the signals back.
 */
export function onInterruption(first: () => void, again: () => void): () => void {
  let next = first;
  const handle = (): void => {
    const present = next;
    next = again;
    present();
  };
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
